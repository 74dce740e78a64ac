#pragma once
// Pretraining that takes a moment: 300 digits, two small layers, three epochs.

#include <dbn/pretrain/pretrain.hpp>

#include "digits.hpp"

namespace dbn::test {

inline const PreparedCases& training() {
  static const PreparedCases cases = digits(Purpose::synthetic_training, 300);
  return cases;
}

inline PretrainOptions small_pretraining() {
  PretrainOptions options;
  options.layers = {30, 20};
  options.epochs = {3};
  return options;
}

}  // namespace dbn::test
