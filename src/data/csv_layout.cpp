#include "csv_layout.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include <dbn/core/error.hpp>

#include "csv_tokens.hpp"

namespace dbn::detail {
namespace {

std::vector<std::string_view> split(FieldCursor fields) {
  std::vector<std::string_view> all;
  while (!fields.at_end()) all.push_back(fields.take());
  return all;
}

[[noreturn]] void refuse_name(const std::vector<std::string_view>& fields, const std::string& wanted,
                              const std::string& name) {
  constexpr std::size_t most = 20;
  std::string known;
  for (std::size_t i = 0; i < std::min(most, fields.size()); ++i)
    known += (i == 0 ? "" : ", ") + shown(field_text(fields[i]));
  if (fields.size() > most) known += fmt::format(" and {} more", fields.size() - most);
  throw DataError(fmt::format("{}: no column is named '{}' in line 1, which has: {}", name, wanted, known));
}

Index named_column(const std::vector<std::string_view>& fields, const std::string& wanted, const std::string& name) {
  const auto matches = [&](std::string_view field) { return field_text(field) == wanted; };
  const auto found = std::find_if(fields.begin(), fields.end(), matches);
  if (found == fields.end()) refuse_name(fields, wanted, name);
  if (std::any_of(found + 1, fields.end(), matches))
    throw DataError(fmt::format("{}: several columns are named '{}'; give the label column by number", name, wanted));
  return found - fields.begin();
}

Index numbered_column(Index columns, const std::string& wanted, const std::string& name) {
  Index number = 0;
  const auto result = std::from_chars(wanted.data(), wanted.data() + wanted.size(), number);
  if (result.ec != std::errc{} || number < 1 || number > columns)
    throw DataError(fmt::format("{}: expected a label column from 1 to {}, found {}", name, columns, wanted));
  return number - 1;
}

bool is_column_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

Index label_column(const std::vector<std::string_view>& fields, const std::string& wanted, const std::string& name) {
  const auto columns = static_cast<Index>(fields.size());
  if (wanted == "none") return kNoColumn;
  if (columns == 1)
    throw DataError(
        fmt::format("{}: there is only one column (columns are separated by comma, semicolon or tab), "
                    "which cannot be feature and label at once; use --label-column none if it is a feature",
                    name));
  if (wanted == "last") return columns - 1;
  if (is_column_number(wanted)) return numbered_column(columns, wanted, name);
  return named_column(fields, wanted, name);
}

/// Besides names over features, a name over labels that are integers in the next line makes a header: tables whose
/// features are named 0, 1, 2 ... are common.
bool is_header(const std::vector<std::string_view>& first, const std::vector<std::string_view>& second, Index label) {
  for (std::size_t i = 0; i < first.size(); ++i)
    if (static_cast<Index>(i) != label && !field_number(first[i]) && !is_spoilt_number(first[i])) return true;
  if (label == kNoColumn || second.size() != first.size()) return false;
  const std::string_view over = first[static_cast<std::size_t>(label)];
  return !field_number(over) && !is_spoilt_number(over) && is_label_integer(second[static_cast<std::size_t>(label)]);
}

}  // namespace

bool is_label_integer(std::string_view field) {
  const auto number = field_number(field);
  return number && *number >= 0 && *number == std::floor(*number);
}

CsvLayout csv_layout(std::string_view text, const std::string& name, const ReadOptions& options) {
  LineCursor lines(text);
  std::string_view line;
  lines.next(line);
  CsvLayout layout{.separator = csv_separator(line, name)};
  const auto first = split(FieldCursor(name, 1, line, layout.separator));
  layout.columns = static_cast<Index>(first.size());
  layout.label = label_column(first, options.label_column, name);

  const std::string& wanted = options.label_column;
  const bool named = wanted != "none" && wanted != "last" && !is_column_number(wanted);
  const bool more = lines.next(line);
  const auto second = more ? split(FieldCursor(name, 2, line, layout.separator)) : std::vector<std::string_view>{};
  layout.header = named || is_header(first, second, layout.label);
  if (layout.header && !more) throw DataError(fmt::format("{}: there is a header but no case", name));
  return layout;
}

}  // namespace dbn::detail
