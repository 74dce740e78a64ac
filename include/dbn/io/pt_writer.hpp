#pragma once
// A state dictionary of PyTorch: what torch.load(file, weights_only=True) reads. dbn never reads one, because a pickle
// is a program.

#include <string>
#include <vector>

#include <dbn/io/file.hpp>
#include <dbn/io/safetensors.hpp>

namespace dbn {

/// The bytes of an archive of PyTorch's format 3 (since 1.6): a pickled OrderedDict of these tensors in this order, and
/// their numbers, one file each. Throws InvalidArgument for bytes that do not fit dtype and shape, or a name there
/// twice; IoError when libzip fails.
ByteBuffer encode_pt(const std::vector<TensorView>& tensors);

/// Writes such a file, atomically. Throws what encode_pt throws, or IoError.
void write_pt(const std::string& path, const std::vector<TensorView>& tensors);

}  // namespace dbn
