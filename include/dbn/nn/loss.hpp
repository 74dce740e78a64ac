#pragma once
// The table of losses: what training minimises. To add one: a row in losses().

#include <string>
#include <string_view>
#include <vector>

#include <dbn/core/types.hpp>

namespace dbn {

/// One loss of scores (outputs x cases) against targets of the same shape.
struct Loss {
  std::string name;
  std::string source;
  /// Returns the sum over cases and turns `scores` into its gradient.
  double (*value_and_gradient)(MatrixRef scores, const ConstMatrixRef& targets);
  /// Scores become what the net predicts: probabilities or values.
  void (*predict)(MatrixRef scores);
  bool probabilities;  ///< predictions and targets lie in [0, 1]
};

/// softmax: cross-entropy -sum_k t_k log p_k in nats, where p is the softmax of the scores and t >= 0 sums to what the
/// case weighs (one-hot, or smoothed, or weighted by class); squared-error: half the sum of (score - t)^2;
/// binary-cross-entropy: of each output's logistic p, -t log p - (1 - t) log(1 - p) in nats, summed, with t in [0, 1].
const std::vector<Loss>& losses();
const Loss& loss(std::string_view name);
std::vector<std::string> loss_names();

}  // namespace dbn
