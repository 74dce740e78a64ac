#pragma once
// The categories of a table's columns: found in it, or known from the training cases.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <dbn/data/format.hpp>
#include <dbn/data/schema.hpp>

#include "csv_layout.hpp"
#include "csv_tokens.hpp"

namespace dbn::detail {

/// How the fields of each column become features.
struct CsvCategories {
  using Codes = std::map<std::string, Index, std::less<>>;

  Schema schema = {};             ///< empty: all are numbers
  std::vector<Codes> codes = {};  ///< of each column of the table, each category's feature; empty of others; none at
                                  ///< all with an empty schema
  std::map<Index, std::string> doubts = {};  ///< by column, what keeps it from being one of categories

  /// Of a column of categories; null of others.
  const Codes* of(Index column) const;
  std::string_view doubt(Index column) const;
};

/// Takes `options.schema`, or goes through the table once when some column may hold categories. Throws DataError for a
/// header that names other columns than the schema, for an empty category and one that is no name, and for more
/// categories than schemas may have.
CsvCategories csv_categories(std::string_view text, const std::string& name, const CsvLayout& layout,
                             const ReadOptions& options);

/// A field's category: its text, where that is an integer in the one spelling 7 for 07 and 7.0 too.
std::string category_text(std::string_view field);

}  // namespace dbn::detail
