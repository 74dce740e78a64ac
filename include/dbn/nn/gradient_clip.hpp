#pragma once
// Gradients no longer than asked for [Pascanu, Mikolov & Bengio 2013].

#include <vector>

#include <dbn/core/tensor.hpp>
#include <dbn/core/types.hpp>
#include <dbn/nn/optimizer.hpp>

namespace dbn {

/// Holds a whole gradient back until its length is known, and hands it on scaled down where it is longer than asked
/// for.
class GradientClip {
 public:
  GradientClip(const std::vector<Parameter>& parameters, double longest);

  /// The objective's value; `sink` receives its gradient times min(1, longest / length), the length taken over all
  /// parameters as in torch.nn.utils.clip_grad_norm_.
  double pass(Objective objective, GradientSink sink);

 private:
  double longest_;
  std::vector<Matrix> gradient_;
};

}  // namespace dbn
