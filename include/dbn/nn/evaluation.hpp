#pragma once
// How good a classifier is on cases with labels.

#include <array>
#include <functional>
#include <optional>
#include <vector>

#include <dbn/core/types.hpp>
#include <dbn/data/case_source.hpp>
#include <dbn/nn/loss.hpp>
#include <dbn/nn/mlp.hpp>

namespace dbn {

/// Results over the labelled cases of a set.
struct Evaluation {
  Index cases = 0;
  double error = 0;                            ///< wrong cases, percent
  std::array<double, 2> error_interval{0, 0};  ///< 95 % interval of Wilson 1927, percent
  double cross_entropy = 0;                    ///< mean of -log p(label), nats
  double calibration_error = 0;                ///< expected calibration error over 15 bins, percent [Guo et al. 2017]
  std::vector<std::vector<Index>> confusion;   ///< counts; row: true class, column: predicted class
  std::vector<Index> wrong;                    ///< which cases are wrong, in order

  /// The class that every case was predicted as, though the cases are of several; none when predictions differ.
  std::optional<Index> only_prediction() const;
};

/// Evaluates on the cases that have a label. Throws InvalidArgument when shapes do not fit or no case has a label.
Evaluation evaluate(const Mlp& net, const PreparedCases& cases);

/// Bytes that the evaluation of a net of these sizes takes beside the net.
double evaluation_memory(const std::vector<Index>& sizes);

/// Calls visit(first, scores) for runs of consecutive cases, in order, without holding more than one.
void for_each_scores(const Mlp& net, const CaseSource& cases,
                     const std::function<void(Index first, const Matrix& scores)>& visit);

/// The same with what a net trained by this loss predicts: probabilities or values.
void for_each_prediction(const Mlp& net, const CaseSource& cases, const Loss& loss,
                         const std::function<void(Index first, const Matrix& predictions)>& visit);

/// 95 % interval of Wilson [1927] for `wrong` of `cases`, percent; also of another rate, as that of runs that fail.
/// Throws InvalidArgument for no cases and for fewer than 0 or more than all wrong.
std::array<double, 2> wilson_interval(Index wrong, Index cases);

}  // namespace dbn
