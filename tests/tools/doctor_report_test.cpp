#include "doctor_report.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace dbn {
namespace {

const std::vector<Finding> kFindings{
    {.layer = 1, .what = "12 of 500 units are never on", .value = 0.024, .severity = Severity::note, .advice = "less"},
    {.layer = 3, .what = "units are saturated", .value = 0.95, .severity = Severity::warning, .advice = "\"more\""}};

TEST(DoctorReport, HasALineForEachFinding) {
  EXPECT_EQ(findings_text({}), "");
  EXPECT_EQ(findings_text(kFindings),
            "layer 1: 12 of 500 units are never on; try less\n"
            "warning: layer 3: units are saturated; try \"more\"\n");
}

TEST(DoctorReport, HasAnObjectForEachFinding) {
  EXPECT_EQ(findings_json({}).dump(), "[]");
  EXPECT_EQ(findings_json(kFindings), nlohmann::json::parse(R"([
      {"layer": 1, "severity": "note", "finding": "12 of 500 units are never on", "value": 0.024, "advice": "less"},
      {"layer": 3, "severity": "warning", "finding": "units are saturated", "value": 0.95, "advice": "\"more\""}])"));
}

}  // namespace
}  // namespace dbn
