#pragma once
// Numbers of cases as a table with a row each, written batch by batch.

#include <string>
#include <string_view>
#include <variant>

#include <dbn/core/function_ref.hpp>
#include <dbn/core/types.hpp>
#include <dbn/io/npy.hpp>

#include "text_output.hpp"

/// "c1,c2,...": names for so many columns.
std::string numbered_columns(std::string_view letter, dbn::Index count);

/// A .npy file where the path ends so, else CSV with every digit; an empty path means stdout. A file appears by
/// commit() or not at all. Whatever fails is a dbn::IoError.
class NumberTable {
 public:
  /// For cases of so many units. `header` is the first line of CSV, without its end.
  NumberTable(const std::string& path, const std::string& header, dbn::Index units, dbn::Index cases);

  /// The next cases (units x any number).
  void append(const dbn::ConstMatrixRef& numbers);
  /// In CSV row_end(c) stands behind the numbers of column c.
  void append(const dbn::ConstMatrixRef& numbers, dbn::FunctionRef<std::string(dbn::Index)> row_end);
  void commit();

 private:
  std::variant<dbn::NpyWriter, TextOutput> target_;
};

/// Bytes that the text of a batch takes, for a table of so many columns and cases at this path.
double table_memory(const std::string& path, dbn::Index columns, dbn::Index cases);
