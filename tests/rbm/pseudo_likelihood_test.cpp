#include <dbn/rbm/pseudo_likelihood.hpp>

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/core/math.hpp>

#include "../support/thread_count.hpp"
#include "../support/tiny_rbm.hpp"

namespace dbn {
namespace {

using test::all_states;
using test::tiny_cases;
using test::tiny_rbm;

// Total inputs carry some ten roundings of Scalar, on four terms.
constexpr double kTolerance = 4 * 32 * static_cast<double>(std::numeric_limits<Scalar>::epsilon());

/// sum_i log p(v_i | others) from the joint distribution of all states; unit i is bit i of the state's number, for both
/// kinds of units.
double by_enumeration(const Rbm& rbm, Index state) {
  const Eigen::VectorXd p = test::naive_joint(rbm).rowwise().sum();
  double sum = 0;
  for (Index i = 0; i < rbm.visible_count(); ++i) {
    const Index flipped = state ^ (Index{1} << i);
    sum += std::log(p[state] / (p[state] + p[flipped]));
  }
  return sum;
}

TEST(PseudoLikelihood, IsTheProductOfTheConditionals) {
  for (const char* visible : {"bernoulli", "bipolar"})
    for (const char* hidden : {"bernoulli", "bipolar", "softmax"}) {
      const Rbm rbm = tiny_rbm(visible, hidden);
      const Matrix states = all_states(*rbm.visible, 4);
      double expected = 0;
      for (Index s = 0; s < states.cols(); ++s) {
        EXPECT_NEAR(log_pseudo_likelihood(rbm, states.col(s)), by_enumeration(rbm, s), kTolerance)
            << visible << " x " << hidden << ", state " << s;
        expected += by_enumeration(rbm, s) / static_cast<double>(states.cols());
      }
      EXPECT_NEAR(log_pseudo_likelihood(rbm, states), expected, kTolerance) << "the mean over cases";
    }
}

// Of units that are on their own it is the likelihood.
TEST(PseudoLikelihood, WithoutWeightsIsTheLikelihood) {
  const Rbm rbm = tiny_rbm("bernoulli", "gaussian", 30, 2, 0);
  const Matrix cases = tiny_cases(*rbm.visible, 30, 20);
  double expected = 0;
  for (Index i = 0; i < 30; ++i) {
    const auto bias = static_cast<double>(rbm.visible_bias[i]);
    expected += static_cast<double>(cases.row(i).mean()) * bias - softplus(bias);
  }
  EXPECT_NEAR(log_pseudo_likelihood(rbm, cases), expected, 8 * kTolerance);
}

// Over 400 seeds the mean is right within five of its standard errors.
TEST(PseudoLikelihood, OfSampledUnitsIsAnEstimateOfIt) {
  const Rbm rbm = tiny_rbm("bernoulli", "bernoulli", 12, 5);
  const Matrix cases = tiny_cases(*rbm.visible, 12, 9);
  const double exact = log_pseudo_likelihood(rbm, cases);
  constexpr Index kSeeds = 400;
  Eigen::ArrayXd found(kSeeds);
  for (Index s = 0; s < kSeeds; ++s)
    found[s] = log_pseudo_likelihood(rbm, cases, {.sampled = 2, .seed = static_cast<std::uint64_t>(s)});
  const double error = std::sqrt((found - found.mean()).square().sum() / double(kSeeds * (kSeeds - 1)));
  EXPECT_NEAR(found.mean(), exact, 5 * error);
  EXPECT_GT(error, 0) << "no unit was drawn";
  EXPECT_LT(error, 0.05 * std::abs(exact));
}

// A grey level is the share of the times that the unit is on, the others being as they are.
TEST(PseudoLikelihood, OfAGreyLevelIsThatOfItsShare) {
  const Rbm rbm = tiny_rbm("bernoulli", "bernoulli", 1, 3);
  const double off = log_pseudo_likelihood(rbm, Matrix::Zero(1, 1));
  const double on = log_pseudo_likelihood(rbm, Matrix::Ones(1, 1));
  EXPECT_NEAR(log_pseudo_likelihood(rbm, Matrix::Constant(1, 1, Scalar{0.25})), 0.75 * off + 0.25 * on, kTolerance);
}

TEST(PseudoLikelihood, BatchesAddUpAndThreadsDoNotMatter) {
  const Rbm rbm = tiny_rbm("bernoulli", "bernoulli", 20, 300, 0.2);
  const Matrix cases = tiny_cases(*rbm.visible, 20, 60);
  const PseudoLikelihoodOptions options{.sampled = 3, .seed = 5};
  const auto found = [&](int threads) {
    const test::ThreadCount guard(threads);
    return log_pseudo_likelihood(rbm, cases, options);
  };
  const double expected = found(1);
  for (const int threads : {2, 3}) EXPECT_EQ(found(threads), expected) << threads;
  const double first = log_pseudo_likelihood(rbm, cases.leftCols(24), options);
  const double rest = log_pseudo_likelihood(rbm, cases.rightCols(36), {.sampled = 3, .seed = 5, .first_case = 24});
  EXPECT_NEAR((24 * first + 36 * rest) / 60, expected, 20 * kTolerance);
  EXPECT_NE(log_pseudo_likelihood(rbm, cases, {.sampled = 3, .seed = 6}), expected);
}

TEST(PseudoLikelihood, RefusesWhatHasNone) {
  const auto of = [](const char* visible, Index rows, Index cases, const PseudoLikelihoodOptions& options = {}) {
    return log_pseudo_likelihood(tiny_rbm(visible, "bernoulli"), Matrix::Zero(rows, cases), options);
  };
  for (const char* visible : {"gaussian", "softmax", "replicated-softmax", "bernoulli:0-1,bipolar:2-"}) {
    EXPECT_FALSE(has_pseudo_likelihood(tiny_rbm(visible, "bernoulli"))) << visible;
    EXPECT_THROW(of(visible, 4, 1), InvalidArgument) << visible;
  }
  EXPECT_NO_THROW(of("bernoulli", 4, 1));
  EXPECT_THROW(of("bernoulli", 5, 1), InvalidArgument);
  EXPECT_THROW(of("bernoulli", 4, 0), InvalidArgument);
  EXPECT_THROW(of("bernoulli", 4, 1, {.sampled = -1}), InvalidArgument);
}

}  // namespace
}  // namespace dbn
