#pragma once
// LIBSVM, also known as SVMlight: a case a line, `label index:value index:value ...`, features of 0 left out
// (https://www.csie.ntu.edu.tw/~cjlin/libsvm/).

#include <cstdint>
#include <span>
#include <string>

#include <dbn/data/dataset.hpp>
#include <dbn/data/format.hpp>

namespace dbn {

/// True for text whose first case is a label and index:value pairs.
bool is_libsvm(std::span<const std::uint8_t> bytes);

/// Cases as a dense matrix with as many features as the largest index says, bytes when all values are integers from 0
/// to 255. What stands behind a # and lines without anything are skipped. Labels are class names, whole numbers in any
/// spelling one (+1, 1 and 1.0 are 1); with `options.numeric_labels` targets, one finite number or several between
/// commas; with the label column "none" nothing. Throws DataError, with the line, for a case without a label, several
/// classes of one case, qid, indices that do not rise from 1 or pass 2^31 - 1, values that are not finite decimal
/// numbers, and, before it is allocated, for a matrix that would not fit into memory or that so short a file cannot
/// mean.
Dataset read_libsvm(std::span<const std::uint8_t> bytes, const std::string& name, const ReadOptions& options);

}  // namespace dbn
