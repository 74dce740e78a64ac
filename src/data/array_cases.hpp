#pragma once
// What an array in an NPY file, or in one of NPZ, is as cases, targets or labels. `name` is for messages.

#include <memory>
#include <string>
#include <vector>

#include <dbn/data/dataset.hpp>
#include <dbn/io/npy_array.hpp>

namespace dbn::detail {

/// Cases from an array of rank 2 to 4, (cases x ...). Throws DataError for another rank and numbers that are not finite
/// as a Scalar.
Dataset array_cases(const NpyArray& array, const std::string& name);

/// The same of an array in C order that stays in its file.
Dataset stored_cases(const NpyLayout& layout, const std::shared_ptr<const StoredFile>& file);

/// Targets (targets x cases) from an array of (cases) or (cases x targets). Throws DataError for another rank.
Matrix array_targets(const NpyArray& array, const std::string& name);

/// Labels from an array of rank 1 of integers from 0. Throws DataError for anything else.
std::vector<std::string> array_labels(const NpyArray& array, const std::string& name);

}  // namespace dbn::detail
