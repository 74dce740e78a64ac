#pragma once
// Cases, labels and targets from NPY files, as numpy.save() writes them.

#include <cstdint>
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

/// Targets from an array of any type, (cases) or (cases x targets), as a dataset without features. Throws DataError
/// like read_npy.
Dataset read_npy_targets(std::span<const std::uint8_t> bytes, const std::string& name);

/// The elements of an array of rank 1, integers from 0 or truth values, as texts. Throws DataError like read_npy.
std::vector<std::string> read_npy_labels(std::span<const std::uint8_t> bytes, const std::string& name);

}  // namespace dbn
