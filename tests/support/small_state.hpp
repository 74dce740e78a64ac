#pragma once
// A run's state of a few tensors and numbers, for tests of what keeps it.

#include <dbn/core/run_state.hpp>

namespace dbn::test {

/// Holds what the views show; `value` tells states apart.
struct SmallState {
  explicit SmallState(double value)
      : weight(Matrix::Constant(3, 2, static_cast<Scalar>(value))),
        bias(Vector::Constant(2, static_cast<Scalar>(-value))),
        state{.position = {"pretrain", 1, 2, static_cast<Index>(value)},
              .tensors = {named("layers.0.weight", weight), named("layers.0.hidden_bias", bias)},
              .numbers = {{"loop", {value, 1.0 / 3}}, {"history", {}}}} {}
  SmallState(const SmallState&) = delete;
  SmallState& operator=(const SmallState&) = delete;

  Matrix weight;
  Vector bias;
  RunState state;
};

}  // namespace dbn::test
