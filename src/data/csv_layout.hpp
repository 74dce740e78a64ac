#pragma once
// What the first two lines of a table say about the rest: separator, number of columns, header, place of the labels.

#include <string>
#include <string_view>

#include <dbn/core/types.hpp>
#include <dbn/data/format.hpp>

namespace dbn::detail {

inline constexpr Index kNoColumn = -1;

struct CsvLayout {
  char separator = ',';
  Index columns = 0;
  Index label = kNoColumn;  ///< column of the labels, from 0
  bool header = false;      ///< line 1 holds names

  Index features() const { return columns - (label == kNoColumn ? 0 : 1); }
};

/// Whether a label field holds an integer from 0, however it is written.
bool is_label_integer(std::string_view field);

/// Throws DataError when the table has no case, or no column such as `options.label_column` asks for.
CsvLayout csv_layout(std::string_view text, const std::string& name, const ReadOptions& options);

}  // namespace dbn::detail
