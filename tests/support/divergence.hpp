#pragma once
// Gradients of estimators, whole.

#include <vector>

#include <gtest/gtest.h>

#include <dbn/rbm/contrastive_divergence.hpp>

#include "gradient_store.hpp"

namespace dbn::test {

using Gradient = std::vector<Matrix>;

inline Gradient gradient(Rbm& rbm, ContrastiveDivergence& estimator, const ConstMatrixRef& batch,
                         std::uint32_t update) {
  GradientStore store(rbm.tensors());
  estimator.gradient(batch, update, store);
  EXPECT_TRUE(store.complete()) << "a tensor's gradient is never, or partly, delivered";
  return store.gradients();
}

inline Gradient first_gradient(Rbm rbm, const ContrastiveDivergenceOptions& options, const Matrix& batch,
                               std::uint64_t seed = 1, std::uint32_t layer = 0, std::uint32_t update = 0) {
  ContrastiveDivergence estimator(rbm, options, batch.cols(), seed, layer);
  return gradient(rbm, estimator, batch, update);
}

/// Four cases of four binary features, one of them twice.
inline Matrix small_batch() {
  Matrix batch(4, 4);
  batch << 1, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0, 1, 1;
  return batch;
}

}  // namespace dbn::test
