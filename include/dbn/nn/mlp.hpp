#pragma once
// A multi-layer perceptron: parameters and exact maths. Learning lives in backpropagation and fine_tune.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <dbn/core/tensor.hpp>
#include <dbn/core/types.hpp>
#include <dbn/nn/activation.hpp>
#include <dbn/nn/initializer.hpp>

namespace dbn {

/// out = f(weights' in + bias).
struct DenseLayer {
  Matrix weights;  ///< (fan_in x fan_out)
  Vector bias;     ///< fan_out
  const Activation* activation = nullptr;

  Index fan_in() const { return weights.rows(); }
  Index fan_out() const { return weights.cols(); }
  /// Writes f(weights' in + bias) to `out` (fan_out x cases); bias and activation are applied tile by tile.
  void forward_into(const ConstMatrixRef& in, MatrixRef out) const;
};

/// Layers in order; the last one is linear and its outputs are scores.
struct Mlp {
  std::vector<DenseLayer> layers;

  Index feature_count() const { return layers.front().fan_in(); }
  Index output_count() const { return layers.back().fan_out(); }

  /// Scores (outputs x cases) of a batch (features x cases). Throws InvalidArgument when shapes do not fit.
  Matrix scores(const ConstMatrixRef& batch) const;
  /// Class probabilities: the softmax of the scores.
  Matrix probabilities(const ConstMatrixRef& batch) const;

  /// Views of all parameters: weights and bias of layer 0, of layer 1, ... by the keys of torch.nn.Sequential(Linear,
  /// activation, Linear, ...), where every second module is a Linear: 0.weight, 0.bias, 2.weight, ...
  TensorList tensors();
};

/// Outputs of the last of these layers (fan_out x cases) for a batch (fan_in of the first x cases), each one's inputs
/// being the outputs of the one before. Throws InvalidArgument when shapes do not fit.
Matrix pass_through(std::span<const DenseLayer> layers, const ConstMatrixRef& batch);

/// Features, hidden layers, outputs.
std::vector<Index> sizes_of(const Mlp& net);

/// Weights and biases of a net of the given sizes; a double, because no size may overflow it.
double parameter_count(const std::vector<Index>& sizes);

/// A net of the given sizes (features, hidden..., outputs): hidden layers with `activation` and weights from
/// `initializer`, biases 0 where the initializer says nothing else, the output layer linear. Layer i draws from the
/// stream of layer i. The output layer's initializer is `options.output`; when that is empty, `xavier`, or the hidden
/// layers' where it is meant for whole nets. Gain, scale and connections hold for the layers of `initializer`, an
/// output layer of the same one among them; He's gain is the activation's for leaky-relu. A start that needs data is
/// left to fit_start (lsuv.hpp). Throws InvalidArgument for unknown names or sizes below 1.
Mlp make_mlp(const std::vector<Index>& sizes, const std::string& activation, const std::string& initializer,
             std::uint64_t seed, const InitializerOptions& options = {});

}  // namespace dbn
