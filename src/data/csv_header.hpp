#pragma once
// Whether the first line of a table holds names of columns, or a case.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <dbn/data/schema.hpp>

#include "csv_layout.hpp"

namespace dbn::detail {

/// What the question is about; `second` is empty where there is one line.
struct FirstLine {
  const CsvLayout& layout;
  const std::vector<std::string_view>& first;
  const std::vector<std::string_view>& second;
  std::string_view text;  ///< the table
  const std::string& file;
};

/// A name over features that are numbers makes a header; so does one over labels that are integers in the next line:
/// tables whose features are named 0, 1, 2 ... are common. Labels that are numbers are as features here.
///
/// Names that stand over nothing but categories may be categories themselves. By a schema they are a header when one is
/// the name of its column. Without one they are, unless one of them comes again further down, or a fraction stands
/// beside them.
bool is_header(const FirstLine& line, const std::optional<Schema>& schema);

}  // namespace dbn::detail
