// What centering, sparsity and dropout make of an estimator's gradient.

#include <limits>
#include <map>

#include <gtest/gtest.h>

#include <dbn/rbm/contrastive_divergence.hpp>

#include "../support/divergence.hpp"
#include "../support/tiny_rbm.hpp"

namespace dbn {
namespace {

using test::first_gradient;
using test::Gradient;
using test::gradient;
using test::small_batch;
using test::tiny_rbm;
using Options = ContrastiveDivergenceOptions;

constexpr auto kEpsilon = static_cast<double>(std::numeric_limits<Scalar>::epsilon());

/// Plain and changed gradients of the same draws.
struct Changed {
  Gradient plain, changed;
  std::map<std::string, Vector> state;
};
Changed changed_by(const Options& options, const Matrix& batch) {
  Rbm rbm = tiny_rbm("bernoulli", "bernoulli");
  ContrastiveDivergence estimator(rbm, options, batch.cols(), 1, 0);
  Changed result{first_gradient(rbm, {.estimator = options.estimator}, batch), {}, {}};
  result.changed = gradient(rbm, estimator, batch, 0);
  for (const auto& tensor : estimator.state()) result.state[tensor.name] = tensor.values.col(0);
  return result;
}

// A step of the centred machine, whose energy is that of v - m and h - l, and back: the same machine as a step of the
// plain one along the centred gradient. Converted: biases gain W l and W' m.
TEST(Centering, IsAStepOfTheCenteredMachine) {
  const Changed c = changed_by({.centered = true, .offset_rate = 0.5}, small_batch());
  const Vector &m = c.state.at("visible_offset"), &l = c.state.at("hidden_offset");
  const Rbm plain = tiny_rbm("bernoulli", "bernoulli");
  constexpr Scalar kRate{0.25};
  const Matrix weights = plain.weights - kRate * (c.plain[0] - m * c.plain[2].transpose() - c.plain[1] * l.transpose());
  const Vector visible = plain.visible_bias + plain.weights * l - kRate * c.plain[1] - weights * l;
  const Vector hidden =
      plain.hidden_bias + plain.weights.transpose() * m - kRate * c.plain[2] - weights.transpose() * m;
  const auto kTolerance = static_cast<Scalar>(32 * kEpsilon);
  EXPECT_LE((plain.weights - kRate * c.changed[0] - weights).cwiseAbs().maxCoeff(), kTolerance);
  EXPECT_LE((plain.visible_bias - kRate * c.changed[1] - visible).cwiseAbs().maxCoeff(), kTolerance);
  EXPECT_LE((plain.hidden_bias - kRate * c.changed[2] - hidden).cwiseAbs().maxCoeff(), kTolerance);
  EXPECT_GT((c.plain[0] - c.changed[0]).cwiseAbs().maxCoeff(), Scalar(0.01));
}

// Data and their negative are the same to a centred machine: flipping visible units and weights flips the gradient.
TEST(Centering, DoesNotCareWhichStateIsCalledOne) {
  const Options options{.estimator = "mean-field", .centered = true};
  Rbm rbm = tiny_rbm("bernoulli", "bernoulli");
  Rbm flipped = rbm;  // v = 1 - u
  flipped.weights = -rbm.weights;
  flipped.visible_bias = -rbm.visible_bias;
  flipped.hidden_bias = rbm.hidden_bias + rbm.weights.colwise().sum().transpose();
  const Matrix batch = small_batch();
  const Gradient one = first_gradient(rbm, options, batch);
  const Gradient other = first_gradient(flipped, options, Matrix::Ones(4, 4) - batch);
  EXPECT_LE((one[0] + other[0]).cwiseAbs().maxCoeff(), static_cast<Scalar>(32 * kEpsilon));
  EXPECT_LE((one[1] + other[1]).cwiseAbs().maxCoeff(), static_cast<Scalar>(32 * kEpsilon));
}

// The pull cost (q - p) on hidden biases, and times the data's mean on weights.
TEST(Sparsity, PullsTheRunningActivityToItsTarget) {
  const Changed c = changed_by({.sparsity_target = 0.1, .sparsity_cost = 0.5, .sparsity_decay = 0.75}, small_batch());
  const Rbm rbm = tiny_rbm("bernoulli", "bernoulli");
  Matrix hidden(3, 4);
  rbm.hidden_mean_into(small_batch(), hidden);
  const Vector activity = (Scalar(0.75) * Scalar(0.1) + Scalar(0.25) * hidden.rowwise().mean().array()).matrix();
  const Vector pull = Scalar(0.5) * (activity.array() - Scalar(0.1)).matrix();
  const auto kTolerance = static_cast<Scalar>(16 * kEpsilon);
  EXPECT_LE((c.state.at("activity") - activity).cwiseAbs().maxCoeff(), kTolerance);
  EXPECT_LE((c.changed[2] - c.plain[2] - pull).cwiseAbs().maxCoeff(), kTolerance);
  const Matrix expected = small_batch().rowwise().mean() * pull.transpose();
  EXPECT_LE((c.changed[0] - c.plain[0] - expected).cwiseAbs().maxCoeff(), kTolerance);
  EXPECT_TRUE(c.changed[1] == c.plain[1]);
}

// A unit that is out has no part in either phase: the gradient of its weights is 0. Of 400 units a share of 0.5 is out,
// to six standard deviations of 10.
TEST(Dropout, LeavesUnitsOutOfBothPhases) {
  const Rbm rbm = tiny_rbm("bernoulli", "bernoulli", 20, 400);
  const Matrix one_case = test::tiny_cases(*rbm.visible, 20, 1);
  const Gradient g = first_gradient(rbm, {.cd_k = 3, .dropout = 0.5}, one_case);
  Index out = 0;
  for (Index j = 0; j < 400; ++j) {
    const bool no_weights = (g[0].col(j).array() == Scalar{0}).all();
    EXPECT_EQ(no_weights, g[2](j, 0) == Scalar{0});
    out += no_weights;
  }
  EXPECT_NEAR(static_cast<double>(out), 200, 60);
}

}  // namespace
}  // namespace dbn
