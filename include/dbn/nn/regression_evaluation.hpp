#pragma once
// How good a net is at predicting numbers.

#include <optional>
#include <vector>

#include <dbn/core/types.hpp>
#include <dbn/data/case_source.hpp>
#include <dbn/nn/loss.hpp>
#include <dbn/nn/mlp.hpp>
#include <dbn/nn/target_scaling.hpp>

namespace dbn {

/// Results for one target, in its own units.
struct TargetEvaluation {
  /// Share of the target's variance over these cases that is explained, at most 1; of a constant target 1 when every
  /// prediction is exact, else 0, as by scikit-learn's r2_score.
  double r2 = 0;
  double rmse = 0;  ///< root of the mean squared error
  double mean_absolute_error = 0;
};

/// Results over a set of cases.
struct RegressionEvaluation {
  Index cases = 0;
  double r2 = 0;                             ///< mean over targets, as r2_score's uniform average
  double error = 0;                          ///< variance left unexplained, 100 (1 - r2), percent
  double rmse = 0;                           ///< root of the mean squared error over all cases and targets
  double mean_absolute_error = 0;            ///< over all cases and targets
  std::optional<double> cross_entropy = {};  ///< of probabilities: mean over cases of the sum over targets, nats
  std::optional<double> wrong_side = {};  ///< of probabilities: predictions not on their target's side of 1/2, percent
  std::vector<TargetEvaluation> targets = {};
};

/// Evaluates a net that predicts targets, batch by batch. Throws InvalidArgument when shapes do not fit, there is no
/// case, or cases have no targets; DataError for targets that the loss cannot measure.
RegressionEvaluation evaluate_regression(const Mlp& net, const PreparedCases& cases, const Loss& loss);

/// The same for a net that predicts what is learnt, scaled targets.
RegressionEvaluation evaluate_regression(const Mlp& net, const PreparedCases& cases, const Loss& loss,
                                         const TargetScaling& scaling);

}  // namespace dbn
