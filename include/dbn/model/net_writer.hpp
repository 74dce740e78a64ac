#pragma once
// Exported nets as files of other tools, under the names that torch.nn.Sequential(Linear, activation, Linear, ...)
// gives their tensors: 0.weight [out, in], 0.bias, 2.weight, ...

#include <string>
#include <vector>

#include <dbn/model/net_export.hpp>

namespace dbn {

/// Writes safetensors with those names and nothing else; the metadata say the rest, as JSON: `activations`,
/// `prediction`, `outputs`, `preprocessing`. Throws IoError; InvalidArgument when a number is not finite.
void write_torch(const NetExport& net, const std::string& path);

/// Writes a state dictionary of PyTorch (pt) with those names and nothing else. Throws IoError.
void write_pt(const NetExport& net, const std::string& path);

/// Writes NumPy arrays (npz) with those names and, where data are scaled, `preprocessing.shift` and
/// `preprocessing.factor`, of one number or one a feature; where they are binarized by a threshold, also
/// `preprocessing.threshold`. Throws IoError.
void write_npz(const NetExport& net, const std::string& path);

/// Writes the arrays of write_npz() as text into a folder, NAME.csv each, a line for each output of the layer:
/// numpy.loadtxt(file, delimiter=",") reads it. The folder is made if need be. When a
/// file cannot be written, none is there and older ones stay. Throws as check_csv_folder().
void write_csv_folder(const NetExport& net, const std::string& path, bool overwrite);

/// Throws IoError now if write_csv_folder() could not work later: the path is a file, its files exist and `overwrite`
/// is false, or the folder holds other files, which might be taken for parts of the net.
void check_csv_folder(const NetExport& net, const std::string& path, bool overwrite);

/// The files that write_csv_folder() writes.
std::vector<std::string> csv_paths(const NetExport& net, const std::string& path);

}  // namespace dbn
