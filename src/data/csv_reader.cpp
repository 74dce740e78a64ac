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
using detail::kFeature;
using detail::LineCursor;

/// The class name in a label field. Numbers are brought to one spelling, so that 7, 07 and 7.0 are one class.
std::string label_text(const FieldCursor& fields, std::string_view field) {
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
  if (!detail::is_name(text))
    fields.refuse_field(
        fmt::format("label '{}': class names have at most 256 bytes and no control characters", detail::shown(text)));
  return text;
}

/// One line of a table.
struct CsvCase {
  explicit CsvCase(const CsvLayout& layout)
      : features(layout.features()), targets(layout.numeric ? layout.labels() : 0) {}

  Vector features;
  Vector targets;     ///< labels that are numbers
  std::string label;  ///< the class otherwise
  bool bytes = true;  ///< all features are integers from 0 to 255
};

/// The features of a table as they come: bytes for as long as all of them are integers from 0 to 255.
class FeatureTable {
 public:
  FeatureTable(Index features, Index cases) : table_(Dataset::Bytes(features, cases)) {}

  void append(const CsvCase& row) {
    if (!row.bytes) widen();
    std::visit(
        [&](auto& table) { table.col(count_) = row.features.cast<typename std::decay_t<decltype(table)>::Scalar>(); },
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

void read_label(FieldCursor& fields, const CsvLayout& layout, Index place, CsvCase& row) {
  if (layout.numeric)
    row.targets[place] = real_number(fields);
  else
    row.label = label_text(fields, fields.take());
}

void read_case(FieldCursor fields, const CsvLayout& layout, CsvCase& row) {
  row.bytes = true;
  Scalar* out = row.features.data();
  for (Index column = 0; column < layout.columns(); ++column) {
    if (fields.at_end())
      fields.refuse_line(fmt::format("expected {} fields as in line 1, found {}", layout.columns(), column));
    std::uint32_t digits = 0;
    if (const Index place = layout.label[static_cast<std::size_t>(column)]; place != kFeature) {
      read_label(fields, layout, place, row);
    } else if (fields.take_digits(digits)) {
      *out++ = static_cast<Scalar>(digits);
      row.bytes &= digits <= 255;
    } else {
      const Scalar number = real_number(fields);
      *out++ = number;
      row.bytes &= number >= 0 && number <= 255 && number == std::floor(number);
    }
  }
  if (!fields.at_end())
    fields.refuse_line(fmt::format("expected {} fields as in line 1, found more", layout.columns()));
}

/// How many cases to make room for. A case takes at least a separator for each column and a digit for each feature, so
/// a text that has more lines than this holds a ragged one, which is refused before the room is used up.
Index case_room(std::string_view text, const CsvLayout& layout) {
  const Index lines = 1 + std::count(text.begin(), text.end(), '\n') - (layout.header ? 1 : 0);
  return std::min(lines, (static_cast<Index>(text.size()) + 1) / (layout.columns() + layout.features()));
}

std::string_view table_text(std::span<const std::uint8_t> bytes, const std::string& name) {
  const std::string_view text = detail::csv_text(bytes, name);
  return text.substr(0, text.find_last_not_of("\r\n") + 1);
}

Dataset read_table(std::string_view text, const std::string& name, const CsvLayout& layout) {
  FeatureTable table(layout.features(), case_room(text, layout));
  CsvCase row(layout);
  std::vector<std::string> labels;
  std::vector<Scalar> targets;
  LineCursor lines(text);
  std::string_view line;
  if (layout.header) lines.next(line);
  while (lines.next(line)) {
    read_case(FieldCursor(name, lines.number(), line, layout.separator), layout, row);
    table.append(row);
    if (layout.numeric)
      targets.insert(targets.end(), row.targets.begin(), row.targets.end());
    else if (layout.labels() > 0)
      labels.push_back(std::move(row.label));
  }

  Dataset dataset;
  dataset.name = name;
  dataset.features = table.take();
  dataset.shape = {layout.features()};
  if (layout.labels() == 0) return dataset;
  if (layout.numeric)
    set_targets(dataset, Eigen::Map<const Matrix>(targets.data(), layout.labels(), dataset.case_count()),
                layout.label_names);
  else
    set_labels(dataset, labels);
  return dataset;
}

}  // namespace

bool is_text(std::span<const std::uint8_t> bytes) { return detail::text_length(bytes) == bytes.size(); }

Dataset read_csv(std::span<const std::uint8_t> bytes, const std::string& name, const ReadOptions& options) {
  const std::string_view text = table_text(bytes, name);
  return read_table(text, name, detail::csv_layout(text, name, options));
}

Dataset read_csv_targets(std::span<const std::uint8_t> bytes, const std::string& name) {
  const std::string_view text = table_text(bytes, name);
  return read_table(text, name, detail::csv_target_layout(text, name));
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
