#include <dbn/nn/loss.hpp>

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

namespace dbn {
namespace {

TEST(SoftmaxCrossEntropy, ValueAndGradientOfAWorkedExample) {
  Matrix scores(3, 2);
  scores << Scalar(1), Scalar(0), Scalar(2), Scalar(0), Scalar(3), Scalar(0);
  const std::vector<int> labels{2, 0};
  const double z = std::exp(1.0) + std::exp(2.0) + std::exp(3.0);
  const double loss = softmax_cross_entropy(scores, labels);
  EXPECT_NEAR(loss, std::log(z) - 3 + std::log(3.0), 1e-6);
  EXPECT_NEAR(scores(0, 0), std::exp(1.0) / z, 1e-6);
  EXPECT_NEAR(scores(2, 0), std::exp(3.0) / z - 1, 1e-6);
  EXPECT_NEAR(scores(0, 1), 1.0 / 3 - 1, 1e-6);
  // Each case's gradient sums to zero: probabilities to 1, the one-hot target to 1.
  for (Index c = 0; c < 2; ++c) EXPECT_NEAR(scores.col(c).sum(), 0, 4 * std::numeric_limits<Scalar>::epsilon());
}

// Seen elsewhere: softmax without max-subtraction, so that e^1000 overflows. Without the log-sum-exp form log(0) would
// be infinite too.
TEST(SoftmaxCrossEntropy, HugeScoresStayFinite) {
  Matrix scores(2, 2);
  scores << Scalar(1000), Scalar(-1000), Scalar(-1000), Scalar(1000);
  const std::vector<int> labels{1, 1};
  EXPECT_DOUBLE_EQ(softmax_cross_entropy(scores, labels), 2000);
  EXPECT_EQ(scores(0, 0), Scalar(1));
  EXPECT_EQ(scores(1, 0), Scalar(-1));
  EXPECT_EQ(scores(1, 1), Scalar(0));
}

}  // namespace
}  // namespace dbn
