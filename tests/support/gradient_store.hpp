#pragma once
// Collects the tiles that a GradientSink is handed into whole matrices, and knows whether every column came once.

#include <algorithm>
#include <vector>

#include <dbn/core/tensor.hpp>

namespace dbn::test {

class GradientStore {
 public:
  explicit GradientStore(const TensorList& tensors) {
    for (const auto& tensor : tensors) {
      gradients_.push_back(Matrix::Zero(tensor.values.rows(), tensor.values.cols()));
      arrivals_.emplace_back(tensor.values.cols(), 0);
    }
  }

  // Several threads may call at once: tiles do not overlap, so neither do these writes.
  void operator()(std::size_t tensor, Index first_column, const ConstMatrixRef& gradient) {
    gradients_.at(tensor).middleCols(first_column, gradient.cols()) = gradient;
    for (Index c = 0; c < gradient.cols(); ++c) ++arrivals_[tensor][static_cast<std::size_t>(first_column + c)];
  }

  /// Whether each column of each tensor was delivered exactly once.
  bool complete() const {
    return std::all_of(arrivals_.begin(), arrivals_.end(), [](const std::vector<int>& columns) {
      return std::all_of(columns.begin(), columns.end(), [](int times) { return times == 1; });
    });
  }

  const std::vector<Matrix>& gradients() const { return gradients_; }

 private:
  std::vector<Matrix> gradients_;
  std::vector<std::vector<int>> arrivals_;
};

}  // namespace dbn::test
