#pragma once
// Looking up a row by name in the explicit tables that newcomers add a row to.

#include <string>
#include <string_view>
#include <vector>

namespace dbn {

/// Throws InvalidArgument: which kind of thing was looked for, under which name, and which names there are.
[[noreturn]] void throw_unknown_row(std::string_view kind, std::string_view name,
                                    const std::vector<std::string>& known);

/// The names of all rows, in table order.
template <typename Row>
std::vector<std::string> row_names(const std::vector<Row>& table) {
  std::vector<std::string> names;
  for (const auto& row : table) names.emplace_back(row.name);
  return names;
}

/// The row whose `name` is `name`; InvalidArgument, listing the known names, when there is none.
template <typename Row>
const Row& row_named(const std::vector<Row>& table, std::string_view name, std::string_view kind) {
  for (const auto& row : table)
    if (row.name == name) return row;
  throw_unknown_row(kind, name, row_names(table));
}

}  // namespace dbn
