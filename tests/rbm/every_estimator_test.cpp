// What all estimators owe their callers: bits, state, batches.

#include <algorithm>
#include <map>

#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/rbm/contrastive_divergence.hpp>

#include "../support/divergence.hpp"
#include "../support/thread_count.hpp"
#include "../support/tiny_rbm.hpp"

namespace dbn {
namespace {

using test::first_gradient;
using test::Gradient;
using test::gradient;
using test::GradientStore;
using test::small_batch;
using test::tiny_rbm;
using Options = ContrastiveDivergenceOptions;

class EveryEstimator : public testing::TestWithParam<std::string> {
 protected:
  Options options_{.estimator = GetParam(), .cd_k = 2, .chains = 40, .replicas = 4};
  bool exact() const { return GetParam() == "exact"; }
  bool draws() const { return !exact() && GetParam() != "mean-field"; }
};
INSTANTIATE_TEST_SUITE_P(All, EveryEstimator, testing::ValuesIn(estimator_names()), [](const auto& test) {
  std::string name = test.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

// Chains, fast weights, replicas, offsets, activities: what a checkpoint keeps is all that the next gradient needs.
TEST_P(EveryEstimator, StateIsAllThatMustBeKept) {
  Options options = options_;
  if (!exact()) {
    options.centered = true;
    options.sparsity_target = 0.2;
  }
  Rbm rbm = tiny_rbm("bernoulli", "bernoulli");
  ContrastiveDivergence first(rbm, options, 4, 1, 0);
  gradient(rbm, first, small_batch(), 0);
  std::map<std::string, Matrix> kept;
  for (const auto& tensor : first.state()) kept[tensor.name] = tensor.values;
  const Gradient expected = gradient(rbm, first, small_batch(), 1);
  ContrastiveDivergence second(rbm, options, 4, 1, 0);
  for (auto& tensor : second.state()) {
    EXPECT_FALSE(Matrix(tensor.values) == kept.at(tensor.name)) << tensor.name << " was not moved by the first update";
    tensor.values = kept.at(tensor.name);
  }
  EXPECT_EQ(gradient(rbm, second, small_batch(), 1), expected);
  EXPECT_EQ(estimator(GetParam()).persistent, kept.contains("chains") || kept.contains("replicas"));
}

// Seen elsewhere: the last partial batch padded with zeros, or counted as full.
TEST_P(EveryEstimator, APartialBatchIsAsIfItsBufferWereThatSmall) {
  if (exact()) GTEST_SKIP() << "too many states";
  Rbm rbm = tiny_rbm("bernoulli", "bernoulli", 50, 70);
  const Matrix cases = test::tiny_cases(*rbm.visible, 50, 10);
  ContrastiveDivergence roomy(rbm, options_, 10, 1, 0);
  ContrastiveDivergence tight(rbm, options_, 3, 1, 0);
  EXPECT_EQ(gradient(rbm, roomy, cases.leftCols(3), 0), gradient(rbm, tight, cases.leftCols(3), 0));
  // Fast weights remember what they have seen; nothing else does.
  gradient(rbm, roomy, GetParam() == "fpcd" ? cases.rightCols(3) : cases.leftCols(10), 1);
  gradient(rbm, tight, cases.rightCols(3), 1);
  EXPECT_EQ(gradient(rbm, roomy, cases.leftCols(3), 2), gradient(rbm, tight, cases.leftCols(3), 2));
}

// Seen elsewhere: a visible-bias gradient never written. It is the fantasies' mean less the data's, so that it is
// negative where the data is always on.
TEST_P(EveryEstimator, VisibleBiasIsDrivenTowardsTheData) {
  const Matrix ones = Matrix::Ones(4, 6);
  const Matrix zeros = Matrix::Zero(4, 6);
  EXPECT_LT(first_gradient(tiny_rbm("bernoulli", "bernoulli"), options_, ones)[1].maxCoeff(), 0);
  EXPECT_GT(first_gradient(tiny_rbm("bernoulli", "bernoulli"), options_, zeros)[1].minCoeff(), 0);
}

// Seen elsewhere: the caller's data changed in place.
TEST_P(EveryEstimator, LeavesTheBatchAndTheModelAlone) {
  Rbm rbm = tiny_rbm("gaussian-learned", "bernoulli");
  const Rbm before = rbm;
  Matrix batch = test::tiny_cases(*rbm.visible, 4, 6);
  const Matrix copy = batch;
  ContrastiveDivergence estimator(rbm, options_, 6, 1, 0);
  gradient(rbm, estimator, batch, 0);
  EXPECT_TRUE(batch == copy);
  EXPECT_TRUE(rbm.weights == before.weights && rbm.visible_bias == before.visible_bias);
  EXPECT_TRUE(rbm.hidden_bias == before.hidden_bias);
}

TEST_P(EveryEstimator, HasTheSameBitsWithAnyNumberOfThreads) {
  if (exact()) GTEST_SKIP() << "too many states";
  Rbm rbm = tiny_rbm("bernoulli", "bernoulli", 300, 520, 0.1);
  const Matrix batch = test::tiny_cases(*rbm.visible, 300, 21);
  const auto third_gradient = [&](int threads) {
    const test::ThreadCount guard(threads);
    ContrastiveDivergence estimator(rbm, options_, 21, 1, 0);
    for (std::uint32_t update = 0; update < 2; ++update) gradient(rbm, estimator, batch, update);
    return gradient(rbm, estimator, batch, 2);
  };
  const Gradient expected = third_gradient(1);
  for (const int threads : {2, 3, 7}) EXPECT_EQ(third_gradient(threads), expected) << threads;
}

// Seen elsewhere: a seed that does not reach the sampler.
TEST_P(EveryEstimator, DrawsDependOnSeedLayerAndUpdateOnly) {
  if (!draws()) GTEST_SKIP() << "draws nothing";
  const Rbm rbm = tiny_rbm("bernoulli", "bernoulli", 20, 30);
  const Matrix batch = test::tiny_cases(*rbm.visible, 20, 8);
  const Gradient base = first_gradient(rbm, options_, batch, 1, 0, 0);
  EXPECT_EQ(first_gradient(rbm, options_, batch, 1, 0, 0), base);
  EXPECT_NE(first_gradient(rbm, options_, batch, 2, 0, 0), base);
  EXPECT_NE(first_gradient(rbm, options_, batch, 1, 1, 0), base);
  EXPECT_NE(first_gradient(rbm, options_, batch, 1, 0, 1), base);
}

TEST_P(EveryEstimator, RefusesBatchesThatDoNotFit) {
  Rbm rbm = tiny_rbm("bernoulli", "bernoulli");
  ContrastiveDivergence estimator(rbm, options_, 5, 1, 0);
  GradientStore store(rbm.tensors());
  for (const auto& [rows, cols] : {std::pair<Index, Index>{4, 6}, {4, 0}, {3, 5}})
    EXPECT_THROW(estimator.gradient(Matrix::Zero(rows, cols), 0, store), InvalidArgument) << rows << " x " << cols;
}

}  // namespace
}  // namespace dbn
