#include <dbn/rbm/exact_likelihood.hpp>

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/core/math.hpp>

#include "../support/finite_difference.hpp"
#include "../support/thread_count.hpp"
#include "../support/tiny_rbm.hpp"

namespace dbn {
namespace {

using test::all_states;
using test::GradientStore;
using test::naive_energy;
using test::naive_joint;
using test::tiny_cases;
using test::tiny_rbm;

// Total inputs carry some ten roundings of Scalar; everything after them is in double.
constexpr double kTolerance = 32 * static_cast<double>(std::numeric_limits<Scalar>::epsilon());

constexpr const char* kMixed = "gaussian-learned:0-1,softmax:2-4,bernoulli:5-";
constexpr const char* kMixedStates = "softmax:0-2,bipolar:3-";

TEST(ExactLikelihood, LogPartitionSumsAll128States) {
  const Rbm wide = tiny_rbm("bernoulli", "bernoulli", 4, 3);
  const Rbm tall = tiny_rbm("bernoulli", "bernoulli", 3, 4);
  EXPECT_NEAR(exact_log_partition(wide), std::log(naive_joint(wide).sum()), kTolerance * 10);
  EXPECT_NEAR(exact_log_partition(tall), std::log(naive_joint(tall).sum()), kTolerance * 10);
}

// Over either layer: five units of one make the other the smaller one.
TEST(ExactLikelihood, LogPartitionSumsStatesOfEveryKind) {
  for (const char* visible : {"bernoulli", "bipolar", "softmax", kMixedStates})
    for (const char* hidden : {"bernoulli", "bipolar", "softmax"})
      for (const auto& [visible_count, hidden_count] : {std::pair<Index, Index>{4, 5}, {5, 2}}) {
        const Rbm rbm = tiny_rbm(visible, hidden, visible_count, hidden_count);
        EXPECT_NEAR(exact_log_partition(rbm), std::log(naive_joint(rbm).sum()), kTolerance * 20)
            << visible << " x " << hidden << ", " << visible_count << " x " << hidden_count;
      }
}

// Without weights and biases every state counts 1: 12 units are four blocks of states.
TEST(ExactLikelihood, LogPartitionOfManyBlocksCountsEveryState) {
  Rbm rbm = tiny_rbm("bernoulli", "bernoulli", 12, 13, 0);
  rbm.visible_bias.setZero();
  rbm.hidden_bias.setZero();
  EXPECT_NEAR(exact_log_partition(rbm), 25 * std::log(2), 1e-10);
}

// A block of 1024 and one of 476.
TEST(ExactLikelihood, LogPartitionOfAPartialBlockCountsEveryState) {
  Rbm rbm = tiny_rbm("softmax", "gaussian", 1500, 2, 0);
  rbm.visible_bias.setZero();
  rbm.hidden_bias.setZero();
  EXPECT_NEAR(exact_log_partition(rbm), std::log(1500) + std::log(2 * std::numbers::pi), 1e-10);
}

TEST(ExactLikelihood, LogPartitionOfUncoupledLayersIsTheSumOfTheirUnits) {
  const Rbm rbm = tiny_rbm("bernoulli", "bernoulli", 12, 13, 0);
  double expected = 0;
  for (const Scalar bias : rbm.visible_bias) expected += softplus(static_cast<double>(bias));
  for (const Scalar bias : rbm.hidden_bias) expected += softplus(static_cast<double>(bias));
  EXPECT_NEAR(exact_log_partition(rbm), expected, kTolerance * expected);
}

// Sums over states and integrates over two visible units numerically: with a step of 1/4 the trapezoid rule is exact to
// e^{-2 pi^2 16 v}, and the grid ends ten deviations beyond every conditional mean. Variances v are near 1: learned
// ones lie from 0.6 to 1.7. A million terms of one sign add at most 1e6 roundings of double.
TEST(ExactLikelihood, GaussianLogPartitionIsTheIntegral) {
  constexpr int kPoints = 121;
  const auto grid = [](int i) { return static_cast<Scalar>(0.25 * (i - kPoints / 2)); };
  for (const auto& [visible, units] : {std::pair<const char*, Index>{"gaussian", 2},
                                       {"gaussian-learned", 2},
                                       {"gaussian-learned:0-1,softmax:2-4", 5}}) {
    SCOPED_TRACE(visible);
    const Rbm rbm = tiny_rbm(visible, "bernoulli", units, 3);
    ASSERT_TRUE(rbm.visible_log_variance.size() == 0 || rbm.visible_log_variance.cwiseAbs().maxCoeff() < Scalar(0.7));
    const Matrix hidden = all_states(3);
    const Matrix others = units > 2 ? all_states(*unit_type("softmax"), units - 2) : Matrix(0, 1);
    double sum = 0;
    Vector v(units);
    for (int i = 0; i < kPoints; ++i)
      for (int j = 0; j < kPoints; ++j)
        for (Index s = 0; s < others.cols(); ++s) {
          v << grid(i), grid(j), others.col(s);
          for (Index h = 0; h < hidden.cols(); ++h) sum += std::exp(-naive_energy(rbm, v, hidden.col(h)));
        }
    const double expected = std::log(sum * 0.25 * 0.25);
    EXPECT_NEAR(exact_log_partition(rbm), expected, kTolerance * (1 + std::abs(expected)) + 1e-9);
  }
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

// By definition, where hidden units have no energy to sum over.
TEST(ExactLikelihood, OfNoisyRectifiedUnitsIsNormalisedToo) {
  const Rbm rbm = tiny_rbm("bernoulli", "relu", 5, 2);
  const Matrix states = all_states(5);
  double total = 0;
  for (Index v = 0; v < states.cols(); ++v) total += std::exp(exact_log_likelihood(rbm, states.col(v)));
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

TEST(ExactLikelihood, HiddenFreeEnergyIsTheLogOfTheSummedStates) {
  const Rbm rbm = tiny_rbm(kMixedStates, "bipolar", 5, 3);
  const Matrix hidden = all_states(*rbm.hidden, 3);
  const Eigen::MatrixXd joint = naive_joint(rbm);
  const Eigen::VectorXd free_energy = hidden_free_energy(rbm, hidden);
  for (Index h = 0; h < hidden.cols(); ++h)
    EXPECT_NEAR(free_energy[h], -std::log(joint.col(h).sum()), kTolerance * (1 + std::abs(free_energy[h])));
}

/// Every pair of unit types one of whose layers can be enumerated.
struct Pair {
  std::string visible, hidden;
};
class ExactGradient : public testing::TestWithParam<Pair> {};

std::vector<Pair> pairs() {
  std::vector<Pair> all;
  for (const char* visible : {"bernoulli", "bipolar", "softmax", "gaussian", "gaussian-learned", kMixed, kMixedStates})
    for (const char* hidden : {"bernoulli", "bipolar", "softmax", "gaussian", "relu", "relu6"})
      if (std::isfinite(exact_state_count(tiny_rbm(visible, hidden, 7, 3)))) all.push_back({visible, hidden});
  return all;
}

INSTANTIATE_TEST_SUITE_P(All, ExactGradient, testing::ValuesIn(pairs()), [](const auto& test) {
  return test::parameter_name(test.param.visible + "_" + test.param.hidden);
});

// Seven times six of them, less those of three visible types that are real and three hidden ones that are not
// enumerable.
TEST(ExactLikelihood, SumsEveryPairOfTypesThatHasAFiniteLayer) { EXPECT_EQ(pairs().size(), 7U * 6 - 3 * 3); }

TEST_P(ExactGradient, IsTheSlopeOfTheLikelihood) {
  const bool mixed = GetParam().visible == kMixed;
  Rbm rbm = tiny_rbm(GetParam().visible, GetParam().hidden, mixed ? 7 : 4, 3, 0.5);
  const Matrix cases = tiny_cases(*rbm.visible, rbm.visible_count());
  TensorList tensors = rbm.tensors();
  // Log variances of units that do not learn them are no parameters: in a mixed layer the first two are.
  const Index variances = mixed ? 2 : rbm.visible_log_variance.size();
  if (variances > 0) {
    tensors.pop_back();
    tensors.push_back({"visible_log_variance", Eigen::Map<Matrix>(rbm.visible_log_variance.data(), variances, 1)});
  }
  test::expect_gradient_is_slope(
      tensors, [&] { return -exact_log_likelihood(rbm, cases); },
      [&](GradientSink sink) {
        exact_gradient(rbm, cases, [&](std::size_t tensor, Index first, const ConstMatrixRef& gradient) {
          if (tensor < 3) return sink(tensor, first, gradient);
          EXPECT_TRUE(gradient.bottomRows(gradient.rows() - variances).isZero(0));
          sink(tensor, first, gradient.topRows(variances));
        });
      });
}

// 11 units are two blocks of states, of the visible layer or the hidden one. Every block adds to every slope, so that
// the slopes of two parameters suffice.
TEST(ExactLikelihood, GradientAddsTheBlocksOfStates) {
  for (const auto& [visible, hidden] : {std::pair<Index, Index>{11, 12}, {12, 11}}) {
    Rbm rbm = tiny_rbm("bernoulli", "bernoulli", visible, hidden, 0.3);
    const Matrix cases = tiny_cases(*rbm.visible, visible);
    const TensorList few{{"hidden_bias", Eigen::Map<Matrix>(rbm.hidden_bias.data(), 2, 1)}};
    test::expect_gradient_is_slope(
        few, [&] { return -exact_log_likelihood(rbm, cases); },
        [&](GradientSink sink) {
          exact_gradient(rbm, cases, [&](std::size_t tensor, Index first, const ConstMatrixRef& gradient) {
            if (tensor == 2) sink(0, first, gradient.topRows(2));
          });
        });
  }
}

// 12 units are four blocks of states, which threads share.
TEST(ExactLikelihood, HasTheSameBitsWithAnyNumberOfThreads) {
  Rbm rbm = tiny_rbm("bernoulli", "bipolar", 12, 14, 0.3);
  const Matrix cases = tiny_cases(*rbm.visible, 12, 5);
  const auto all = [&](int threads) {
    const test::ThreadCount guard(threads);
    GradientStore store(rbm.tensors());
    exact_gradient(rbm, cases, store);
    return std::pair(exact_log_partition(rbm), store.gradients());
  };
  const auto expected = all(1);
  for (const int threads : {2, 3, 7}) EXPECT_TRUE(all(threads) == expected) << threads;
}

TEST(ExactLikelihood, CountsTheStatesOfTheSmallerLayer) {
  EXPECT_EQ(exact_state_count(tiny_rbm("bernoulli", "bernoulli", 4, 3)), 8);
  EXPECT_EQ(exact_state_count(tiny_rbm("softmax", "bipolar", 4, 3)), 4);
  EXPECT_EQ(exact_state_count(tiny_rbm("bernoulli", "relu", 6, 3)), 64);
  EXPECT_EQ(exact_state_count(tiny_rbm("gaussian", "bernoulli", 2, 5)), 32);
  for (const auto& [visible, hidden] :
       {std::pair{"gaussian", "gaussian"}, {"gaussian", "relu"}, {"replicated-softmax", "bernoulli"}})
    EXPECT_TRUE(std::isinf(exact_state_count(tiny_rbm(visible, hidden)))) << visible << " x " << hidden;
}

TEST(ExactLikelihood, RefusesWhatCannotBeSummed) {
  const auto log_z = [](const char* visible, const char* hidden, Index visible_count, Index hidden_count) {
    return exact_log_partition(tiny_rbm(visible, hidden, visible_count, hidden_count));
  };
  EXPECT_THROW(log_z("gaussian", "gaussian", 4, 3), InvalidArgument);
  EXPECT_THROW(log_z("gaussian", "relu", 4, 3), InvalidArgument);
  EXPECT_THROW(log_z("bernoulli", "bernoulli", 26, 26), InvalidArgument);
  EXPECT_THROW(log_z("bernoulli", "gaussian", 26, 3), InvalidArgument);
  EXPECT_THROW(log_z("bernoulli", "bernoulli", 1100, 1100), InvalidArgument) << "2^1100 is no double";
  EXPECT_THAT([&] { log_z("replicated-softmax", "bernoulli", 4, 3); },
              testing::ThrowsMessage<InvalidArgument>(testing::HasSubstr("how long a document is")));
  const auto ignore = [](std::size_t, Index, const ConstMatrixRef&) {};
  EXPECT_THROW(exact_gradient(tiny_rbm("bernoulli", "bernoulli", 21, 21), Matrix::Zero(21, 1), ignore),
               InvalidArgument);
  EXPECT_THROW(exact_gradient(tiny_rbm("gaussian", "gaussian"), Matrix::Zero(4, 1), ignore), InvalidArgument);
  EXPECT_THROW(exact_gradient(tiny_rbm("bernoulli", "bernoulli"), Matrix(4, 0), ignore), InvalidArgument);
  EXPECT_THROW(exact_log_likelihood(tiny_rbm("bernoulli", "bernoulli"), Matrix::Zero(5, 1)), InvalidArgument);
  EXPECT_THROW(exact_log_likelihood(tiny_rbm("bernoulli", "bernoulli"), Matrix(4, 0)), InvalidArgument);
  EXPECT_THROW(hidden_free_energy(tiny_rbm("bernoulli", "relu"), Matrix::Zero(3, 1)), InvalidArgument);
  EXPECT_THROW(hidden_free_energy(tiny_rbm("replicated-softmax", "bernoulli"), Matrix::Zero(3, 1)), InvalidArgument);
}

}  // namespace
}  // namespace dbn
