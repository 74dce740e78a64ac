#include "csv_header.hpp"

#include <algorithm>
#include <cmath>

#include "csv_tokens.hpp"

namespace dbn::detail {
namespace {

enum class Evidence { none, header, unclear };

/// Of the field of one column.
Evidence evidence(const FirstLine& line, std::size_t i) {
  const CsvLayout& layout = line.layout;
  if (!is_text_field(line.first[i])) return Evidence::none;
  const bool two = line.second.size() == line.first.size();
  if (layout.label[i] != kFeature && !layout.numeric)
    return two && is_label_integer(line.second[i]) ? Evidence::header : Evidence::none;
  const FieldKind kind = layout.label[i] == kFeature ? layout.kind[i] : FieldKind::number;
  const bool over_category =
      kind == FieldKind::category || (kind == FieldKind::open && two && is_text_field(line.second[i]));
  return over_category ? Evidence::unclear : Evidence::header;
}

/// Whether a feature of the line is a number that names no column.
bool holds_fraction(const FirstLine& line) {
  for (std::size_t i = 0; i < line.first.size(); ++i) {
    const auto number = line.layout.label[i] == kFeature ? field_number(line.first[i]) : std::nullopt;
    if (number && *number != std::floor(*number)) return true;
  }
  return false;
}

/// Whether what stands in one of these columns comes again in its column.
bool comes_again(const FirstLine& line, const std::vector<std::size_t>& columns) {
  std::vector<std::string> wanted(line.first.size());
  for (const auto i : columns) wanted[i] = field_text(line.first[i]);
  LineCursor lines(line.text);
  std::string_view next;
  lines.next(next);
  while (lines.next(next)) {
    FieldCursor fields(line.file, lines.number(), next, line.layout.separator);
    for (std::size_t i = 0; i < wanted.size() && !fields.at_end(); ++i) {
      const std::string_view field = fields.take();
      if (!wanted[i].empty() && field_text(field) == wanted[i]) return true;
    }
  }
  return false;
}

/// Whether one of these columns is called as its schema says.
bool names_a_column(const FirstLine& line, const std::vector<std::size_t>& columns, const Schema& schema) {
  auto wanted = columns.begin();
  std::size_t feature = 0;
  for (std::size_t i = 0; i < line.first.size() && wanted != columns.end(); ++i) {
    if (line.layout.label[i] != kFeature) continue;
    const std::string& name = schema.columns[feature++].name;
    if (i != *wanted) continue;
    ++wanted;
    if (!name.empty() && field_text(line.first[i]) == name) return true;
  }
  return false;
}

}  // namespace

bool is_header(const FirstLine& line, const std::optional<Schema>& schema) {
  std::vector<std::size_t> unclear;
  bool header = false;
  for (std::size_t i = 0; i < line.first.size(); ++i) {
    const Evidence found = evidence(line, i);
    header |= found == Evidence::header;
    if (found == Evidence::unclear) unclear.push_back(i);
  }
  if (header || unclear.empty()) return header;
  if (schema) return names_a_column(line, unclear, *schema);
  return !holds_fraction(line) && !comes_again(line, unclear);
}

}  // namespace dbn::detail
