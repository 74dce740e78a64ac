#pragma once
// NumPy's archive of arrays, which numpy.load() reads.

#include <string>
#include <vector>

#include <dbn/io/file.hpp>
#include <dbn/io/safetensors.hpp>

namespace dbn {

/// The bytes of an archive that holds each array in C order under its name. Throws InvalidArgument for bytes that do
/// not fit dtype and shape, and as encode_zip() for names.
ByteBuffer encode_npz(const std::vector<TensorView>& arrays);

/// Writes such a file, atomically. Throws what encode_npz throws, or IoError.
void write_npz(const std::string& path, const std::vector<TensorView>& arrays);

}  // namespace dbn
