#pragma once
// What the columns of a table mean: a number is one feature, a column of categories a group of features, one of K.

#include <string>
#include <vector>

#include <dbn/core/types.hpp>

namespace dbn {

/// One column of features.
struct Column {
  std::string name;                     ///< empty where the table has no header
  std::vector<std::string> categories;  ///< a feature each, in this order: 1 for the case's own, 0 for others; none:
                                        ///< the column is a number

  bool categorical() const { return !categories.empty(); }
  Index feature_count() const { return categorical() ? std::ssize(categories) : 1; }
  bool operator==(const Column&) const = default;
};

/// The columns of a table in their order, labels left out. Empty for a table of numbers alone, and for data that are no
/// table: each feature is then a number.
struct Schema {
  std::vector<Column> columns = {};

  bool empty() const { return columns.empty(); }
  Index feature_count() const;
  bool operator==(const Schema&) const = default;
};

/// What a schema may hold, so that a few lines of text do not become a matrix without end.
inline constexpr Index kMostCategories = 10'000;               ///< of a column
inline constexpr Index kMostCategoricalFeatures = 100'000;     ///< of all columns; as many columns at most
inline constexpr std::size_t kMostCategoryText = 4 * 1048576;  ///< bytes of all names

/// Throws DataError, which begins with `name`, unless some column is categorical, categories are distinct names in
/// their order (that of integers when all are, else alphabetic), and there are no more of them than allowed.
void check_schema(const Schema& schema, const std::string& name);

}  // namespace dbn
