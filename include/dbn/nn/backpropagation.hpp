#pragma once
// Gradients of an Mlp on batches, with buffers that are made once.

#include <span>
#include <vector>

#include <dbn/core/tensor.hpp>
#include <dbn/core/types.hpp>
#include <dbn/nn/mlp.hpp>

namespace dbn {

/// Forward and backward passes over batches of at most `batch` cases.
class Backpropagation {
 public:
  /// The net outlives this; only its parameters may change meanwhile.
  Backpropagation(const Mlp& net, Index batch);

  /// Mean softmax cross-entropy (nats per case) of a batch (features x cases) with one label a case. Hands the gradient
  /// of that mean to `sink`; tensors count as in Mlp::tensors(). The gradient of a layer is complete before a sink's
  /// change of its weights could reach a lower layer.
  double gradient(const ConstMatrixRef& batch, std::span<const int> labels, GradientSink sink);

 private:
  void backward_through(std::size_t layer);
  void backward(const ConstMatrixRef& batch, GradientSink sink);

  const Mlp& net_;
  std::vector<Matrix> outputs_;     ///< of each layer; of the last one scores
  std::vector<Matrix> deltas_;      ///< gradient with respect to each layer's total input
  std::vector<Vector> delta_sums_;  ///< over the batch: the gradients of the biases
  Index cases_ = 0;
};

/// Bytes that a Backpropagation through a net of these sizes takes, with the tiles of its gradients.
double backpropagation_memory(const std::vector<Index>& sizes, Index batch);

}  // namespace dbn
