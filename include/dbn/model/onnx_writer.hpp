#pragma once
// Exported nets as ONNX (https://onnx.ai), for the many tools that only run a net: whatever turns raw data into
// predictions is in the graph.

#include <string>

#include <dbn/model/net_export.hpp>

namespace dbn {

/// Whether this build can write ONNX: it needs libonnx-dev and libprotobuf-dev when it is configured.
bool writes_onnx();

/// Writes a graph of operator set 13 from `features` (any number of cases, features) in the data's own units: scaling
/// and threshold, the layers, and what makes predictions of scores. Its output is `probabilities`, `values` or, of an
/// encoder, `codes`; the model's metadata say `classes` or `targets` as a JSON list. Throws InvalidArgument for data
/// that are binarized by draws, for more than 2 GiB, and in a build that cannot; IoError.
void write_onnx(const NetExport& net, const std::string& path);

}  // namespace dbn
