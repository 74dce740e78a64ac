#pragma once
// A stack of pretrained layers, each an RBM or an autoencoder; the layer above sees the codes of the layer below.

#include <utility>
#include <variant>
#include <vector>

#include <dbn/autoencoder/autoencoder.hpp>
#include <dbn/core/tensor.hpp>
#include <dbn/core/types.hpp>
#include <dbn/rbm/rbm.hpp>

namespace dbn {

using StackLayer = std::variant<Rbm, Autoencoder>;

/// Sizes, encoder parameters and tensors of a layer of either kind.
Index visible_count(const StackLayer& layer);
Index hidden_count(const StackLayer& layer);
Matrix encoder_weights(const StackLayer& layer);      ///< (visible x hidden), divided by variances that are learned
const Vector& encoder_bias(const StackLayer& layer);  ///< hidden
/// InvalidArgument for RBMs whose hidden units no net layer computes.
const Activation& encoder_activation(const StackLayer& layer);
TensorList tensors(StackLayer& layer);

/// Codes (hidden x cases) of cases (visible x cases): means of hidden units, never samples.
void encode_into(const StackLayer& layer, const ConstMatrixRef& visible, MatrixRef codes);

Matrix encode(const StackLayer& layer, const ConstMatrixRef& visible);

/// Cases (visible x cases) of codes (hidden x cases): means of visible units. Where they are replicated, their counts
/// are those of `data` (visible x cases), or one a case without any.
Matrix decode(const StackLayer& layer, const ConstMatrixRef& codes, const Matrix* data = nullptr);

/// Between which numbers values lie; infinite where there is no end.
using ValueRange = std::pair<double, double>;
/// Of what a layer sees.
ValueRange visible_range(const StackLayer& layer);

/// Up and down again: the reconstruction (visible x cases) from the codes of `visible`.
Matrix reconstruct(const StackLayer& layer, const ConstMatrixRef& visible);

/// Layers from the data upwards.
struct Stack {
  std::vector<StackLayer> layers;

  Index feature_count() const { return visible_count(layers.front()); }
  Index code_count() const { return hidden_count(layers.back()); }
  /// Sizes of features and of every layer: 784, 500, 500, 2000.
  std::vector<Index> sizes() const;
  /// Throws InvalidArgument unless there is a layer and each layer's codes fit the next.
  void check() const;
};

}  // namespace dbn
