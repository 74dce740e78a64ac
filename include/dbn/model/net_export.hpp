#pragma once
// Nets on their way to other tools: a part of a stack or model, as a chain of dense layers.

#include <string>
#include <vector>

#include <dbn/data/preprocessing.hpp>
#include <dbn/model/model_file.hpp>
#include <dbn/model/stack_file.hpp>
#include <dbn/nn/mlp.hpp>

namespace dbn {

/// What of a stack or model is exported.
enum class NetPart {
  full,       ///< all layers; of a stack its deep autoencoder
  encoder,    ///< from data to codes: a stack's way up, an autoencoder's lower half, another net's hidden layers
  decoder,    ///< from codes to data: the upper half of a deep autoencoder
  classifier  ///< all layers of a net that tells classes
};

/// full, encoder, decoder, classifier, in that order.
const std::vector<std::string>& net_part_names();
/// The part of that name; for an empty one what a file is for: classifier, or full for other models.
NetPart net_part(const std::string& name, const ModelFile& file);
/// The same for a stack: its encoder.
NetPart net_part(const std::string& name, const StackFile& file);

/// A chain of layers, each with its activation, and what stands around it.
struct NetExport {
  NetPart part = NetPart::full;
  Mlp net;                           ///< whose last layer is linear in all parts but encoders
  std::string prediction;            ///< row of losses() that makes predictions of its outputs; empty for an encoder
  Preprocessing preprocessing;       ///< that data go through before the first layer; of a decoder none
  std::vector<std::string> outputs;  ///< name of each class or target; none where outputs are codes or features
  bool classes = false;              ///< whether they are those of classes

  /// Activations after each Linear, as nn.Sequential would have them: `linear` is an nn.Identity there.
  std::vector<std::string> activations() const;
};

/// The part of a model. Throws InvalidArgument, naming --part, for a part that it does not have.
NetExport export_part(const ModelFile& file, NetPart part);
/// The part of a stack. Throws InvalidArgument for its classifier, and as unroll_autoencoder().
NetExport export_part(const StackFile& file, NetPart part);

/// Puts shift and factor into the first layer, which then takes data as they are: (x - shift) * factor times W is x
/// times diag(factor) W, less a constant. Exact but for rounding. Throws InvalidArgument when data are binarized, which
/// no layer does.
void fold_scaling(NetExport& net);

}  // namespace dbn
