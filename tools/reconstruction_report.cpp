#include "reconstruction_report.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

using namespace dbn;

std::string reconstruction_text(const ReconstructionEvaluation& e) {
  std::string text =
      fmt::format("cases          {}\nsquared error  {:.4f} a case, {:.2f} % of what their mean would leave\n", e.cases,
                  e.squared_error, e.unexplained);
  if (e.cross_entropy) text += fmt::format("cross-entropy  {:.4f} nats a case\n", *e.cross_entropy);
  return text;
}

nlohmann::json reconstruction_json(const ReconstructionEvaluation& e) {
  return {{"cases", e.cases},
          {"error", e.squared_error},
          {"unexplained", e.unexplained},
          {"cross_entropy", e.cross_entropy ? nlohmann::json(*e.cross_entropy) : nlohmann::json()}};
}
