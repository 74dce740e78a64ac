#include "csv_layout.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <vector>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/option.hpp>

#include "csv_header.hpp"
#include "csv_tokens.hpp"

namespace dbn::detail {
namespace {

/// A column may take two bytes of a file, and many more of memory: an endless line is no table.
std::vector<std::string_view> split(FieldCursor fields) {
  constexpr std::size_t kMostColumns = std::size_t{1} << 20;
  std::vector<std::string_view> all;
  while (!fields.at_end()) {
    if (all.size() == kMostColumns) fields.refuse_line(fmt::format("expected at most {} columns", kMostColumns));
    all.push_back(fields.take());
  }
  return all;
}

/// A column that is asked for: what for, and how.
struct Wanted {
  const char* what;  ///< "label column"
  std::string text;
};

[[noreturn]] void refuse_name(const std::vector<std::string_view>& fields, const Wanted& wanted,
                              const std::string& name) {
  constexpr std::size_t most = 20;
  std::string known;
  for (std::size_t i = 0; i < std::min(most, fields.size()); ++i)
    known += (i == 0 ? "" : ", ") + shown(field_text(fields[i]));
  if (fields.size() > most) known += fmt::format(" and {} more", fields.size() - most);
  const char* hint =
      wanted.text.find(',') == wanted.text.npos ? "" : "; several label columns are for --task regression";
  throw DataError(
      fmt::format("{}: no column is named '{}' in line 1, which has: {}{}", name, shown(wanted.text), known, hint));
}

Index named_column(const std::vector<std::string_view>& fields, const Wanted& wanted, const std::string& name) {
  const auto matches = [&](std::string_view field) { return field_text(field) == wanted.text; };
  const auto found = std::find_if(fields.begin(), fields.end(), matches);
  if (found == fields.end()) refuse_name(fields, wanted, name);
  if (std::any_of(found + 1, fields.end(), matches))
    throw DataError(
        fmt::format("{}: several columns are named '{}'; give the {} by number", name, wanted.text, wanted.what));
  return found - fields.begin();
}

Index numbered_column(Index columns, const Wanted& wanted, const std::string& name) {
  const std::string& text = wanted.text;
  Index number = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  if (result.ec != std::errc{} || number < 1 || number > columns)
    throw DataError(fmt::format("{}: expected a {} from 1 to {}, found {}", name, wanted.what, columns, text));
  return number - 1;
}

bool is_column_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

Index wanted_column(const std::vector<std::string_view>& fields, const Wanted& wanted, const std::string& name) {
  if (is_column_number(wanted.text)) return numbered_column(std::ssize(fields), wanted, name);
  return named_column(fields, wanted, name);
}

Index label_column(const std::vector<std::string_view>& fields, const std::string& wanted, const std::string& name) {
  return wanted == "last" ? std::ssize(fields) - 1 : wanted_column(fields, {"label column", wanted}, name);
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

struct FirstLines {
  std::vector<std::string_view> first, second;  ///< fields; no second without a second line
};

/// What `options.categorical` lists beside auto and none.
std::vector<std::string> wanted_categories(const ReadOptions& options) {
  if (options.schema || options.categorical == "none") return {};
  auto wanted = split_list(options.categorical);
  std::erase(wanted, "auto");
  return wanted;
}

/// Whether columns that nobody names may hold categories.
bool finds_categories(const ReadOptions& options) {
  const auto parts = split_list(options.categorical);
  return std::find(parts.begin(), parts.end(), "auto") != parts.end();
}

void adopt_kinds(CsvLayout& layout, const Schema& schema, const std::string& name) {
  if (schema.empty()) return;
  if (std::ssize(schema.columns) != layout.features())
    throw DataError(fmt::format("{}: expected {} columns of features, as the training cases have, found {}{}", name,
                                schema.columns.size(), layout.features(),
                                std::ssize(schema.columns) == layout.features() + 1 && layout.labels() > 0
                                    ? "; if its last column is no label, say --label-column none"
                                    : ""));
  auto column = schema.columns.begin();
  for (std::size_t i = 0; i < layout.kind.size(); ++i)
    if (layout.label[i] == kFeature && (column++)->categorical()) layout.kind[i] = FieldKind::category;
}

void place_categories(CsvLayout& layout, const std::vector<std::string_view>& fields, const ReadOptions& options,
                      const std::string& name) {
  if (options.schema) return adopt_kinds(layout, *options.schema, name);
  if (finds_categories(options)) layout.kind.assign(fields.size(), FieldKind::open);
  for (const auto& wanted : wanted_categories(options)) {
    const auto column = static_cast<std::size_t>(wanted_column(fields, {"column of categories", wanted}, name));
    if (layout.label[column] != kFeature)
      throw DataError(fmt::format("{}: column {} of --categorical is a label; see --label-column", name, wanted));
    layout.kind[column] = FieldKind::category;
  }
}

CsvLayout empty_layout(std::string_view text, const std::string& name, bool numeric, FirstLines& lines) {
  LineCursor cursor(text);
  std::string_view line;
  cursor.next(line);
  CsvLayout layout{
      .separator = csv_separator(line, name), .label = {}, .kind = {}, .label_names = {}, .numeric = numeric};
  lines.first = split(FieldCursor(name, 1, line, layout.separator));
  if (cursor.next(line)) lines.second = split(FieldCursor(name, 2, line, layout.separator));
  layout.label.assign(lines.first.size(), kFeature);
  layout.kind.assign(lines.first.size(), FieldKind::number);
  return layout;
}

void place_header(CsvLayout& layout, bool header, const FirstLines& lines, const std::string& name) {
  layout.header = header;
  if (!header) return;
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
  place_categories(layout, lines.first, options, name);
  const auto asks_for_name = [](const std::string& column) { return column != "last" && !is_column_number(column); };
  const bool named =
      std::ranges::any_of(wanted, asks_for_name) || std::ranges::any_of(wanted_categories(options), asks_for_name);
  place_header(layout, named || is_header({layout, lines.first, lines.second, text, name}, options.schema), lines,
               name);
  return layout;
}

CsvLayout csv_target_layout(std::string_view text, const std::string& name) {
  FirstLines lines;
  CsvLayout layout = empty_layout(text, name, true, lines);
  std::iota(layout.label.begin(), layout.label.end(), Index{0});
  layout.label_names.resize(layout.label.size());
  place_header(layout, is_header({layout, lines.first, lines.second, text, name}, std::nullopt), lines, name);
  return layout;
}

}  // namespace dbn::detail
