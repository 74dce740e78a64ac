#include <dbn/data/csv_writer.hpp>

#include <algorithm>
#include <charconv>
#include <iterator>

#include <fmt/format.h>

#include "case_writers.hpp"
#include "csv_layout.hpp"
#include "csv_tokens.hpp"

namespace dbn {
namespace detail {
namespace {

std::span<const std::uint8_t> text_bytes(const fmt::memory_buffer& text) {
  return bytes_of(text.data(), static_cast<Index>(text.size()));
}

void append(fmt::memory_buffer& text, std::string_view more) { text.append(more.data(), more.data() + more.size()); }

/// The name of each column of features; one that its table did not name is called by its place.
std::vector<std::string> column_names(const Dataset& dataset) {
  const auto& columns = dataset.schema.columns;
  const auto count = columns.empty() ? static_cast<std::size_t>(dataset.feature_count()) : columns.size();
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i)
    names.push_back(columns.empty() || columns[i].name.empty() ? fmt::format("x{}", i + 1) : columns[i].name);
  return names;
}

void append_header(const CaseRows& rows, char separator, fmt::memory_buffer& text) {
  std::vector<std::string> names = column_names(rows.dataset);
  if (rows.labelled) names.emplace_back("label");
  if (rows.targets) names.insert(names.end(), rows.dataset.target_names.begin(), rows.dataset.target_names.end());
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text.push_back(separator);
    append(text, csv_field(names[i]));
  }
  text.push_back('\n');
}

void append_label(const CaseRows& rows, Index c, fmt::memory_buffer& text) {
  const int label = rows.label(c);
  if (label != kUnlabelled) append(text, csv_field(rows.classes[static_cast<std::size_t>(label)]));
}

void append_numbers(const ConstVectorRef& numbers, char separator, fmt::memory_buffer& text) {
  for (Index i = 0; i < numbers.size(); ++i) {
    if (i > 0) text.push_back(separator);
    fmt::format_to(std::back_inserter(text), "{}", numbers[i]);
  }
}

/// A column of categories holds the one whose feature is 1.
void append_columns(const Schema& schema, const ConstVectorRef& features, char separator, fmt::memory_buffer& text) {
  Index first = 0;
  for (const Column& column : schema.columns) {
    if (first > 0) text.push_back(separator);
    const ConstVectorRef own = features.segment(first, column.feature_count());
    Index category = 0;
    if (column.categorical()) {
      own.maxCoeff(&category);
      append(text, csv_field(column.categories[static_cast<std::size_t>(category)]));
    } else {
      append_numbers(own, separator, text);
    }
    first += column.feature_count();
  }
}

void write_table(const CaseRows& rows, char separator, ByteSink sink) {
  fmt::memory_buffer text;
  append_header(rows, separator, text);
  sink(text_bytes(text));
  for_each_block(rows, [&](std::span<const Index> cases, const ConstMatrixRef& features) {
    text.clear();
    for (std::size_t i = 0; i < cases.size(); ++i) {
      const ConstVectorRef own = features.col(static_cast<Index>(i));
      if (rows.dataset.schema.empty())
        append_numbers(own, separator, text);
      else
        append_columns(rows.dataset.schema, own, separator, text);
      if (rows.labelled || rows.targets) text.push_back(separator);
      if (rows.labelled) append_label(rows, cases[i], text);
      if (rows.targets) append_numbers(rows.dataset.targets.col(cases[i]), separator, text);
      text.push_back('\n');
    }
    sink(text_bytes(text));
  });
}

/// Whether the reader would take this line as names: one of numbers alone it takes as a case.
bool makes_header(const std::vector<std::string>& names) {
  return std::any_of(names.begin(), names.end(), is_text_field);
}

void write_label_table(const CaseRows& rows, char separator, ByteSink sink) {
  fmt::memory_buffer text;
  const auto& names = rows.dataset.target_names;
  if (rows.targets && makes_header(names))
    for (std::size_t i = 0; i < names.size(); ++i)
      fmt::format_to(std::back_inserter(text), "{}{}", csv_field(names[i]), i + 1 < names.size() ? separator : '\n');
  for (const Index c : rows.cases) {
    if (rows.labelled) append_label(rows, c, text);
    if (rows.targets) append_numbers(rows.dataset.targets.col(c), separator, text);
    text.push_back('\n');
  }
  sink(text_bytes(text));
}

/// Whether a label field of this text is read as a class of this name.
bool holds_class(const std::string& name) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(name.data());
  if (name.empty() || !is_name(name) || text_length({bytes, name.size()}) != name.size()) return false;
  double number = 0;
  const char* const end = name.data() + name.size();
  return std::from_chars(name.data(), end, number).ptr != end || all_integers({name}, 0, kMostExact);
}

}  // namespace

bool csv_holds_classes(const std::vector<std::string>& names) {
  return std::all_of(names.begin(), names.end(), holds_class);
}

// Without a header, a first line of text above integers would be taken for one.
bool csv_labels_hold_classes(const std::vector<std::string>& names) {
  const bool one_kind = std::all_of(names.begin(), names.end(), is_label_integer) ||
                        std::none_of(names.begin(), names.end(), is_label_integer);
  return one_kind && csv_holds_classes(names);
}

void write_csv(const CaseRows& rows, ByteSink sink) { write_table(rows, ',', sink); }
void write_tsv(const CaseRows& rows, ByteSink sink) { write_table(rows, '\t', sink); }
void write_csv_labels(const CaseRows& rows, ByteSink sink) { write_label_table(rows, ',', sink); }
void write_tsv_labels(const CaseRows& rows, ByteSink sink) { write_label_table(rows, '\t', sink); }

}  // namespace detail

std::string csv_field(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";  // at the start of a file it would be none of the text
  const bool plain = text.find_first_of(",;\t\"\r\n") == std::string_view::npos && !text.starts_with(' ') &&
                     !text.ends_with(' ') && !text.starts_with(kByteOrderMark);
  if (plain) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

}  // namespace dbn
