#pragma once
// How well a net gives back its own inputs.

#include <optional>

#include <dbn/core/types.hpp>
#include <dbn/data/case_source.hpp>
#include <dbn/nn/loss.hpp>
#include <dbn/nn/mlp.hpp>

namespace dbn {

/// Results over a set of cases, in the units of scaled features.
struct ReconstructionEvaluation {
  Index cases = 0;
  double squared_error = 0;  ///< mean over cases of the squared error summed over features
  double unexplained =
      0;  ///< that in percent of what the cases' own mean leaves, 100 when they do not vary and it errs
  /// Of probabilities: mean over cases of the sum over features, nats; none when a feature is no probability.
  std::optional<double> cross_entropy = {};
};

/// Evaluates a net whose outputs stand for its inputs. Throws InvalidArgument when shapes do not fit or there is no
/// case.
ReconstructionEvaluation evaluate_reconstruction(const Mlp& net, const CaseSource& cases, const Loss& loss);

/// Throws DataError, naming the case, when a feature does not lie where the loss expects what it is trained on.
void check_inputs(const PreparedCases& cases, const Loss& loss);

}  // namespace dbn
