#include <dbn/nn/loss.hpp>

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

namespace dbn {
namespace {

constexpr double kEpsilon = std::numeric_limits<Scalar>::epsilon();

Matrix one_hot(Index classes, std::initializer_list<Index> labels) {
  Matrix targets = Matrix::Zero(classes, static_cast<Index>(labels.size()));
  Index c = 0;
  for (const Index label : labels) targets(label, c++) = 1;
  return targets;
}

TEST(SoftmaxCrossEntropy, ValueAndGradientOfAWorkedExample) {
  Matrix scores(3, 2);
  scores << Scalar(1), Scalar(0), Scalar(2), Scalar(0), Scalar(3), Scalar(0);
  const double z = std::exp(1.0) + std::exp(2.0) + std::exp(3.0);
  const double value = loss("softmax").value_and_gradient(scores, one_hot(3, {2, 0}));
  EXPECT_NEAR(value, std::log(z) - 3 + std::log(3.0), 1e-6);
  EXPECT_NEAR(scores(0, 0), std::exp(1.0) / z, 1e-6);
  EXPECT_NEAR(scores(2, 0), std::exp(3.0) / z - 1, 1e-6);
  EXPECT_NEAR(scores(0, 1), 1.0 / 3 - 1, 1e-6);
  // Each case's gradient sums to zero: probabilities to 1, the one-hot target to 1.
  for (Index c = 0; c < 2; ++c) EXPECT_NEAR(scores.col(c).sum(), 0, 4 * kEpsilon);
}

// A case of weight w is w cases.
TEST(SoftmaxCrossEntropy, TargetsCarryTheWeightOfTheirCase) {
  Matrix scores(3, 1), once(3, 1);
  scores << Scalar(1), Scalar(2), Scalar(3);
  once = scores;
  Matrix targets(3, 1);
  targets << Scalar(0.1), Scalar(0.2), Scalar(0.7);
  const double value = loss("softmax").value_and_gradient(once, targets);
  EXPECT_NEAR(loss("softmax").value_and_gradient(scores, 3 * targets), 3 * value, 30 * kEpsilon);
  EXPECT_TRUE(scores.isApprox(3 * once, 16 * static_cast<Scalar>(kEpsilon)));
}

// Seen elsewhere: softmax without max-subtraction, so that e^1000 overflows. Without the log-sum-exp form log(0) would
// be infinite too.
TEST(SoftmaxCrossEntropy, HugeScoresStayFinite) {
  Matrix scores(2, 2);
  scores << Scalar(1000), Scalar(-1000), Scalar(-1000), Scalar(1000);
  EXPECT_DOUBLE_EQ(loss("softmax").value_and_gradient(scores, one_hot(2, {1, 1})), 2000);
  EXPECT_EQ(scores(0, 0), Scalar(1));
  EXPECT_EQ(scores(1, 0), Scalar(-1));
  EXPECT_EQ(scores(1, 1), Scalar(0));
}

TEST(SquaredError, IsHalfTheSquaredDistance) {
  Matrix scores(2, 2), targets(2, 2);
  scores << Scalar(1), Scalar(2), Scalar(3), Scalar(4);
  targets << Scalar(0), Scalar(2), Scalar(5), Scalar(1);
  EXPECT_DOUBLE_EQ(loss("squared-error").value_and_gradient(scores, targets), (1 + 0 + 4 + 9) / 2.0);
  Matrix gradient(2, 2);
  gradient << Scalar(1), Scalar(0), Scalar(-2), Scalar(3);
  EXPECT_EQ(scores, gradient);
}

TEST(BinaryCrossEntropy, ValueAndGradientOfAWorkedExample) {
  Matrix scores(2, 1), targets(2, 1);
  scores << Scalar(2), Scalar(-1);
  targets << Scalar(1), Scalar(0.25);
  const double p = 1 / (1 + std::exp(-2.0));
  const double q = 1 / (1 + std::exp(1.0));
  EXPECT_NEAR(loss("binary-cross-entropy").value_and_gradient(scores, targets),
              -std::log(p) - 0.25 * std::log(q) - 0.75 * std::log(1 - q), 1e-6);
  EXPECT_NEAR(scores(0, 0), p - 1, 4 * kEpsilon);
  EXPECT_NEAR(scores(1, 0), q - 0.25, 4 * kEpsilon);
}

TEST(BinaryCrossEntropy, HugeScoresStayFinite) {
  Matrix scores(2, 1), targets(2, 1);
  scores << Scalar(1000), Scalar(-1000);
  targets << Scalar(0), Scalar(1);
  EXPECT_DOUBLE_EQ(loss("binary-cross-entropy").value_and_gradient(scores, targets), 2000);
  EXPECT_EQ(scores(0, 0), Scalar(1));
  EXPECT_EQ(scores(1, 0), Scalar(-1));
}

// What a net predicts is where its loss is least: the gradient against the prediction itself vanishes.
TEST(Loss, PredictionIsTheTargetOfLeastLoss) {
  for (const auto& row : losses()) {
    Matrix scores(3, 1);
    scores << Scalar(0.5), Scalar(-1), Scalar(0.25);
    Matrix prediction = scores;
    row.predict(prediction);
    row.value_and_gradient(scores, prediction);
    EXPECT_LE(scores.cwiseAbs().maxCoeff(), 4 * kEpsilon) << row.name;
  }
}

TEST(Loss, UnknownNameIsRefused) { EXPECT_THROW(loss("hinge"), InvalidArgument); }

}  // namespace
}  // namespace dbn
