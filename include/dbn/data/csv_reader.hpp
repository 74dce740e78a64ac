#pragma once
// CSV and TSV: one case a line, numbers by std::from_chars with the whole field consumed, errors with line and column.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <dbn/data/dataset.hpp>
#include <dbn/data/format.hpp>

namespace dbn {

/// True for bytes that look like text: no NUL, valid UTF-8.
bool is_text(std::span<const std::uint8_t> bytes);

/// Cases from comma-, semicolon- or tab-separated text. The first line is a header when one of its feature fields is a
/// name (neither a number nor a spoilt one such as nan or 1e999) above a number, when its label field is a name above
/// an integer, or when a column is asked for by name; names above nothing but categories are one when `options.schema`
/// names a column so, and without a schema unless the line looks like a case: one of them comes again in its column, or
/// a fraction stands beside them. A byte-order mark, CRLF and empty lines at the end are accepted.
///
/// A column of features that `options.categorical` asks for, or by auto one that holds names alone, becomes a group of
/// features, one for each of its categories, 1 for the case's own and 0 for others; the dataset has a schema then. By
/// `options.schema`, categories are those of the training cases. When all features are integers 0..255 they become
/// bytes. Labels come from `options.label_column`: integers from 0 in any spelling, or class names; with
/// `options.numeric_labels` targets, any finite numbers.
///
/// Throws DataError, with line and column, for ragged rows, more than 2^20 columns, empty files, unbalanced quotes,
/// fields that are not finite decimal numbers (nan, inf, hex, 1,5, 1e999), categories that are empty, unknown, no names
/// or too many, columns that are not those of the schema, labels such as -1 and 2.5, NUL, UTF-16, CR without LF.
Dataset read_csv(std::span<const std::uint8_t> bytes, const std::string& name, const ReadOptions& options);

/// Targets from a table that holds nothing else, as a dataset without features. Throws DataError like read_csv.
Dataset read_csv_targets(std::span<const std::uint8_t> bytes, const std::string& name);

/// The fields of a text with one column, as labels; header dropped when it is the only line that is no integer.
std::vector<std::string> read_csv_labels(std::span<const std::uint8_t> bytes, const std::string& name);

}  // namespace dbn
