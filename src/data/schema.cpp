#include <dbn/data/schema.hpp>

#include <algorithm>
#include <numeric>
#include <set>

#include <fmt/format.h>

#include <dbn/core/error.hpp>

#include "csv_tokens.hpp"
#include "names.hpp"

namespace dbn {
namespace {

[[noreturn]] void refuse(const std::string& name, std::size_t column, const std::string& fault) {
  throw DataError(fmt::format("{}: column {} of the features: {}", name, column + 1, fault));
}

void check_column(const Column& column, std::size_t number, const std::string& name) {
  const auto& all = column.categories;
  if (!detail::is_name(column.name)) refuse(name, number, "its name is too long or has control characters");
  if (std::ssize(all) > kMostCategories)
    refuse(name, number, fmt::format("expected at most {} categories, found {}", kMostCategories, all.size()));
  for (const auto& category : all)
    if (category.empty() || !detail::is_name(category))
      refuse(
          name, number,
          fmt::format("category '{}': names have 1 to 256 bytes and no control characters", detail::shown(category)));
  if (detail::in_order({all.begin(), all.end()}) != all)
    refuse(name, number, "expected categories in their order, each once");
}

}  // namespace

Index Schema::feature_count() const {
  return std::accumulate(columns.begin(), columns.end(), Index{0},
                         [](Index sum, const Column& column) { return sum + column.feature_count(); });
}

void check_schema(const Schema& schema, const std::string& name) {
  Index features = 0;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < schema.columns.size(); ++i) {
    const Column& column = schema.columns[i];
    check_column(column, i, name);
    features += std::ssize(column.categories);
    bytes += column.name.size();
    for (const auto& category : column.categories) bytes += category.size();
  }
  if (features == 0) throw DataError(fmt::format("{}: columns: expected one of categories at least, found none", name));
  const Index most = std::max(features, std::ssize(schema.columns));
  if (most > kMostCategoricalFeatures || bytes > kMostCategoryText)
    throw DataError(fmt::format(
        "{}: columns: expected at most {} columns beside as many categories, and names of {} bytes, found {} of {}",
        name, kMostCategoricalFeatures, kMostCategoryText, most, bytes));
}

}  // namespace dbn
