#pragma once
// JSON text read strictly: what nlohmann-json takes silently (duplicate keys, unlimited depth) is refused.

#include <cstddef>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace dbn {

/// The parsed document. `what` names the source in messages. Throws DataError with the byte (counted from 1) at which
/// it went wrong, for syntax errors, text after the document, duplicate keys, nesting deeper than `max_depth`, and more
/// than `max_values` values (each takes many times the two bytes that it may have in the text).
nlohmann::json parse_json(std::string_view text, const std::string& what, int max_depth = 8,
                          std::size_t max_values = std::size_t{1} << 22);

/// Text from a file, fit for a message: in quotes, on one line, ASCII only, cut when it is long.
std::string quote_for_message(std::string_view text);

}  // namespace dbn
