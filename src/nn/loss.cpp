#include <dbn/nn/loss.hpp>

#include <cmath>

#include <dbn/core/math.hpp>
#include <dbn/core/table.hpp>

namespace dbn {
namespace {

double softmax_cross_entropy(MatrixRef scores, const ConstMatrixRef& targets) {
  double loss = 0;
  for (Index c = 0; c < scores.cols(); ++c) {
    const auto largest = static_cast<double>(scores.col(c).maxCoeff());
    double sum = 0;
    double weight = 0;
    double target_score = 0;
    for (Index r = 0; r < scores.rows(); ++r) {
      const auto score = static_cast<double>(scores(r, c));
      const auto target = static_cast<double>(targets(r, c));
      sum += std::exp(score - largest);
      weight += target;
      target_score += target * score;
    }
    // From the scores, not from log(p): a probability that rounds to 0 still has a finite cost.
    loss += weight * (largest + std::log(sum)) - target_score;
  }
  softmax_in_place(scores);
  for (Index c = 0; c < scores.cols(); ++c) scores.col(c) *= targets.col(c).sum();
  scores -= targets;
  return loss;
}

double squared_error(MatrixRef scores, const ConstMatrixRef& targets) {
  scores -= targets;
  double loss = 0;
  for (Index c = 0; c < scores.cols(); ++c) loss += scores.col(c).cast<double>().squaredNorm();
  return loss / 2;
}

// -t log p - (1 - t) log(1 - p) = softplus(score) - t score, finite for any score.
double binary_cross_entropy(MatrixRef scores, const ConstMatrixRef& targets) {
  double loss = softplus_sum(scores);
  for (Index c = 0; c < scores.cols(); ++c)
    loss -= targets.col(c).cast<double>().cwiseProduct(scores.col(c).cast<double>()).sum();
  logistic_in_place(scores);
  scores -= targets;
  return loss;
}

void keep(MatrixRef) {}

}  // namespace

const std::vector<Loss>& losses() {
  static const std::vector<Loss> table{
      {"softmax", "Bridle 1990", &softmax_cross_entropy, &softmax_in_place, true},
      {"squared-error", "least squares", &squared_error, &keep, false},
      {"binary-cross-entropy", "each output a logistic regression", &binary_cross_entropy, &logistic_in_place, true},
  };
  return table;
}

const Loss& loss(std::string_view name) { return row_named(losses(), name, "loss"); }

std::vector<std::string> loss_names() { return row_names(losses()); }

}  // namespace dbn
