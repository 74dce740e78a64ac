#pragma once
// What dbn likelihood found, as text and as JSON.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include <dbn/rbm/annealed_importance.hpp>
#include <dbn/rbm/rbm.hpp>

/// Means over the cases, nats.
struct CaseMeans {
  double unnormalized = 0;  ///< log p(v), or its bound, without log Z
  std::optional<double> pseudo_likelihood = {};
  bool grey = false;  ///< some values of units with two states are neither
};

struct LikelihoodReport {
  const dbn::Rbm& rbm;  ///< whose log Z it is
  dbn::Index layer;     ///< that it stands in, from 1
  bool whole;           ///< the question was about the belief net with that RBM on top
  bool exact;           ///< log Z was summed
  std::string data;     ///< where the cases are from
  dbn::Index train_cases, cases;
  dbn::AnnealedPartition log_partition = {};
  CaseMeans means = {};
  double seconds = 0;

  double mean() const { return means.unnormalized - log_partition.forward.log_partition; }
  /// Ends of what log p(v) can be, as far as log Z is known.
  double least() const;
  double most() const;
};

nlohmann::json as_json(const LikelihoodReport& report, std::uint64_t seed);
std::string as_text(const LikelihoodReport& report);
/// What a reader should not take at face value, a line each.
std::vector<std::string> doubts(const LikelihoodReport& report);
