#pragma once
// Cases, labels and targets from NPY files, as numpy.save() writes them.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <dbn/data/dataset.hpp>
#include <dbn/data/format.hpp>

namespace dbn {

/// Cases from an array (cases x features), (cases x height x width) or (cases x height x width x channels), in either
/// order and of any type that parse_npy reads. Types u1 and b1 stay bytes; every other number becomes the nearest
/// Scalar, as the numbers of a CSV file do: of integers a float holds those up to 2^24 exactly. No labels. Throws
/// DataError for another rank, numbers too large for a Scalar, and like parse_npy.
Dataset read_npy(std::span<const std::uint8_t> bytes, const std::string& name, const ReadOptions& options);

/// The same cases, which stay in their file. Reads all of those that may not be finite or no truth values, and none of
/// the others. None for an array in Fortran's order, in which the numbers of a case lie far apart, and for a header of
/// more than 128 KiB.
std::optional<Dataset> open_npy(const std::shared_ptr<const StoredFile>& file);

/// Targets from an array of any type, (cases) or (cases x targets), as a dataset without features. Throws DataError
/// like read_npy.
Dataset read_npy_targets(std::span<const std::uint8_t> bytes, const std::string& name);

/// The elements of an array of rank 1, integers from 0 or truth values, as texts. Throws DataError like read_npy.
std::vector<std::string> read_npy_labels(std::span<const std::uint8_t> bytes, const std::string& name);

}  // namespace dbn
