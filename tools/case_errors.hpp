#pragma once
// How badly single cases are given back: what an anomaly is told by.

#include <optional>
#include <set>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include <dbn/core/option.hpp>
#include <dbn/core/types.hpp>
#include <dbn/data/case_source.hpp>
#include <dbn/io/npy.hpp>

#include "output_files.hpp"
#include "text_output.hpp"

/// What is told of them.
struct CaseErrorOptions {
  std::string path;      ///< file of all errors; empty: none
  dbn::Index worst = 0;  ///< cases that are named

  dbn::OptionFields fields();
  OutputFile file() const { return {"--errors", path, {OutputFormat::csv, OutputFormat::npy}}; }
};

/// Squared error of a case, summed over scaled features.
struct CaseError {
  dbn::Index number = 0;
  double error = 0;
};

/// The worst first; of equal errors the first case, and those that are no numbers before all.
struct Worse {
  bool operator()(const CaseError& a, const CaseError& b) const;
};

/// Errors of cases that come batch by batch. What is kept of them is their sum and the worst; the file of all is
/// written meanwhile: CSV with the columns case, squared_error and what label_header() adds, or .npy (cases x 1).
class CaseErrors {
 public:
  /// Opens the file, if there is one. `cases` outlive this.
  CaseErrors(const CaseErrorOptions& options, const dbn::PreparedCases& cases);

  /// Adds those of the next batch (features x cases).
  void add(const dbn::Matrix& data, const dbn::Matrix& back);
  /// Makes the file appear at its path.
  void commit();

  /// The mean over cases, added up in their order.
  double mean() const { return sum_ / static_cast<double>(count_); }
  /// The worst cases as a table, and as [{"case", "squared_error"}].
  std::string worst_text() const;
  nlohmann::json worst_json() const;

 private:
  void keep(const CaseError& one);
  void write(dbn::Index first, const Eigen::VectorXd& errors);

  const dbn::PreparedCases& cases_;
  dbn::Index most_;  ///< of the worst
  std::set<CaseError, Worse> worst_;
  dbn::Index count_ = 0;
  double sum_ = 0;
  std::optional<dbn::NpyWriter> npy_;
  std::optional<TextOutput> csv_;
};

/// Bytes that all this takes for so many cases.
double error_memory(const CaseErrorOptions& options, dbn::Index cases);
