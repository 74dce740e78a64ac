#pragma once
// Gradients of an Mlp on batches, with buffers that are made once.

#include <vector>

#include <dbn/core/tensor.hpp>
#include <dbn/core/types.hpp>
#include <dbn/nn/dropout.hpp>
#include <dbn/nn/loss.hpp>
#include <dbn/nn/mlp.hpp>

namespace dbn {

/// What one gradient is computed from.
struct TrainingBatch {
  ConstMatrixRef inputs;   ///< (features x cases)
  ConstMatrixRef targets;  ///< (outputs x cases)
  double weight;           ///< what the sum over cases is divided by: their number, unless they are weighted
  Index update = 0;        ///< which dropout masks are drawn
};

/// Forward and backward passes over batches of at most `batch` cases.
class Backpropagation {
 public:
  /// Net and loss outlive this; only the net's parameters may change meanwhile. Throws InvalidArgument for dropout
  /// rates outside [0, 1).
  Backpropagation(const Mlp& net, Index batch, const Loss& loss, Dropout dropout = {});

  /// Mean loss of a batch. Hands the gradient of that mean to `sink`; tensors count as in Mlp::tensors(). The gradient
  /// of a layer is complete before a sink's change of its weights could reach a lower layer. Layers below `lowest` get
  /// none, and cost nothing on the way down. Throws InvalidArgument for shapes that do not fit.
  double gradient(const TrainingBatch& batch, GradientSink sink, std::size_t lowest = 0);

 private:
  bool drops(std::size_t layer) const { return dropout_.rate(layer) > 0; }
  ConstMatrixRef input(std::size_t layer, const TrainingBatch& batch) const;
  void check(const TrainingBatch& batch) const;
  void forward(const TrainingBatch& batch);
  void drop(std::size_t layer, Index first, const ConstMatrixRef& tile, Index update);
  void backward_through(std::size_t layer);

  const Mlp& net_;
  const Loss& loss_;
  Dropout dropout_;
  std::vector<Matrix> outputs_;     ///< of each layer; of the last one scores
  std::vector<Matrix> totals_;      ///< total inputs, of layers whose slope does not follow from the output
  std::vector<Matrix> deltas_;      ///< gradient with respect to each layer's total input
  std::vector<Vector> delta_sums_;  ///< over the batch: the gradients of the biases
  std::vector<Matrix> masks_;       ///< of each layer's inputs; empty without dropout
  std::vector<Matrix> dropped_;     ///< each layer's inputs times their mask
  Index cases_ = 0;
};

/// Bytes that a Backpropagation through a net of these sizes takes, with the tiles of its gradients; with `dropout` at
/// the inputs of every layer. Total inputs, which few activations need, are not counted.
double backpropagation_memory(const std::vector<Index>& sizes, Index batch, bool dropout = false);

}  // namespace dbn
