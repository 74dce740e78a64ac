#include "csv_categories.hpp"

#include <charconv>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include <dbn/core/error.hpp>

#include "names.hpp"

namespace dbn::detail {
namespace {

/// Goes through a table and collects the texts of columns that may hold categories.
class Survey {
 public:
  Survey(const CsvLayout& layout, const std::string& name) : layout_(layout), name_(name), kind_(layout.kind) {
    for (std::size_t i = 0; i < kind_.size(); ++i)
      if (layout.label[i] != kFeature) kind_[i] = FieldKind::number;
  }

  /// False when no column can be one of categories any more.
  bool add(Index line_number, std::string_view line) {
    FieldCursor fields(name_, line_number, line, layout_.separator);
    bool open = false;
    for (std::size_t i = 0; i < kind_.size() && !fields.at_end(); ++i) {
      const std::string_view field = fields.take();
      if (kind_[i] == FieldKind::open) look_at(i, field, line_number);
      if (kind_[i] != FieldKind::number) collect(i, field, fields);
      open |= kind_[i] != FieldKind::number;
    }
    first_case_ = false;
    return open;
  }

  CsvCategories take(const std::vector<std::string>& names) {
    CsvCategories found{.doubts = std::move(doubts_)};
    if (texts_.empty()) return found;
    for (std::size_t i = 0; i < kind_.size(); ++i) {
      if (layout_.label[i] != kFeature) continue;
      Column column{.name = names.empty() ? "" : names[i], .categories = {}};
      if (const auto at = texts_.find(i); at != texts_.end()) column.categories = in_order(at->second);
      found.schema.columns.push_back(std::move(column));
    }
    check_schema(found.schema, name_);
    return found;
  }

 private:
  /// One number, or what was meant as one, and the column is one of numbers, in which names are faults.
  void look_at(std::size_t i, std::string_view field, Index line_number) {
    if (is_text_field(field)) return;
    kind_[i] = FieldKind::number;
    texts_.erase(i);
    if (!first_case_)
      doubts_[static_cast<Index>(i)] = fmt::format(
          "; nor is the column one of categories, for line {} has '{}': if it is, say --categorical auto,{}",
          line_number, shown(field), i + 1);
  }

  void collect(std::size_t i, std::string_view field, const FieldCursor& fields) {
    std::string text = category_text(field);
    if (text.empty())
      fields.refuse_field("expected a category, found ''; give missing ones a name of their own, such as none");
    auto& texts = texts_[i];
    if (texts.contains(text)) return;
    if (!is_name(text))
      fields.refuse_field(
          fmt::format("category '{}': names have at most 256 bytes and no control characters", shown(text)));
    bytes_ += text.size();
    texts.insert(std::move(text));
    constexpr const char* kAdvice = "is this an identifier, or free text? Leave such columns out";
    if (std::ssize(texts) > kMostCategories)
      fields.refuse_field(fmt::format("the column has more than {} categories; {}", kMostCategories, kAdvice));
    if (++count_ > kMostCategoricalFeatures || bytes_ > kMostCategoryText)
      fields.refuse_field(fmt::format("all columns together have more than {} categories, or {} bytes of them; {}",
                                      kMostCategoricalFeatures, kMostCategoryText, kAdvice));
  }

  const CsvLayout& layout_;
  const std::string& name_;
  std::vector<FieldKind> kind_;
  std::map<std::size_t, std::set<std::string, std::less<>>> texts_;  ///< by column
  std::map<Index, std::string> doubts_;
  bool first_case_ = true;
  Index count_ = 0;
  std::size_t bytes_ = 0;
};

/// Of each column; none without a header. Throws DataError for one that is no name.
std::vector<std::string> column_names(std::string_view text, const std::string& name, const CsvLayout& layout) {
  std::vector<std::string> names;
  if (!layout.header) return names;
  LineCursor lines(text);
  std::string_view line;
  lines.next(line);
  for (FieldCursor fields(name, 1, line, layout.separator); !fields.at_end();) {
    names.push_back(field_text(fields.take()));
    if (!is_name(names.back()))
      fields.refuse_field(
          fmt::format("'{}': names have at most 256 bytes and no control characters", shown(names.back())));
  }
  return names;
}

CsvCategories survey(std::string_view text, const std::string& name, const CsvLayout& layout) {
  Survey survey(layout, name);
  LineCursor lines(text);
  std::string_view line;
  if (layout.header) lines.next(line);
  bool open = true;
  while (open && lines.next(line)) open = survey.add(lines.number(), line);
  return survey.take(open ? column_names(text, name, layout) : std::vector<std::string>());
}

void check_names(const std::vector<std::string>& names, const CsvLayout& layout, const Schema& schema,
                 const std::string& name) {
  auto column = schema.columns.begin();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (layout.label[i] != kFeature) continue;
    const std::string& expected = (column++)->name;
    if (!expected.empty() && names[i] != expected)
      throw DataError(
          fmt::format("{}: line 1, column {}: expected the column '{}', as the training cases have, found "
                      "'{}'",
                      name, i + 1, shown(expected), shown(names[i])));
  }
}

std::vector<CsvCategories::Codes> codes_of(const CsvLayout& layout, const Schema& schema) {
  std::vector<CsvCategories::Codes> codes(layout.label.size());
  auto column = schema.columns.begin();
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (layout.label[i] != kFeature) continue;
    for (const auto& category : (column++)->categories) codes[i].emplace(category, std::ssize(codes[i]));
  }
  return codes;
}

}  // namespace

const CsvCategories::Codes* CsvCategories::of(Index column) const {
  const auto i = static_cast<std::size_t>(column);
  return codes.empty() || codes[i].empty() ? nullptr : &codes[i];
}

std::string_view CsvCategories::doubt(Index column) const {
  const auto at = doubts.find(column);
  return at == doubts.end() ? std::string_view() : at->second;
}

CsvCategories csv_categories(std::string_view text, const std::string& name, const CsvLayout& layout,
                             const ReadOptions& options) {
  CsvCategories categories;
  if (!options.schema)
    categories = survey(text, name, layout);
  else if (!options.schema->empty())
    check_names(column_names(text, name, layout), layout, categories.schema = *options.schema, name);
  if (!categories.schema.empty()) categories.codes = codes_of(layout, categories.schema);
  return categories;
}

std::string category_text(std::string_view field) {
  std::string text = field_text(field);
  double number = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  constexpr double kMost = 9007199254740992.0;  // up to here doubles hold every integer
  const bool integer = !text.empty() && result.ec == std::errc{} && result.ptr == text.data() + text.size() &&
                       std::abs(number) <= kMost && number == std::floor(number);
  return integer ? fmt::format("{}", static_cast<std::int64_t>(number)) : text;
}

}  // namespace dbn::detail
