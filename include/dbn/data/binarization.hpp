#pragma once
// From values to 0 and 1: what likelihoods of binary data are defined on.

#include <cstdint>
#include <string>
#include <string_view>

#include <dbn/core/types.hpp>

namespace dbn {

/// How the scaled values of a case become 0 or 1.
struct Binarization {
  enum class Rule {
    none,       ///< values stay as they are
    threshold,  ///< 1 above the threshold, else 0
    sample      ///< 1 with the value as probability, once for all [Salakhutdinov & Murray 2008]
  };

  Rule rule = Rule::none;
  double threshold = 0;    ///< 0 with any other rule
  std::uint64_t seed = 0;  ///< of the draws; 0 with any other rule than sample

  /// The rule of a text none, threshold:T or sample. Throws InvalidArgument, naming `what`, for any other.
  static Binarization parse(std::string_view text, std::uint64_t seed, std::string_view what = "--binarize");
  /// What parse() would read; the seed is not in it.
  std::string text() const;

  /// Applies it to the values of case `number` of a dataset. A draw depends on seed, case and feature alone, so that a
  /// case looks the same in every epoch and every batch. A value outside [0, 1] is drawn as its nearer end.
  void apply(Index number, VectorRef values) const;
};

}  // namespace dbn
