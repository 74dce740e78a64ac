#pragma once
// NumPy's array file, version 1.0 (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html): what
// numpy.load() reads.

#include <string>

#include <dbn/core/types.hpp>

namespace dbn {

/// What stands before the numbers of cases (units x cases): magic, version, length and a dictionary, a multiple of 64
/// bytes in all. The array is (cases, units) in C order, little-endian numbers of Scalar's size: a case is a row there
/// and a column here, so that the bytes are the same.
std::string npy_header(Index units, Index cases);

/// Writes cases (units x cases) as such a file, atomically and without a copy of them. Throws IoError.
void write_npy(const std::string& path, const ConstMatrixRef& cases);

}  // namespace dbn
