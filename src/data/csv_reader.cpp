#include <dbn/data/csv_reader.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include <dbn/core/error.hpp>

#include "csv_layout.hpp"
#include "csv_tokens.hpp"

namespace dbn {
namespace {

using detail::CsvLayout;
using detail::FieldCursor;
using detail::kNoColumn;
using detail::LineCursor;

/// The class name in a label field. Numbers are brought to one spelling, so that 7, 07 and 7.0 are one class.
std::string label_text(const FieldCursor& fields, std::string_view field) {
  constexpr std::size_t longest = 256;
  std::string text = detail::field_text(field);
  double number = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  if (!text.empty() && result.ptr == text.data() + text.size()) {
    constexpr double most = 9007199254740992.0;  // up to here doubles hold every integer
    if (result.ec != std::errc{} || !(number >= 0 && number <= most && number == std::floor(number)))
      fields.refuse_field(
          fmt::format("label '{}': labels that are numbers must be integers from 0; an unlabelled case "
                      "has an empty label",
                      detail::shown(text)));
    return fmt::format("{}", static_cast<std::int64_t>(number));
  }
  if (text.size() > longest || std::any_of(text.begin(), text.end(), [](char c) { return c >= 0 && c < ' '; }))
    fields.refuse_field(fmt::format("label '{}': class names have at most {} bytes and no control characters",
                                    detail::shown(text), longest));
  return text;
}

/// The features of a table as they come: bytes for as long as all of them are integers from 0 to 255.
class FeatureTable {
 public:
  FeatureTable(Index features, Index cases) : table_(Dataset::Bytes(features, cases)) {}

  void append(const Vector& values, bool all_bytes) {
    if (!all_bytes) widen();
    std::visit([&](auto& table) { table.col(count_) = values.cast<typename std::decay_t<decltype(table)>::Scalar>(); },
               table_);
    ++count_;
  }

  std::variant<Dataset::Bytes, Matrix> take() { return std::move(table_); }

 private:
  void widen() {
    const auto* bytes = std::get_if<Dataset::Bytes>(&table_);
    if (bytes == nullptr) return;
    Matrix wide(bytes->rows(), bytes->cols());
    wide.leftCols(count_) = bytes->leftCols(count_).cast<Scalar>();
    table_ = std::move(wide);
  }

  std::variant<Dataset::Bytes, Matrix> table_;
  Index count_ = 0;
};

Scalar real_number(FieldCursor& fields) {
  const std::string_view field = fields.take();
  const auto number = detail::field_number(field);
  if (!number)
    fields.refuse_field(fmt::format("expected a finite decimal number such as 0.5, found '{}'", detail::shown(field)));
  return *number;
}

/// Fills `features` and `label` from one line; says whether all features are integers from 0 to 255.
bool read_case(FieldCursor fields, const CsvLayout& layout, Vector& features, std::string& label) {
  bool all_bytes = true;
  Scalar* out = features.data();
  for (Index column = 0; column < layout.columns; ++column) {
    if (fields.at_end())
      fields.refuse_line(fmt::format("expected {} fields as in line 1, found {}", layout.columns, column));
    std::uint32_t digits = 0;
    if (column == layout.label) {
      label = label_text(fields, fields.take());
    } else if (fields.take_digits(digits)) {
      *out++ = static_cast<Scalar>(digits);
      all_bytes &= digits <= 255;
    } else {
      const Scalar number = real_number(fields);
      *out++ = number;
      all_bytes &= number >= 0 && number <= 255 && number == std::floor(number);
    }
  }
  if (!fields.at_end()) fields.refuse_line(fmt::format("expected {} fields as in line 1, found more", layout.columns));
  return all_bytes;
}

/// How many cases to make room for. A case takes at least a digit and a separator for each feature, so a text that has
/// more lines than this holds a ragged one, which is refused before the room is used up.
Index case_room(std::string_view text, const CsvLayout& layout) {
  const Index lines = 1 + std::count(text.begin(), text.end(), '\n') - (layout.header ? 1 : 0);
  return std::min(lines, (static_cast<Index>(text.size()) + 1) / (2 * layout.features()));
}

}  // namespace

bool is_text(std::span<const std::uint8_t> bytes) { return detail::text_length(bytes) == bytes.size(); }

Dataset read_csv(std::span<const std::uint8_t> bytes, const std::string& name, const ReadOptions& options) {
  std::string_view text = detail::csv_text(bytes, name);
  text = text.substr(0, text.find_last_not_of("\r\n") + 1);
  const CsvLayout layout = detail::csv_layout(text, name, options);

  FeatureTable table(layout.features(), case_room(text, layout));
  Vector features(layout.features());
  std::vector<std::string> labels;
  LineCursor lines(text);
  std::string_view line;
  if (layout.header) lines.next(line);
  while (lines.next(line)) {
    std::string label;
    const bool all_bytes =
        read_case(FieldCursor(name, lines.number(), line, layout.separator), layout, features, label);
    table.append(features, all_bytes);
    if (layout.label != kNoColumn) labels.push_back(std::move(label));
  }

  Dataset dataset;
  dataset.name = name;
  dataset.features = table.take();
  dataset.shape = {layout.features()};
  if (layout.label != kNoColumn) set_labels(dataset, labels);
  return dataset;
}

std::vector<std::string> read_csv_labels(std::span<const std::uint8_t> bytes, const std::string& name) {
  const std::string_view text = detail::csv_text(bytes, name);
  LineCursor lines(text.ends_with('\n') ? text.substr(0, text.size() - 1) : text);
  std::vector<std::string> labels;
  bool others_are_integers = true;
  char separator = ',';
  for (std::string_view line; lines.next(line);) {
    if (lines.number() == 1) separator = detail::csv_separator(line, name);
    FieldCursor fields(name, lines.number(), line, separator);
    labels.push_back(label_text(fields, fields.take()));
    if (!fields.at_end())
      fields.refuse_line("expected one label a line, found several fields: this is a table of cases");
    others_are_integers &= labels.size() == 1 || detail::is_label_integer(labels.back());
  }
  if (labels.size() > 1 && others_are_integers && !detail::is_label_integer(labels.front()))
    labels.erase(labels.begin());
  return labels;
}

}  // namespace dbn
