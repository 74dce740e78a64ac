#pragma once
// How badly single cases are given back: what an anomaly is told by.

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include <dbn/core/option.hpp>
#include <dbn/core/types.hpp>
#include <dbn/data/case_source.hpp>

#include "output_files.hpp"

/// What is told of them.
struct CaseErrorOptions {
  std::string path;      ///< file of all errors; empty: none
  dbn::Index worst = 0;  ///< cases that are named

  dbn::OptionFields fields();
  OutputFile file() const { return {"--errors", path, {OutputFormat::csv, OutputFormat::npy}}; }
};

/// Squared error of each case, summed over scaled features.
using CaseErrors = std::vector<double>;

/// Adds those of a batch (features x cases).
void add_errors(const dbn::Matrix& data, const dbn::Matrix& back, CaseErrors& errors);

/// The mean over cases, added up in their order.
double mean_error(const CaseErrors& errors);

/// Numbers of the `count` worst cases, the worst first; of equal errors the first case, and those that are no numbers
/// before all.
std::vector<dbn::Index> worst_cases(const CaseErrors& errors, dbn::Index count);

/// Writes the errors of these cases: CSV with the columns case, squared_error and what label_header() adds, or .npy
/// (cases x 1).
void write_errors(const std::string& path, const CaseErrors& errors, const dbn::PreparedCases& cases);

/// The worst cases as a table, and as [{"case", "squared_error"}].
std::string worst_text(const CaseErrors& errors, dbn::Index count);
nlohmann::json worst_json(const CaseErrors& errors, dbn::Index count);

/// Bytes that errors of so many cases take, and what is written of them.
double error_memory(const CaseErrorOptions& options, dbn::Index cases);
