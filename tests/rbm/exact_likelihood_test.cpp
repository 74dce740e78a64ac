#include <dbn/rbm/exact_likelihood.hpp>

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/core/math.hpp>

#include "../support/finite_difference.hpp"
#include "../support/tiny_rbm.hpp"

namespace dbn {
namespace {

using test::all_states;
using test::naive_energy;
using test::naive_joint;
using test::tiny_cases;
using test::tiny_rbm;

// Total inputs carry some ten roundings of Scalar; everything after them is in double.
constexpr double kTolerance = 32 * static_cast<double>(std::numeric_limits<Scalar>::epsilon());

TEST(ExactLikelihood, LogPartitionSumsAll128States) {
  const Rbm wide = tiny_rbm("bernoulli", "bernoulli", 4, 3);
  const Rbm tall = tiny_rbm("bernoulli", "bernoulli", 3, 4);
  EXPECT_NEAR(exact_log_partition(wide), std::log(naive_joint(wide).sum()), kTolerance * 10);
  EXPECT_NEAR(exact_log_partition(tall), std::log(naive_joint(tall).sum()), kTolerance * 10);
}

// Without weights and biases every state counts 1: 12 units are four blocks of states.
TEST(ExactLikelihood, LogPartitionOfManyBlocksCountsEveryState) {
  Rbm rbm = tiny_rbm("bernoulli", "bernoulli", 12, 13, 0);
  rbm.visible_bias.setZero();
  rbm.hidden_bias.setZero();
  EXPECT_NEAR(exact_log_partition(rbm), 25 * std::log(2), 1e-10);
}

TEST(ExactLikelihood, LogPartitionOfUncoupledLayersIsTheSumOfTheirUnits) {
  const Rbm rbm = tiny_rbm("bernoulli", "bernoulli", 12, 13, 0);
  double expected = 0;
  for (const Scalar bias : rbm.visible_bias) expected += softplus(static_cast<double>(bias));
  for (const Scalar bias : rbm.hidden_bias) expected += softplus(static_cast<double>(bias));
  EXPECT_NEAR(exact_log_partition(rbm), expected, kTolerance * expected);
}

// Sums over hidden states and integrates over two visible units numerically: with a step of 1/4 the trapezoid rule is
// exact to e^{-2 pi^2 16}, and the grid ends ten deviations beyond every conditional mean. A hundred thousand terms of
// one sign add at most 1e5 roundings of double.
TEST(ExactLikelihood, GaussianLogPartitionIsTheIntegral) {
  const Rbm rbm = tiny_rbm("gaussian", "bernoulli", 2, 3);
  const Matrix hidden = all_states(3);
  constexpr int kPoints = 121;
  const auto grid = [](int i) { return static_cast<Scalar>(0.25 * (i - kPoints / 2)); };
  double sum = 0;
  for (int i = 0; i < kPoints; ++i)
    for (int j = 0; j < kPoints; ++j) {
      const Vector visible = (Vector(2) << grid(i), grid(j)).finished();
      for (Index h = 0; h < hidden.cols(); ++h) sum += std::exp(-naive_energy(rbm, visible, hidden.col(h)));
    }
  const double expected = std::log(sum * 0.25 * 0.25);
  EXPECT_NEAR(exact_log_partition(rbm), expected, kTolerance * (1 + expected) + 3e-11);
}

// log Z = log sum_h e^{b'h + |a + W h|^2 / 2} + n/2 log 2 pi, completing the square by hand.
TEST(ExactLikelihood, GaussianLogPartitionIsTheClosedForm) {
  const Rbm rbm = tiny_rbm("gaussian", "bernoulli", 5, 4);
  const Eigen::MatrixXd hidden = all_states(4).cast<double>();
  const Eigen::MatrixXd means =
      rbm.weights.cast<double>().lazyProduct(hidden).colwise() + Eigen::VectorXd(rbm.visible_bias.cast<double>());
  const Eigen::VectorXd exponents =
      hidden.transpose() * rbm.hidden_bias.cast<double>() + 0.5 * means.colwise().squaredNorm().transpose();
  const double expected = log_sum_exp(exponents) + 2.5 * std::log(2 * std::numbers::pi);
  EXPECT_NEAR(exact_log_partition(rbm), expected, kTolerance * (1 + expected));
}

TEST(ExactLikelihood, LogPartitionIsTheSameWithLayersExchanged) {
  const Rbm rbm = tiny_rbm("gaussian", "bernoulli", 6, 4);
  const Rbm exchanged{rbm.hidden, rbm.visible, rbm.weights.transpose(), rbm.hidden_bias, rbm.visible_bias};
  EXPECT_NEAR(exact_log_partition(exchanged), exact_log_partition(rbm), kTolerance * 10);
}

TEST(ExactLikelihood, IsTheLogOfTheMarginal) {
  const Rbm rbm = tiny_rbm("bernoulli", "bernoulli");
  const Eigen::MatrixXd joint = naive_joint(rbm);
  const Matrix states = all_states(4);
  double total = 0;
  for (Index v = 0; v < states.cols(); ++v) {
    const double log_p = exact_log_likelihood(rbm, states.col(v));
    EXPECT_NEAR(log_p, std::log(joint.row(v).sum() / joint.sum()), kTolerance * 10);
    total += std::exp(log_p);
  }
  EXPECT_NEAR(total, 1, kTolerance * 10);
}

TEST(ExactLikelihood, IsTheMeanOverCases) {
  const Rbm rbm = tiny_rbm("bernoulli", "bernoulli");
  const Matrix states = all_states(4);
  const double first = exact_log_likelihood(rbm, states.col(3));
  const double second = exact_log_likelihood(rbm, states.col(12));
  Matrix cases(4, 3);
  cases << states.col(3), states.col(12), states.col(12);
  EXPECT_NEAR(exact_log_likelihood(rbm, cases), (first + 2 * second) / 3, kTolerance);
}

/// Every hidden type over binary visible units.
class ExactGradient : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(All, ExactGradient, testing::ValuesIn(unit_type_names()),
                         [](const auto& test) { return test.param; });

TEST_P(ExactGradient, IsTheSlopeOfTheLikelihood) {
  Rbm rbm = tiny_rbm("bernoulli", GetParam());
  const Matrix cases = tiny_cases(*rbm.visible);
  test::expect_gradient_is_slope(
      rbm.tensors(), [&] { return -exact_log_likelihood(rbm, cases); },
      [&](GradientSink sink) { exact_gradient(rbm, cases, sink); });
}

// 11 units are two blocks of states.
TEST(ExactLikelihood, GradientAddsTheBlocksOfStates) {
  Rbm rbm = tiny_rbm("bernoulli", "bernoulli", 11, 2, 0.3);
  const Matrix cases = tiny_cases(*rbm.visible, 11);
  test::expect_gradient_is_slope(
      rbm.tensors(), [&] { return -exact_log_likelihood(rbm, cases); },
      [&](GradientSink sink) { exact_gradient(rbm, cases, sink); });
}

TEST(ExactLikelihood, RefusesWhatCannotBeSummed) {
  EXPECT_THROW(exact_log_partition(tiny_rbm("gaussian", "gaussian")), InvalidArgument);
  EXPECT_THROW(exact_log_partition(tiny_rbm("bernoulli", "bernoulli", 26, 26)), InvalidArgument);
  EXPECT_THROW(exact_log_partition(tiny_rbm("bernoulli", "gaussian", 26, 3)), InvalidArgument);
  const auto ignore = [](std::size_t, Index, const ConstMatrixRef&) {};
  EXPECT_THROW(exact_gradient(tiny_rbm("bernoulli", "bernoulli", 21, 3), Matrix::Zero(21, 1), ignore), InvalidArgument);
  EXPECT_THROW(exact_gradient(tiny_rbm("gaussian", "bernoulli"), Matrix::Zero(4, 1), ignore), InvalidArgument);
  EXPECT_THROW(exact_log_likelihood(tiny_rbm("bernoulli", "bernoulli"), Matrix::Zero(5, 1)), InvalidArgument);
}

}  // namespace
}  // namespace dbn
