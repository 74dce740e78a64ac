#pragma once
// What `dbn data` says of data sets, and of the tables that it writes.

#include <string>

#include <nlohmann/json_fwd.hpp>

#include <dbn/data/description.hpp>

nlohmann::json description_json(const dbn::Dataset& dataset, const dbn::DataDescription& description);

/// The same as lines of text below `part`, such as training.
std::string description_text(const std::string& part, const dbn::Dataset& dataset,
                             const dbn::DataDescription& description);

/// The options with which a table of `cases` cases of `dataset`, written to `path`, is read back to the same columns;
/// empty where it shows them by itself: its first line is taken for a header, and `auto` finds all columns of
/// categories.
std::string reading_options(const std::string& path, const dbn::Dataset& dataset, dbn::Index cases, bool with_labels);
