#pragma once
// What goes to stdout, checked: results are lost loudly or not at all.

#include <string_view>

#include <nlohmann/json_fwd.hpp>

/// Writes to stdout. Throws dbn::IoError when stdout is closed, full or broken.
void print(std::string_view text);

/// Writes one JSON object and a line end; numbers that are not finite become null.
void print_json(const nlohmann::json& json);
