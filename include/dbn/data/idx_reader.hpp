#pragma once
// IDX, the format of MNIST: 00 00 type rank, big-endian dimensions, big-endian elements, exact size.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <dbn/data/dataset.hpp>
#include <dbn/data/format.hpp>

namespace dbn {

/// True for bytes that start like an IDX header: two zeros, a known type, a rank from 1 to 4.
bool is_idx(std::span<const std::uint8_t> bytes);

/// Cases from an IDX array of rank 2 to 4; the first dimension counts cases. Type 08 stays bytes; 09 0B 0C 0D 0E become
/// scalars. No labels. Throws DataError for a wrong magic, type or rank, a zero or overflowing dimension, or a size
/// that is not exactly what the header promises.
Dataset read_idx(std::span<const std::uint8_t> bytes, const std::string& name, const ReadOptions& options);

/// The same cases, which stay in their file. Reads all of those that may not be finite, and none of the others.
std::optional<Dataset> open_idx(const std::shared_ptr<const StoredFile>& file);

/// Targets from an IDX array of any type, of rank 1 or (cases x targets), as a dataset without features. Throws
/// DataError like read_idx.
Dataset read_idx_targets(std::span<const std::uint8_t> bytes, const std::string& name);

/// The elements of an IDX array of rank 1 of an integer type, as texts. Throws DataError like read_idx.
std::vector<std::string> read_idx_labels(std::span<const std::uint8_t> bytes, const std::string& name);

}  // namespace dbn
