#pragma once
// How the evaluation of a regression is told.

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include <dbn/nn/regression_evaluation.hpp>

/// {"cases", "error", "r2", "rmse", "mean_absolute_error", "targets": [{"name", "r2", "rmse", "mean_absolute_error"}]},
/// of probabilities also "cross_entropy" and "wrong_side".
nlohmann::json regression_json(const dbn::RegressionEvaluation& evaluation, const std::vector<std::string>& names);

/// The same as a few lines for people.
std::string regression_text(const dbn::RegressionEvaluation& evaluation, const std::vector<std::string>& names);
