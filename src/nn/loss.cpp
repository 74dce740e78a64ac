#include <dbn/nn/loss.hpp>

#include <cmath>

#include <dbn/core/math.hpp>

namespace dbn {

double softmax_cross_entropy(MatrixRef scores, std::span<const int> labels) {
  double loss = 0;
  for (Index c = 0; c < scores.cols(); ++c) {
    const int label = labels[static_cast<std::size_t>(c)];
    const auto largest = static_cast<double>(scores.col(c).maxCoeff());
    double sum = 0;
    for (Index r = 0; r < scores.rows(); ++r) sum += std::exp(static_cast<double>(scores(r, c)) - largest);
    // From the scores, not from log(p): a probability that rounds to 0 still has a finite cost.
    loss += largest + std::log(sum) - static_cast<double>(scores(label, c));
  }
  softmax_in_place(scores);
  for (Index c = 0; c < scores.cols(); ++c) scores(labels[static_cast<std::size_t>(c)], c) -= Scalar{1};
  return loss;
}

}  // namespace dbn
