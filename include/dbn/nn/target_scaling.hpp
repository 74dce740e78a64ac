#pragma once
// Targets of a regression brought to one scale for training, and nets brought back to the targets' own.

#include <dbn/core/types.hpp>
#include <dbn/data/case_source.hpp>
#include <dbn/nn/loss.hpp>
#include <dbn/nn/mlp.hpp>

namespace dbn {

/// A target t is learnt as (t - mean) / deviation, so that targets of any units weigh alike.
struct TargetScaling {
  Vector mean;       ///< of each target
  Vector deviation;  ///< standard deviation of each; 1 for a constant one, which is only shifted

  /// Targets (targets x cases) become what is learnt.
  void apply(MatrixRef targets) const;
  /// What a net learnt to predict becomes targets.
  void undo(MatrixRef predictions) const;
};

/// Fitted to training cases; mean 0 and deviation 1 when the loss is of probabilities, which have their scale. Throws
/// InvalidArgument for cases without targets, DataError for targets outside [0, 1] when these are probabilities.
TargetScaling fit_target_scaling(const PreparedCases& training, const Loss& loss);

/// Changes the output layer of a net that predicts what is learnt so that it predicts targets. Throws InvalidArgument
/// when it has not one output for each of them.
void fold_target_scaling(Mlp& net, const TargetScaling& scaling);

/// The inverse: a net that predicts targets starts to learn again.
void unfold_target_scaling(Mlp& net, const TargetScaling& scaling);

/// Throws InvalidArgument when cases have not as many targets as a net has outputs, DataError when one does not lie
/// where the loss expects it.
void check_targets(const PreparedCases& cases, Index outputs, const Loss& loss);

}  // namespace dbn
