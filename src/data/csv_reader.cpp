#include <dbn/data/csv_reader.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include <dbn/core/error.hpp>

#include "csv_categories.hpp"
#include "csv_layout.hpp"
#include "csv_tokens.hpp"
#include "matrix_room.hpp"
#include "names.hpp"

namespace dbn {
namespace {

using detail::CsvCategories;
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
  CsvCase(const CsvLayout& layout, Index feature_count)
      : features(feature_count), targets(layout.numeric ? layout.labels() : 0) {}

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

  void move_to(Dataset& dataset) {
    std::visit([&](auto& table) { dataset.features = std::move(table); }, table_);
  }

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

/// `doubt` is what else there is to say of a field that is none.
Scalar real_number(FieldCursor& fields, std::string_view doubt = "") {
  const std::string_view field = fields.take();
  const auto number = detail::field_number(field);
  if (!number)
    fields.refuse_field(
        fmt::format("expected a finite decimal number such as 0.5, found '{}'{}", detail::shown(field), doubt));
  return *number;
}

/// Which of its column's categories a field holds.
Index category(FieldCursor& fields, const CsvCategories::Codes& codes) {
  const std::string text = detail::category_text(fields.take());
  const auto at = codes.find(text);
  if (at != codes.end()) return at->second;
  std::vector<std::string> known(codes.size());
  for (const auto& [name, code] : codes) known[static_cast<std::size_t>(code)] = name;
  fields.refuse_field(
      fmt::format("unknown category '{}'; the training cases have {}", detail::shown(text), detail::listed(known)));
}

void read_label(FieldCursor& fields, const CsvLayout& layout, Index place, CsvCase& row) {
  if (layout.numeric)
    row.targets[place] = real_number(fields);
  else
    row.label = label_text(fields, fields.take());
}

void read_case(FieldCursor fields, const CsvLayout& layout, const CsvCategories& categories, CsvCase& row) {
  row.bytes = true;
  Scalar* out = row.features.data();
  for (Index column = 0; column < layout.columns(); ++column) {
    if (fields.at_end())
      fields.refuse_line(fmt::format("expected {} fields as in line 1, found {}", layout.columns(), column));
    std::uint32_t digits = 0;
    if (const Index place = layout.label[static_cast<std::size_t>(column)]; place != kFeature) {
      read_label(fields, layout, place, row);
    } else if (const auto* codes = categories.of(column)) {
      const auto count = static_cast<Index>(codes->size());
      Eigen::Map<Vector>(out, count) = Vector::Unit(count, category(fields, *codes));
      out += count;
    } else if (fields.take_digits(digits)) {
      *out++ = static_cast<Scalar>(digits);
      row.bytes &= digits <= 255;
    } else {
      const Scalar number = real_number(fields, categories.doubt(column));
      *out++ = number;
      row.bytes &= !std::signbit(number) && number <= 255 && number == std::floor(number);  // a byte has no -0
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

/// Groups of features are wider than their texts.
Index room_for_features(const CsvCategories& categories, Index cases, std::size_t file_bytes, const std::string& name) {
  const auto& columns = categories.schema.columns;
  const Index features = categories.schema.feature_count();
  const bool numbers = !std::ranges::all_of(columns, &Column::categorical);
  detail::check_matrix_room({.cases = cases,
                             .features = features,
                             .element_bytes = numbers ? sizeof(Scalar) : 1,
                             .cause = fmt::format("cases of {} features, one for each category,", features)},
                            file_bytes, name);
  return features;
}

Dataset read_table(std::string_view text, const std::string& name, const CsvLayout& layout,
                   const CsvCategories& categories) {
  const Index room = case_room(text, layout);
  const Index features =
      categories.schema.empty() ? layout.features() : room_for_features(categories, room, text.size(), name);
  FeatureTable table(features, room);
  CsvCase row(layout, features);
  std::vector<std::string> labels;
  std::vector<Scalar> targets;
  LineCursor lines(text);
  std::string_view line;
  if (layout.header) lines.next(line);
  while (lines.next(line)) {
    read_case(FieldCursor(name, lines.number(), line, layout.separator), layout, categories, row);
    table.append(row);
    if (layout.numeric)
      targets.insert(targets.end(), row.targets.begin(), row.targets.end());
    else if (layout.labels() > 0)
      labels.push_back(std::move(row.label));
  }

  Dataset dataset;
  dataset.name = name;
  table.move_to(dataset);
  dataset.shape = {features};
  dataset.schema = categories.schema;
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
  const CsvLayout layout = detail::csv_layout(text, name, options);
  return read_table(text, name, layout, detail::csv_categories(text, name, layout, options));
}

Dataset read_csv_targets(std::span<const std::uint8_t> bytes, const std::string& name) {
  const std::string_view text = table_text(bytes, name);
  return read_table(text, name, detail::csv_target_layout(text, name), {});
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
