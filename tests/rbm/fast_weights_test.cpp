#include <dbn/rbm/fast_weights.hpp>

#include <gtest/gtest.h>

#include "../support/tiny_rbm.hpp"

namespace dbn {
namespace {

TEST(FastWeights, AreNothingAtFirst) {
  const Rbm rbm = test::tiny_rbm("bernoulli", "bernoulli");
  FastWeights fast(rbm, 0.5, 0.75);
  EXPECT_TRUE(fast.driver().weights == rbm.weights);
  EXPECT_TRUE(fast.driver().visible_bias == rbm.visible_bias);
  EXPECT_TRUE(fast.driver().hidden_bias == rbm.hidden_bias);
}

// Tile by tile, and biases too; the numbers are exact in binary.
TEST(FastWeights, DescendAndFade) {
  Rbm rbm = test::tiny_rbm("bernoulli", "bernoulli", 2, 2);
  rbm.weights.setZero();
  FastWeights fast(rbm, 0.5, 0.75);
  for (int update = 0; update < 2; ++update) {
    fast.learn(0, 0, Matrix::Ones(2, 1));
    fast.learn(0, 1, Matrix::Constant(2, 1, 2));
    fast.learn(1, 0, Matrix::Ones(2, 1));
    fast.learn(2, 0, Matrix::Ones(2, 1));
  }
  Matrix expected(2, 2);
  expected << -0.875, -1.75, -0.875, -1.75;
  EXPECT_TRUE(fast.driver().weights == expected);
  EXPECT_TRUE(fast.driver().visible_bias == (rbm.visible_bias.array() - Scalar{0.875}).matrix());
  EXPECT_TRUE(fast.driver().hidden_bias == (rbm.hidden_bias.array() - Scalar{0.875}).matrix());
}

TEST(FastWeights, StateIsAllParameters) {
  const Rbm rbm = test::tiny_rbm("bernoulli", "bernoulli");
  FastWeights fast(rbm, 0.5, 0.75);
  const TensorList state = fast.state();
  ASSERT_EQ(state.size(), 3u);
  EXPECT_EQ(state[0].values.size(), rbm.weights.size());
}

}  // namespace
}  // namespace dbn
