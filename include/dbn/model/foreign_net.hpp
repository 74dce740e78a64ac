#pragma once
// Weights that another tool trained, as a net of ours.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <dbn/nn/mlp.hpp>
#include <dbn/nn/task.hpp>

namespace dbn {

/// Whether a file is another tool's: NumPy's npz, or safetensors without a format of dbn's. Only its beginning is read.
/// Throws IoError or DataError for neither.
bool is_foreign_net(const std::string& path);

/// The net of a safetensors or npz file whose tensors are those of torch.nn.Sequential with Linear modules and whatever
/// between them has no parameters: N.weight [out, in] and N.bias [out] for increasing N. Hidden layers get `hidden`,
/// the activation, which such a file does not say; the output layer is linear. Throws IoError; InvalidArgument for an
/// unknown activation; DataError, naming file, tensor, expected and found, for a file of dbn's own, a tensor of another
/// name, a weight without its bias or the reverse, wrong ranks, no elements, layers that do not fit each other, or
/// arrays that memory does not hold. An export of dbn's own does say more, and is held to it: throws DataError when its
/// data were scaled or binarized or its last layer is not linear, InvalidArgument when its activations are not
/// `hidden`.
Mlp load_foreign_net(const std::string& path, const std::string& hidden);
/// The same of a file that has been read; `path` is for messages.
Mlp load_foreign_net(std::span<const std::uint8_t> bytes, const std::string& path, const std::string& hidden);

/// Throws InvalidArgument, naming --classes, unless these can name so many outputs: one each, no two the same, of 1 to
/// 256 bytes of UTF-8 without control characters.
void check_class_names(const std::vector<std::string>& classes, Index outputs);

/// Throws DataError when the net of `path` has not so many outputs, one for each of what the task learns, or is no
/// autoencoder that is to be one.
void check_outputs(const Mlp& net, const Task& task, Index outputs, const std::string& path);

}  // namespace dbn
