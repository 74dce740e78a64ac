#pragma once
// What `dbn data info` says of a data set.

#include <string>

#include <nlohmann/json_fwd.hpp>

#include <dbn/data/description.hpp>

nlohmann::json description_json(const dbn::Dataset& dataset, const dbn::DataDescription& description);

/// The same as lines of text below `part`, such as training.
std::string description_text(const std::string& part, const dbn::Dataset& dataset,
                             const dbn::DataDescription& description);
