#include <dbn/rbm/gibbs.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/core/math.hpp>

#include "../support/statistics.hpp"
#include "../support/thread_count.hpp"
#include "../support/tiny_rbm.hpp"

namespace dbn {
namespace {

using test::all_states;
using test::naive_joint;
using test::tiny_rbm;

constexpr Index kChains = 20000;

GibbsOptions options(Index count, Index steps, bool states = true, Index first = 0) {
  return {.count = count, .steps = steps, .states = states, .first = first};
}

/// Probabilities of the 16 visible states of the binary 4 x 3 RBM after some Gibbs steps, by summing over all hidden
/// states: a row vector times a matrix of transitions.
class ExactChain {
 public:
  explicit ExactChain(const Rbm& rbm) : joint_(naive_joint(rbm)) {
    const Eigen::MatrixXd up = joint_.array().colwise() / joint_.rowwise().sum().array();
    const Eigen::MatrixXd down = joint_.array().rowwise() / joint_.colwise().sum().array();
    transitions_ = up * down.transpose();
  }

  Eigen::VectorXd after(Eigen::VectorXd start, Index steps) const {
    for (Index step = 0; step < steps; ++step) start = (transitions_.transpose() * start).eval();
    return start;
  }
  Eigen::VectorXd marginal() const { return joint_.rowwise().sum() / joint_.sum(); }

 private:
  Eigen::MatrixXd joint_, transitions_;
};

Eigen::VectorXd from_biases(const Rbm& rbm) {
  const Eigen::VectorXd weights =
      (all_states(4).cast<double>().transpose() * rbm.visible_bias.cast<double>()).array().exp();
  return weights / weights.sum();
}

void expect_distribution(const Matrix& draws, const Eigen::VectorXd& expected) {
  std::vector<double> found(16, 0), wanted(16);
  for (Index c = 0; c < draws.cols(); ++c) {
    Index number = 0;
    for (Index i = 0; i < 4; ++i) {
      ASSERT_TRUE(draws(i, c) == 0 || draws(i, c) == 1);
      number += draws(i, c) == 1 ? Index{1} << i : 0;
    }
    ++found[static_cast<std::size_t>(number)];
  }
  for (Index v = 0; v < 16; ++v) {
    wanted[static_cast<std::size_t>(v)] = static_cast<double>(draws.cols()) * expected[v];
    ASSERT_GE(wanted[static_cast<std::size_t>(v)], 5);
  }
  EXPECT_LT(test::chi_square(found, wanted), test::chi_square_bound(15));
}

TEST(Gibbs, StatesFollowTheExactMarginal) {
  const Rbm rbm = tiny_rbm("bernoulli", "bernoulli");
  const ExactChain chain(rbm);
  constexpr Index kSteps = 20;
  // What is left of the start moves the statistic by 20000 times a square of this.
  ASSERT_LT((chain.after(from_biases(rbm), kSteps) - chain.marginal()).cwiseAbs().maxCoeff(), 1e-6);
  expect_distribution(sample(rbm, options(kChains, kSteps), 1), chain.marginal());
}

// Every step is one step: neither fewer nor more, and each with draws of its own.
TEST(Gibbs, AFewStepsFollowTheChainsOwnLaw) {
  const Rbm rbm = tiny_rbm("bernoulli", "bernoulli");
  const ExactChain chain(rbm);
  for (const Index steps : {1, 2}) {
    expect_distribution(sample(rbm, options(kChains, steps), 2), chain.after(from_biases(rbm), steps));
    const Matrix start = all_states(4).col(6).replicate(1, kChains);
    expect_distribution(sample(rbm, options(kChains, steps), 3, &start),
                        chain.after(Eigen::VectorXd::Unit(16, 6), steps));
  }
}

// The same chains, but for the last draw: each column is what one of the eight hidden states expects.
TEST(Gibbs, MeansAreThoseOfTheLastHiddenStates) {
  const Rbm rbm = tiny_rbm("bernoulli", "bernoulli");
  Matrix conditional(4, 8);
  rbm.visible_mean_into(all_states(3), conditional);
  const Matrix means = sample(rbm, options(200, 5, false), 4);
  // Inputs of four products of numbers near 1: a few roundings, whichever way a tile adds.
  constexpr Scalar kRounding = 16 * std::numeric_limits<Scalar>::epsilon();
  std::vector<int> seen(8, 0);
  for (Index c = 0; c < means.cols(); ++c) {
    Index nearest = 0;
    (conditional.colwise() - means.col(c)).colwise().squaredNorm().minCoeff(&nearest);
    EXPECT_LE((conditional.col(nearest) - means.col(c)).cwiseAbs().maxCoeff(), kRounding);
    ++seen[static_cast<std::size_t>(nearest)];
  }
  EXPECT_GE(std::count_if(seen.begin(), seen.end(), [](int n) { return n > 0; }), 4) << "chains are alike";
}

// One unit v ~ N(a + w h, s2) and one h: p(h = 1) = logistic(b + ((a + w)^2 - a^2) / 2 s2), in closed form.
TEST(Gibbs, HiddenUnitsAreDrivenByStatisticsWhereVariancesAreLearned) {
  Rbm rbm = make_rbm("gaussian-learned", "bernoulli", 1, 1, Stream(1, Purpose::initial_weights));
  const double a = 0.5, w = 2, b = -0.3, s2 = 4;
  rbm.weights.setConstant(static_cast<Scalar>(w));
  rbm.visible_bias.setConstant(static_cast<Scalar>(a));
  rbm.hidden_bias.setConstant(static_cast<Scalar>(b));
  rbm.visible_log_variance.setConstant(static_cast<Scalar>(std::log(s2)));
  const double p = logistic(b + ((a + w) * (a + w) - a * a) / (2 * s2));
  const double variance = s2 + w * w * p * (1 - p);
  const Eigen::ArrayXd v = sample(rbm, options(kChains, 30), 5).row(0).transpose().cast<double>();
  const auto n = static_cast<double>(kChains);
  EXPECT_NEAR(v.mean(), a + w * p, 5 * std::sqrt(variance / n)) << "five standard errors";
  // The fourth moment of such a mixture is below that of a normal, 3 variance^2: its squares deviate by less.
  EXPECT_NEAR((v - v.mean()).square().mean(), variance, 5 * variance * std::sqrt(2 / n));
}

TEST(Gibbs, AreTheSameBitsWithAnyNumberOfThreads) {
  for (const char* visible : {"bernoulli", "gaussian", "gaussian:0-99,softmax:100-300,bernoulli:301-"}) {
    const Rbm rbm = tiny_rbm(visible, "bernoulli", 600, 300, 0.1);
    std::vector<Matrix> draws;
    for (const int threads : {1, 2, 3}) {
      const test::ThreadCount guard(threads);
      draws.push_back(sample(rbm, options(270, 3, false), 6));
    }
    EXPECT_TRUE(draws[0] == draws[1]) << visible;
    EXPECT_TRUE(draws[0] == draws[2]) << visible;
  }
}

TEST(Gibbs, AChainIsTheSameInWhicheverPartItIsDrawn) {
  const Rbm rbm = tiny_rbm("bernoulli", "bernoulli", 40, 30);
  constexpr Index kAll = 2 * kChainBlock + 50;
  const Matrix all = sample(rbm, options(kAll, 4, false), 7);
  EXPECT_TRUE(sample(rbm, options(kChainBlock, 4, false), 7) == all.leftCols(kChainBlock));
  EXPECT_TRUE(sample(rbm, options(kAll - kChainBlock, 4, false, kChainBlock), 7) == all.rightCols(kAll - kChainBlock));
  EXPECT_FALSE(all.leftCols(50) == all.middleCols(kChainBlock, 50)) << "blocks repeat each other";
}

// Seen elsewhere: a seed that does not reach the sampler.
TEST(Gibbs, FollowTheSeed) {
  for (const char* hidden : {"bernoulli", "relu", "relu6", "gaussian"}) {
    const Rbm rbm = tiny_rbm("bernoulli", hidden, 20, 5, 0.1);
    const Matrix draws = sample(rbm, options(50, 10), 8);
    EXPECT_TRUE(((draws.array() == 0) || (draws.array() == 1)).all()) << hidden;
    EXPECT_TRUE(draws == sample(rbm, options(50, 10), 8)) << hidden;
    EXPECT_FALSE(draws == sample(rbm, options(50, 10), 9)) << hidden;
  }
}

TEST(Gibbs, MixedLayersGiveValidStates) {
  const Rbm rbm = tiny_rbm("gaussian:0-1,softmax:2-4,softmax:5-6,bernoulli:7-", "bernoulli", 9, 4);
  const Matrix draws = sample(rbm, options(300, 10), 10);
  EXPECT_TRUE(all_finite(draws));
  const Matrix discrete = draws.bottomRows(7);
  EXPECT_TRUE(((discrete.array() == 0) || (discrete.array() == 1)).all());
  for (const auto& [first, count] : {std::pair{2, 3}, {5, 2}}) {
    EXPECT_TRUE((draws.middleRows(first, count).colwise().sum().array() == 1).all()) << "one of a group is on";
    // Seen elsewhere: a softmax unit "sampled" by argmax.
    EXPECT_TRUE((draws.middleRows(first, count).rowwise().sum().array() > 0).all()) << "each is on at times";
  }
  EXPECT_GT((draws.row(0).array() - draws(0, 0)).abs().maxCoeff(), Scalar(0.1));
}

TEST(Gibbs, DocumentsKeepTheirLength) {
  const Rbm rbm = tiny_rbm("replicated-softmax", "bernoulli", 5, 3);
  Matrix start = Matrix::Zero(5, 4);
  start << 3, 0, 1, 10,  //
      0, 0, 1, 0,        //
      0, 1, 1, 0,        //
      2, 0, 1, 0,        //
      0, 0, 1, 7;
  const Matrix draws = sample(rbm, options(4, 6), 11, &start);
  EXPECT_TRUE(draws.colwise().sum() == start.colwise().sum());
  EXPECT_TRUE((draws.array() == draws.array().round() && draws.array() >= 0).all());
  EXPECT_FALSE(draws == start);
  EXPECT_THROW(sample(rbm, options(4, 6), 11), InvalidArgument);
}

TEST(Gibbs, ReconstructionsWithoutStepsAreMeansUpAndDown) {
  const Rbm rbm = tiny_rbm("bernoulli", "bernoulli");
  const Matrix cases = all_states(4);
  EXPECT_TRUE(reconstruct(rbm, cases, 0, 12) == rbm.reconstruct(cases));
}

TEST(Gibbs, ReconstructionsAreChainsFromTheData) {
  const Rbm rbm = tiny_rbm("bernoulli", "bernoulli", 30, 20);
  const Matrix cases = sample(rbm, options(kChainBlock + 40, 2), 13);
  const Matrix before = cases;
  const Matrix whole = reconstruct(rbm, cases, 3, 14);
  EXPECT_TRUE(whole == sample(rbm, options(cases.cols(), 3, false), 14, &cases));
  EXPECT_TRUE(reconstruct(rbm, cases.leftCols(kChainBlock), 3, 14) == whole.leftCols(kChainBlock));
  EXPECT_TRUE(reconstruct(rbm, cases.rightCols(40), 3, 14, kChainBlock) == whole.rightCols(40));
  EXPECT_TRUE(cases == before);
}

// With v' = 3 h and h' = 3 v, a step multiplies by nine: no density holds that.
TEST(Gibbs, ChainsThatGrowBeyondAllNumbersAreAnError) {
  Rbm rbm = make_rbm("gaussian", "gaussian", 1, 1, Stream(1, Purpose::initial_weights));
  rbm.weights.setConstant(3);
  EXPECT_NO_THROW(sample(rbm, options(2, 5), 0));
  EXPECT_THROW(sample(rbm, options(2, 1000), 0), DivergenceError);
}

TEST(Gibbs, RefusesWhatCannotBe) {
  const Rbm rbm = tiny_rbm("bernoulli", "bernoulli");
  const auto refused = [&](const GibbsOptions& wrong, const std::string& reason) {
    EXPECT_THAT([&] { sample(rbm, wrong, 0); }, testing::ThrowsMessage<InvalidArgument>(testing::HasSubstr(reason)));
  };
  refused(options(0, 1), "count");
  refused(options(1, 0), "gibbs");
  refused(options(1, 1, true, 5), "multiple of 256");
  refused(options(1, 1, true, -kChainBlock), "multiple of 256");
  const Matrix start = Matrix::Zero(4, 3);
  EXPECT_THROW(sample(rbm, options(2, 1), 0, &start), InvalidArgument);
  const Matrix narrow = Matrix::Zero(3, 2);
  EXPECT_THROW(sample(rbm, options(2, 1), 0, &narrow), InvalidArgument);
  EXPECT_THROW(reconstruct(rbm, start, -1, 0), InvalidArgument);
}

}  // namespace
}  // namespace dbn
