#pragma once
// Text that means a large matrix in a few bytes: whether the matrix is one that the file can mean, and that fits.

#include <string>

#include <dbn/core/types.hpp>

namespace dbn::detail {

/// A matrix that a file is to become.
struct MeantMatrix {
  Index cases = 0;
  Index features = 0;
  std::size_t element_bytes = 1;
  std::string cause;  ///< of its width, for the message: "cases with indices up to 7"
};

/// Throws DataError when it would be larger than a file of so many bytes can mean, or than the memory that is left.
void check_matrix_room(const MeantMatrix& matrix, std::size_t file_bytes, const std::string& name);

}  // namespace dbn::detail
