#include <dbn/pretrain/variational_bound.hpp>

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/core/math.hpp>
#include <dbn/rbm/exact_likelihood.hpp>

#include "../support/thread_count.hpp"
#include "../support/tiny_rbm.hpp"

namespace dbn {
namespace {

using test::all_states;
using test::tiny_cases;
using test::tiny_rbm;
using testing::HasSubstr;

constexpr double kTolerance = 320 * static_cast<double>(std::numeric_limits<Scalar>::epsilon());

const Rbm& rbm_at(const Stack& stack, std::size_t layer) { return std::get<Rbm>(stack.layers[layer]); }

Stack two_layers(const char* visible = "bernoulli") {
  return {{tiny_rbm(visible, "bernoulli", 4, 3), tiny_rbm("bernoulli", "bernoulli", 3, 5)}};
}

/// What the bound is made of for one case, by visiting every h of the layer between two RBMs: log p(v, h) and q(h | v).
struct Between {
  Eigen::VectorXd log_joint, q;

  Between(const Stack& stack, const Vector& v) {
    const Rbm &lower = rbm_at(stack, 0), &top = rbm_at(stack, 1);
    const Matrix hidden = all_states(*lower.hidden, lower.hidden_count());
    const Eigen::MatrixXd above = test::naive_joint(top);
    log_joint.resize(hidden.cols());
    q.resize(hidden.cols());
    for (Index h = 0; h < hidden.cols(); ++h) {
      const double log_pair = -test::naive_energy(lower, v, hidden.col(h));
      // p(v | h) is e^{-E(v, h)} over the sum or integral of it over v.
      log_joint[h] =
          log_pair + hidden_free_energy(lower, hidden.col(h))[0] + std::log(above.row(h).sum() / above.sum());
      q[h] = log_pair;
    }
    q = (q.array() - log_sum_exp(q)).exp().matrix().eval();
  }

  double log_likelihood() const { return log_sum_exp(log_joint); }
  Eigen::VectorXd log_weights() const { return log_joint - q.array().log().matrix(); }
  double bound() const { return q.dot(log_weights()); }
  double variance() const { return q.dot((log_weights().array() - bound()).square().matrix()); }
};

TEST(VariationalBound, IsTheExpectationThatItEstimates) {
  for (const char* visible : {"bernoulli", "bipolar", "gaussian", "gaussian-learned"}) {
    const Stack stack = two_layers(visible);
    const double log_z = exact_log_partition(rbm_at(stack, 1));
    const Matrix cases = tiny_cases(*rbm_at(stack, 0).visible, 4, 3);
    double expected = 0, exact = 0, variance = 0;
    for (Index c = 0; c < 3; ++c) {
      const Between between(stack, cases.col(c));
      expected += between.bound() / 3;
      exact += between.log_likelihood() / 3;
      variance += between.variance() / 9;
    }
    constexpr Index kDraws = 400;
    const double found = variational_bound(stack, cases, log_z, {.draws = kDraws, .seed = 3});
    // Draws are independent: five standard errors of their mean.
    const double error = std::sqrt(variance / kDraws);
    EXPECT_NEAR(found, expected, 5 * error + kTolerance) << visible;
    EXPECT_GT(error, 1e-4) << "the check would be of a constant";
    EXPECT_LT(expected, exact) << "a bound of " << visible;
    EXPECT_LT(error, (exact - expected) / 2) << "the distance could not be seen";
  }
}

// Above an RBM stands its mirror image: together they are the RBM, whose posterior q is, so that every single draw
// gives the exact likelihood.
TEST(VariationalBound, IsTightWhereTheNextLayerIsTheMirrorImage) {
  const Rbm rbm = tiny_rbm("bernoulli", "bernoulli", 4, 3);
  const Rbm mirror{rbm.hidden, rbm.visible, rbm.weights.transpose(), rbm.hidden_bias, rbm.visible_bias};
  const Matrix cases = all_states(4);
  const double bound = variational_bound({{rbm, mirror}}, cases, exact_log_partition(mirror), {.draws = 1});
  EXPECT_NEAR(bound, exact_log_likelihood(rbm, cases), kTolerance);
}

// And a third one gives the machine back once more.
TEST(VariationalBound, IsTightForAnyNumberOfMirrorImages) {
  const Rbm rbm = tiny_rbm("gaussian", "bernoulli", 4, 3);
  const Rbm mirror{rbm.hidden, rbm.visible, rbm.weights.transpose(), rbm.hidden_bias, rbm.visible_bias};
  const Matrix cases = tiny_cases(*rbm.visible, 4, 5);
  const double bound = variational_bound({{rbm, mirror, rbm}}, cases, exact_log_partition(rbm), {.draws = 1});
  EXPECT_NEAR(bound, exact_log_likelihood(rbm, cases), 4 * kTolerance);
}

TEST(VariationalBound, OfOneRbmIsItsLikelihood) {
  const Rbm rbm = tiny_rbm("gaussian-learned", "relu", 4, 3);
  const Matrix cases = tiny_cases(*rbm.visible, 4, 5);
  EXPECT_NEAR(variational_bound({{rbm}}, cases, 1.5), -rbm.free_energy(cases).mean() - 1.5, kTolerance);
}

// Draws are those of a case and not of a batch.
TEST(VariationalBound, BatchesAddUpAndThreadsDoNotMatter) {
  const Stack stack{{tiny_rbm("bernoulli", "bernoulli", 20, 70, 0.2), tiny_rbm("bernoulli", "bernoulli", 70, 30, 0.2)}};
  const Matrix cases = tiny_cases(*unit_type("bernoulli"), 20, 60);
  const auto found = [&](int threads) {
    const test::ThreadCount guard(threads);
    return variational_bound(stack, cases, 0, {.draws = 2, .seed = 5});
  };
  const double expected = found(1);
  for (const int threads : {2, 3}) EXPECT_EQ(found(threads), expected) << threads;
  const double first = variational_bound(stack, cases.leftCols(24), 0, {.draws = 2, .seed = 5});
  const double rest = variational_bound(stack, cases.rightCols(36), 0, {.draws = 2, .seed = 5, .first_case = 24});
  EXPECT_NEAR((24 * first + 36 * rest) / 60, expected, 20 * kTolerance);
  EXPECT_NE(variational_bound(stack, cases, 0, {.draws = 2, .seed = 6}), expected);
}

TEST(VariationalBound, RefusesStacksThatAreNoBeliefNet) {
  const Stream stream(1, Purpose::initial_weights);
  const Rbm rbm = tiny_rbm("bernoulli", "bernoulli", 4, 3);
  const auto refused = [](const Stack& stack, const char* why) {
    EXPECT_THAT([&] { check_belief_net(stack); }, testing::ThrowsMessage<InvalidArgument>(HasSubstr(why)));
    EXPECT_THROW(variational_bound(stack, Matrix::Zero(4, 1), 0), InvalidArgument);
  };
  refused({{rbm, make_autoencoder(3, 2, "tanh", ReconstructionLoss::squared_error, false, stream)}},
          "an autoencoder as layer 2");
  refused({{tiny_rbm("bernoulli", "relu", 4, 3), tiny_rbm("gaussian", "bernoulli", 3, 2)}}, "relu hidden units");
  refused({{rbm, tiny_rbm("gaussian", "bernoulli", 3, 2)}}, "gaussian visible units over bernoulli ones as layer 2");
  refused({{tiny_rbm("replicated-softmax", "bernoulli", 4, 3), tiny_rbm("bernoulli", "bernoulli", 3, 2)}},
          "replicated-softmax visible units as layer 1");
  refused({{rbm, tiny_rbm("bernoulli", "bernoulli", 5, 2)}}, "layer 1 expects 5 inputs");
  refused({}, "at least one layer");
  EXPECT_NO_THROW(check_belief_net(two_layers()));
  EXPECT_THROW(variational_bound(two_layers(), Matrix::Zero(5, 1), 0), InvalidArgument);
  EXPECT_THROW(variational_bound(two_layers(), Matrix(4, 0), 0), InvalidArgument);
  EXPECT_THROW(variational_bound(two_layers(), Matrix::Zero(4, 1), 0, {.draws = 0}), InvalidArgument);
}

}  // namespace
}  // namespace dbn
