#pragma once
// What `dbn compare` prints of its results.

#include <string>

#include <nlohmann/json_fwd.hpp>

#include <dbn/experiment/comparison_result.hpp>

/// A table for each net and number of labels.
std::string comparison_table(const dbn::ComparisonRecord& record, const dbn::ComparisonResult& result);

/// {"starts", "pairs", "verdict"} of --json.
nlohmann::json comparison_json(const dbn::ComparisonRecord& record, const dbn::ComparisonResult& result);
