#pragma once
// What the doctor found, for readers and for programs.

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include <dbn/pretrain/doctor.hpp>

/// One line for each finding: layer 1: 12 of 500 units are never on: ...; try ... Warnings say that they are.
std::string findings_text(const std::vector<dbn::Finding>& findings);

/// [{"layer", "severity", "finding", "value", "advice"}]
nlohmann::json findings_json(const std::vector<dbn::Finding>& findings);
