#include "csv_layout.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <vector>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/option.hpp>

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
  const char* hint = wanted.find(',') == wanted.npos ? "" : "; several label columns are for --task regression";
  throw DataError(fmt::format("{}: no column is named '{}' in line 1, which has: {}{}", name, wanted, known, hint));
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
  if (wanted == "last") return columns - 1;
  if (is_column_number(wanted)) return numbered_column(columns, wanted, name);
  return named_column(fields, wanted, name);
}

/// What `options.label_column` lists. Classes stand in one column, whose name may have a comma in it.
std::vector<std::string> wanted_columns(const ReadOptions& options) {
  if (options.label_column == "none") return {};
  return options.numeric_labels ? split_list(options.label_column) : std::vector{options.label_column};
}

void place_labels(CsvLayout& layout, const std::vector<std::string_view>& fields,
                  const std::vector<std::string>& wanted, const std::string& name) {
  for (const auto& column : wanted) {
    Index& place = layout.label[static_cast<std::size_t>(label_column(fields, column, name))];
    if (place != kFeature) throw DataError(fmt::format("{}: label column {} is asked for twice", name, column));
    place = layout.labels();
    layout.label_names.emplace_back();
  }
  if (layout.features() > 0) return;
  if (layout.columns() == 1)
    throw DataError(
        fmt::format("{}: there is only one column (columns are separated by comma, semicolon or tab), "
                    "which cannot be feature and label at once; use --label-column none if it is a feature",
                    name));
  throw DataError(fmt::format("{}: all {} columns are labels; expected one feature at least", name, layout.columns()));
}

void take_label_names(CsvLayout& layout, const std::vector<std::string_view>& fields, const std::string& name) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (layout.label[i] == kFeature) continue;
    const std::string text = field_text(fields[i]);
    if (!is_name(text))
      throw DataError(fmt::format("{}: line 1, column {}: '{}': names have at most 256 bytes and no control characters",
                                  name, i + 1, shown(text)));
    layout.label_names[static_cast<std::size_t>(layout.label[i])] = text;
  }
}

/// Besides names over features, a name over labels that are integers in the next line makes a header: tables whose
/// features are named 0, 1, 2 ... are common. Labels that are numbers are as features here.
bool is_header(const CsvLayout& layout, const std::vector<std::string_view>& first,
               const std::vector<std::string_view>& second) {
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (field_number(first[i]) || is_spoilt_number(first[i])) continue;
    if (layout.numeric || layout.label[i] == kFeature) return true;
    if (second.size() == first.size() && is_label_integer(second[i])) return true;
  }
  return false;
}

struct FirstLines {
  std::vector<std::string_view> first, second;  ///< fields; no second without a second line
};

CsvLayout empty_layout(std::string_view text, const std::string& name, bool numeric, FirstLines& lines) {
  LineCursor cursor(text);
  std::string_view line;
  cursor.next(line);
  CsvLayout layout{.separator = csv_separator(line, name), .label = {}, .label_names = {}, .numeric = numeric};
  lines.first = split(FieldCursor(name, 1, line, layout.separator));
  if (cursor.next(line)) lines.second = split(FieldCursor(name, 2, line, layout.separator));
  layout.label.assign(lines.first.size(), kFeature);
  return layout;
}

void place_header(CsvLayout& layout, bool named, const FirstLines& lines, const std::string& name) {
  layout.header = named || is_header(layout, lines.first, lines.second);
  if (!layout.header) return;
  if (lines.second.empty()) throw DataError(fmt::format("{}: there is a header but no case", name));
  take_label_names(layout, lines.first, name);
}

}  // namespace

bool is_label_integer(std::string_view field) {
  const auto number = field_number(field);
  return number && *number >= 0 && *number == std::floor(*number);
}

CsvLayout csv_layout(std::string_view text, const std::string& name, const ReadOptions& options) {
  FirstLines lines;
  CsvLayout layout = empty_layout(text, name, options.numeric_labels, lines);
  const auto wanted = wanted_columns(options);
  place_labels(layout, lines.first, wanted, name);
  const bool named = std::any_of(wanted.begin(), wanted.end(), [](const std::string& column) {
    return column != "last" && !is_column_number(column);
  });
  place_header(layout, named, lines, name);
  return layout;
}

CsvLayout csv_target_layout(std::string_view text, const std::string& name) {
  FirstLines lines;
  CsvLayout layout = empty_layout(text, name, true, lines);
  std::iota(layout.label.begin(), layout.label.end(), Index{0});
  layout.label_names.resize(layout.label.size());
  place_header(layout, false, lines, name);
  return layout;
}

}  // namespace dbn::detail
