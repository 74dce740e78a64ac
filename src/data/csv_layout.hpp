#pragma once
// What the first two lines of a table say about the rest: separator, number of columns, header, place of the labels.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <dbn/core/types.hpp>
#include <dbn/data/format.hpp>

namespace dbn::detail {

inline constexpr Index kFeature = -1;

/// What a column of features may hold.
enum class FieldKind : std::uint8_t {
  number,
  open,     ///< numbers or categories, as its fields say
  category  ///< categories, whatever they look like
};

struct CsvLayout {
  char separator = ',';
  std::vector<Index> label;              ///< of each column: which label it holds, from 0, or kFeature
  std::vector<FieldKind> kind;           ///< of each column; of labels without meaning
  std::vector<std::string> label_names;  ///< one for each label; empty where line 1 has none
  bool numeric = false;                  ///< labels are numbers
  bool header = false;                   ///< line 1 holds names

  Index columns() const { return static_cast<Index>(label.size()); }
  Index labels() const { return static_cast<Index>(label_names.size()); }
  Index features() const { return columns() - labels(); }
};

/// Whether a label field holds an integer from 0, however it is written.
bool is_label_integer(std::string_view field);

/// Throws DataError when the table has no case, no column such as `options` ask for, no feature, or other columns of
/// features than `options.schema`.
CsvLayout csv_layout(std::string_view text, const std::string& name, const ReadOptions& options);

/// The same for a table whose columns are all labels that are numbers.
CsvLayout csv_target_layout(std::string_view text, const std::string& name);

}  // namespace dbn::detail
