#include "regression_report.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

using namespace dbn;

nlohmann::json regression_json(const RegressionEvaluation& evaluation, const std::vector<std::string>& names) {
  const auto& e = evaluation;
  nlohmann::json targets = nlohmann::json::array();
  for (std::size_t k = 0; k < e.targets.size(); ++k)
    targets.push_back({{"name", names[k]},
                       {"r2", e.targets[k].r2},
                       {"rmse", e.targets[k].rmse},
                       {"mean_absolute_error", e.targets[k].mean_absolute_error}});
  nlohmann::json json{{"cases", e.cases},
                      {"error", e.error},
                      {"r2", e.r2},
                      {"rmse", e.rmse},
                      {"mean_absolute_error", e.mean_absolute_error},
                      {"targets", targets}};
  if (e.cross_entropy) json["cross_entropy"] = *e.cross_entropy;
  if (e.wrong_side) json["wrong_side"] = *e.wrong_side;
  return json;
}

std::string regression_text(const RegressionEvaluation& evaluation, const std::vector<std::string>& names) {
  const auto& e = evaluation;
  std::string text = fmt::format(
      "cases          {}\nunexplained    {:.2f} % of the variance (R2 {:.4f})\n"
      "RMSE           {:.5g}\nmean |error|   {:.5g}\n",
      e.cases, e.error, e.r2, e.rmse, e.mean_absolute_error);
  if (e.cross_entropy) text += fmt::format("cross-entropy  {:.4f} nats\n", *e.cross_entropy);
  if (e.wrong_side) text += fmt::format("wrong side     {:.2f} % of the predictions, seen from 1/2\n", *e.wrong_side);
  text += fmt::format("{:<24} {:>10} {:>12} {:>12}\n", "target", "R2", "RMSE", "mean |error|");
  for (std::size_t k = 0; k < e.targets.size(); ++k)
    text += fmt::format("{:<24} {:>10.4f} {:>12.5g} {:>12.5g}\n", names[k], e.targets[k].r2, e.targets[k].rmse,
                        e.targets[k].mean_absolute_error);
  return text;
}
