#pragma once
// A tensor with a name: how parameters and training state are handed to optimizers, model files and checkpoints.

#include <string>
#include <vector>

#include <dbn/core/function_ref.hpp>
#include <dbn/core/types.hpp>

namespace dbn {

/// A named view of somebody's matrix or vector (a vector is a matrix of one column). Its owner outlives it.
struct NamedTensor {
  std::string name;
  Eigen::Map<Matrix> values;
};

inline NamedTensor named(std::string name, Matrix& matrix) {
  return {std::move(name), Eigen::Map<Matrix>(matrix.data(), matrix.rows(), matrix.cols())};
}
inline NamedTensor named(std::string name, Vector& vector) {
  return {std::move(name), Eigen::Map<Matrix>(vector.data(), vector.size(), 1)};
}

/// Whether it holds weights, which costs and limits are meant for, rather than biases.
inline bool is_weight(const NamedTensor& tensor) { return tensor.name.ends_with("weight"); }

using TensorList = std::vector<NamedTensor>;

/// Receives a gradient tile by tile, while each is still in cache: `tensor` counts as the owner's tensor list does,
/// `first_column` is where the tile starts in it. Tiles never overlap; several threads may call at once.
using GradientSink = FunctionRef<void(std::size_t tensor, Index first_column, const ConstMatrixRef& gradient)>;

}  // namespace dbn
