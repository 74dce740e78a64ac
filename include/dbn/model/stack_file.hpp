#pragma once
// A stack on disk: safetensors with the tensor names and metadata of the documented `dbn-stack` format.

#include <cstdint>
#include <string>
#include <vector>

#include <dbn/data/preprocessing.hpp>
#include <dbn/io/safetensors.hpp>
#include <dbn/pretrain/pretrain.hpp>
#include <dbn/pretrain/stack.hpp>

namespace dbn {

/// What a stack file holds. It has no time, host or path in it: same seed, same bytes.
struct StackFile {
  Stack stack;
  Preprocessing preprocessing;  ///< of the data that the stack was trained on
  std::uint64_t seed = 0;
  std::vector<std::vector<PretrainEpoch>> history;  ///< by layer; seconds are not stored
};

/// Writes atomically. Throws IoError.
void save_stack(const StackFile& file, const std::string& path);

/// Reads all or nothing. Throws IoError, or DataError naming file, place, expected and found: not a stack, unknown
/// version, missing or unknown tensors, shapes that do not fit, unknown units or activations.
StackFile load_stack(const std::string& path);
/// The same of a file that has been read; `path` is for messages.
StackFile load_stack(SafetensorsFile contents, const std::string& path);

}  // namespace dbn
