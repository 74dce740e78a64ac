#pragma once
// Names of classes, targets and categories: their order, and lists of them for messages.

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace dbn::detail {

/// The integer that takes up the whole text, if it is one.
std::optional<std::int64_t> integer_in(const std::string& text);

/// Numeric order when all are integers, else alphabetic.
std::vector<std::string> in_order(const std::set<std::string, std::less<>>& names);

/// For messages: all of a few names, the first of many, each short and without control characters.
std::string listed(const std::vector<std::string>& names);

}  // namespace dbn::detail
