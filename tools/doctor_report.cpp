#include "doctor_report.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

using namespace dbn;

std::string findings_text(const std::vector<Finding>& findings) {
  std::string text;
  for (const auto& f : findings)
    text += fmt::format("{}layer {}: {}; try {}\n", f.severity == Severity::warning ? "warning: " : "", f.layer, f.what,
                        f.advice);
  return text;
}

nlohmann::json findings_json(const std::vector<Finding>& findings) {
  nlohmann::json list = nlohmann::json::array();
  for (const auto& f : findings)
    list.push_back({{"layer", f.layer},
                    {"severity", f.severity == Severity::warning ? "warning" : "note"},
                    {"finding", f.what},
                    {"value", f.value},
                    {"advice", f.advice}});
  return list;
}
