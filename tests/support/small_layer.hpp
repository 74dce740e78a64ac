#pragma once
// A small layer of any kind, and what it learns from.

#include <span>
#include <string>

#include <dbn/pretrain/layer_trainer.hpp>

#include "digits.hpp"

namespace dbn::test {

inline PreparedCases hundred_digits() { return digits(Purpose::synthetic_training, 100); }

/// Of 12 units on the 784 features of the digits, for batches of up to 20.
inline LayerOptions small_layer(const std::string& pretrainer) {
  PretrainOptions options;
  options.layers = {12};
  options.pretrainer = {pretrainer};
  options.divergence.estimator = "pcd";
  options.divergence.chains = 10;
  options.batch = 20;
  return layer_options(options, 0, 784);
}

inline Matrix batch(const PreparedCases& cases, std::span<const Index> chosen) {
  Matrix x(cases.feature_count(), static_cast<Index>(chosen.size()));
  cases.gather_into(chosen, x);
  return x;
}

}  // namespace dbn::test
