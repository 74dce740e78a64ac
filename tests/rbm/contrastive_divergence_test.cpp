#include <dbn/rbm/contrastive_divergence.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <tuple>

#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/core/math.hpp>
#include <dbn/rbm/exact_likelihood.hpp>

#include "../support/divergence.hpp"
#include "../support/gradient_store.hpp"
#include "../support/statistics.hpp"
#include "../support/thread_count.hpp"
#include "../support/tiny_rbm.hpp"

namespace dbn {
namespace {

using test::all_states;
using test::first_gradient;
using test::Gradient;
using test::gradient;
using test::GradientStore;
using test::small_batch;
using test::tiny_rbm;
using Options = ContrastiveDivergenceOptions;

constexpr auto kEpsilon = static_cast<double>(std::numeric_limits<Scalar>::epsilon());
const Options kPersistent{.estimator = "pcd", .cd_k = 1, .chains = 40};

Eigen::VectorXd flat(const Gradient& gradient) {
  Eigen::VectorXd values(0);
  for (const auto& part : gradient) {
    values.conservativeResize(values.size() + part.size());
    values.tail(part.size()) = Eigen::Map<const Vector>(part.data(), part.size()).cast<double>();
  }
  return values;
}

struct Average {
  Eigen::VectorXd mean, error;  ///< error: standard error of the mean, from the spread of independent estimates
};

Average average(const Eigen::MatrixXd& estimates) {
  const auto n = static_cast<double>(estimates.cols());
  const Eigen::VectorXd mean = estimates.rowwise().mean();
  return {mean, ((estimates.colwise() - mean).rowwise().squaredNorm() / (n * (n - 1))).cwiseSqrt()};
}

// Six standard errors leave a right estimator one chance in a million over all 19 parameters, also for the t
// distribution of 60 or more estimates; the precision asked for keeps the check from being empty.
void expect_mean(const Average& found, const Eigen::VectorXd& expected, double precision) {
  EXPECT_LT(found.error.maxCoeff(), precision);
  for (Index i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(found.mean[i], expected[i], 6 * found.error[i] + 1e-6) << "parameter " << i;
}

/// Given the hidden states (or the visible ones), probabilities of every state of the other layer's three units.
Eigen::MatrixXd state_probabilities(const Matrix& mean) {
  const Matrix states = all_states(mean.rows());
  Eigen::MatrixXd p = Eigen::MatrixXd::Ones(states.cols(), mean.cols());
  for (Index s = 0; s < states.cols(); ++s)
    for (Index c = 0; c < mean.cols(); ++c)
      for (Index j = 0; j < mean.rows(); ++j) {
        const auto m = static_cast<double>(mean(j, c));
        p(s, c) *= states(j, s) > 0 ? m : 1 - m;
      }
  return p;
}

/// What CD-k averages to: a Markov chain over the eight hidden states, worked out instead of drawn. A step goes through
/// the probabilities of the visible units.
Eigen::VectorXd expected_cd(const Rbm& rbm, const Matrix& batch, Index steps) {
  const Matrix states = all_states(3);
  Matrix hidden(3, batch.cols()), visible(4, states.cols()), again(3, states.cols());
  rbm.hidden_mean_into(batch, hidden);
  rbm.visible_mean_into(states, visible);
  rbm.hidden_mean_into(visible, again);
  Eigen::VectorXd p = state_probabilities(hidden).rowwise().mean();
  const Eigen::MatrixXd transition = state_probabilities(again);
  for (Index k = 1; k < steps; ++k) p = transition * p;
  const Vector weight = p.cast<Scalar>();
  const auto n = static_cast<Scalar>(batch.cols());
  return flat({visible * weight.asDiagonal() * again.transpose() - batch * hidden.transpose() / n,
               visible * weight - batch.rowwise().mean(), again * weight - hidden.rowwise().mean()});
}

Gradient exact_shape(Rbm& rbm) {
  Gradient shape;
  for (const auto& tensor : rbm.tensors()) shape.emplace_back(tensor.values);
  return shape;
}

Eigen::VectorXd exact(Rbm rbm, const Matrix& batch) {
  GradientStore store(rbm.tensors());
  exact_gradient(rbm, batch, store);
  return flat(store.gradients());
}

Average cd_average(Rbm rbm, const Matrix& batch, Index steps, Index updates, bool sample_visible = false) {
  ContrastiveDivergence estimator(rbm, {.cd_k = steps, .statistics = sample_visible ? "mean,sample,mean" : "auto"},
                                  batch.cols(), 5, 0);
  Eigen::MatrixXd estimates(flat(exact_shape(rbm)).size(), updates);
  for (Index u = 0; u < updates; ++u)
    estimates.col(u) = flat(gradient(rbm, estimator, batch, static_cast<std::uint32_t>(u)));
  return average(estimates);
}

TEST(ContrastiveDivergence, AveragesToTheChainWorkedOutByHand) {
  const Rbm rbm = tiny_rbm("bernoulli", "bernoulli");
  for (const Index steps : {1, 2, 5, 20}) {
    SCOPED_TRACE(steps);
    expect_mean(cd_average(rbm, small_batch(), steps, 6000), expected_cd(rbm, small_batch(), steps), 0.005);
  }
}

// The average over a batch, not its sum: a batch given twice over has the same expectation.
TEST(ContrastiveDivergence, ADuplicatedBatchHasTheSameExpectation) {
  const Rbm rbm = tiny_rbm("bernoulli", "bernoulli");
  Matrix twice(4, 8);
  twice << small_batch(), small_batch();
  expect_mean(cd_average(rbm, twice, 1, 4000), expected_cd(rbm, small_batch(), 1), 0.005);
}

// What distance remains is no lack of steps: reconstructed probabilities do not vary as the model's visible states do,
// so that their covariance with the hidden units is missing. Chains that sample both layers have none of it, see below.
TEST(ContrastiveDivergence, ManyStepsComeCloserToTheExactGradient) {
  const Rbm rbm = tiny_rbm("bernoulli", "bernoulli");
  const Eigen::VectorXd target = exact(rbm, small_batch());
  const double one = (cd_average(rbm, small_batch(), 1, 3000).mean - target).norm();
  const double many = (cd_average(rbm, small_batch(), 20, 3000).mean - target).norm();
  EXPECT_LT(many, one / 2);
  EXPECT_LT(many, target.norm() / 10);
}

// Forty steps of sampling both layers forget where they started: less than 1e-3 of it is left on this machine.
TEST(ContrastiveDivergence, ManySampledStepsApproachTheExactGradient) {
  const Rbm rbm = tiny_rbm("bernoulli", "bernoulli");
  expect_mean(cd_average(rbm, small_batch(), 40, 6000, true), exact(rbm, small_batch()), 0.006);
}

// Seen elsewhere: reconstructions driven by probabilities where samples are meant. The two differ by far more than the
// checks above let pass.
TEST(ContrastiveDivergence, IsNotItsMeanField) {
  const Rbm rbm = tiny_rbm("bernoulli", "bernoulli");
  const Eigen::VectorXd mean_field = flat(first_gradient(rbm, {.estimator = "mean-field"}, small_batch()));
  EXPECT_GT((mean_field - expected_cd(rbm, small_batch(), 1)).cwiseAbs().maxCoeff(), 0.02);
}

TEST(MeanField, FollowsTheMeansUpAndDown) {
  const Rbm rbm = tiny_rbm("bernoulli", "bernoulli");
  const Matrix batch = small_batch();
  Matrix hidden(3, 4), visible(4, 4), again(3, 4);
  rbm.hidden_mean_into(batch, hidden);
  rbm.visible_mean_into(hidden, visible);
  rbm.hidden_mean_into(visible, again);
  rbm.visible_mean_into(again, visible);
  rbm.hidden_mean_into(visible, again);
  const Eigen::VectorXd expected = flat({(visible * again.transpose() - batch * hidden.transpose()) / Scalar{4},
                                         (visible - batch).rowwise().mean(), (again - hidden).rowwise().mean()});
  const Eigen::VectorXd found = flat(first_gradient(rbm, {.estimator = "mean-field", .cd_k = 2}, batch));
  EXPECT_LE((found - expected).cwiseAbs().maxCoeff(), 16 * kEpsilon);
}

/// Estimators whose chains come to follow the model, over a pair of unit types.
using Pair = std::tuple<std::string, std::string, std::string>;
class FollowsTheModel : public testing::TestWithParam<Pair> {};
INSTANTIATE_TEST_SUITE_P(Estimators, FollowsTheModel,
                         testing::Combine(testing::Values("pcd", "pt"), testing::Values("bernoulli"),
                                          testing::Values("bernoulli")));
INSTANTIATE_TEST_SUITE_P(Pairs, FollowsTheModel,
                         testing::Combine(testing::Values("pcd"),
                                          testing::Values("bipolar", "gaussian-learned",
                                                          "gaussian-learned:0,softmax:1-2,bernoulli:3-"),
                                          testing::Values("bernoulli", "bipolar", "softmax")));

// Forty estimators with seeds of their own give independent estimates, whatever the memory of each one's chains.
TEST_P(FollowsTheModel, AndAveragesToTheExactGradient) {
  const auto& [name, visible, hidden] = GetParam();
  Rbm rbm = tiny_rbm(visible, hidden, 4, 3, 0.5);
  const Matrix batch = test::tiny_cases(*rbm.visible, 4, 4);
  const Eigen::VectorXd expected = exact(rbm, batch);
  Eigen::MatrixXd estimates(expected.size(), 40);
  for (Index s = 0; s < estimates.cols(); ++s) {
    ContrastiveDivergence estimator(rbm, {.estimator = name, .chains = 40, .replicas = 3}, batch.cols(),
                                    static_cast<std::uint64_t>(s), 0);
    Eigen::VectorXd sum = Eigen::VectorXd::Zero(expected.size());
    for (std::uint32_t u = 0; u < 120; ++u) {
      const Gradient estimate = gradient(rbm, estimator, batch, u);
      if (u >= 40) sum += flat(estimate) / 80;
    }
    estimates.col(s) = sum;
  }
  expect_mean(average(estimates), expected, 0.02);
}

// Seen here once: means in place of samples have no spread, which the variances then grow to make up for. Without
// weights cd knows the answer: the variance's gradient is half of what the data's spread is off by.
TEST(ContrastiveDivergence, VariancesDoNotMissTheSpreadOfMeans) {
  Rbm rbm = tiny_rbm("gaussian-learned", "bernoulli");
  rbm.weights.setZero();
  const Matrix batch = test::tiny_cases(*rbm.visible, 4, 50);
  const Matrix found = first_gradient(rbm, {}, batch)[3];
  for (Index i = 0; i < 4; ++i) {
    const double variance = std::exp(static_cast<double>(rbm.visible_log_variance[i]));
    const Eigen::ArrayXd off = batch.row(i).cast<double>().array() - static_cast<double>(rbm.visible_bias[i]);
    const double expected = 0.5 - off.square().mean() / (2 * variance);
    EXPECT_NEAR(static_cast<double>(found(i, 0)), expected, 64 * kEpsilon * (1 + off.square().maxCoeff() / variance));
  }
}

// With weights that hardly learn, the chains of fpcd are those of pcd.
TEST(FastDivergence, WithoutARateIsPersistentDivergence) {
  Rbm rbm = tiny_rbm("bernoulli", "bernoulli");
  ContrastiveDivergence plain(rbm, kPersistent, 4, 1, 0);
  ContrastiveDivergence fast(rbm, {.estimator = "fpcd", .chains = 40, .fast_rate = 0}, 4, 1, 0);
  for (std::uint32_t u = 0; u < 3; ++u)
    EXPECT_EQ(gradient(rbm, fast, small_batch(), u), gradient(rbm, plain, small_batch(), u));
}

TEST(FastDivergence, FastWeightsFollowTheGradientAndAreForgotten) {
  Rbm rbm = tiny_rbm("bernoulli", "bernoulli");
  ContrastiveDivergence fast(rbm, {.estimator = "fpcd", .chains = 40, .fast_rate = 0.5, .fast_decay = 0.75}, 4, 1, 0);
  const Matrix first = gradient(rbm, fast, small_batch(), 0)[0];
  const Matrix second = gradient(rbm, fast, small_batch(), 1)[0];
  const Matrix expected = Scalar{-0.375} * first - Scalar{0.5} * second;
  for (const auto& tensor : fast.state())
    if (tensor.name == "fast.weight") {
      EXPECT_TRUE(Matrix(tensor.values).isApprox(expected, Scalar(8 * kEpsilon)));
    }
}

TEST(Denoising, ChainsStartAtWhatTheyAreGiven) {
  Rbm rbm = tiny_rbm("bernoulli", "bernoulli");
  const Matrix batch = small_batch(), same = batch, other = Matrix::Ones(4, 4) - batch;
  const auto from = [&](const Matrix& start) {
    ContrastiveDivergence estimator(rbm, {}, 4, 1, 0);
    GradientStore store(rbm.tensors());
    estimator.gradient(batch, 0, store, 0, &start);
    return store.gradients();
  };
  EXPECT_EQ(from(same), first_gradient(rbm, {}, batch));
  EXPECT_NE(from(other), first_gradient(rbm, {}, batch));
}

/// Of documents of two words out of three: six count vectors, with two orders for words that differ.
TEST(ReplicatedSoftmaxDivergence, AveragesToTheExactGradient) {
  Rbm rbm = tiny_rbm("replicated-softmax", "bernoulli", 3, 2);
  Matrix documents(3, 6);
  documents << 2, 0, 0, 1, 1, 0, 0, 2, 0, 1, 0, 1, 0, 0, 2, 0, 1, 1;
  const Eigen::VectorXd orders = (Eigen::VectorXd(6) << 0, 0, 0, std::log(2), std::log(2), std::log(2)).finished();
  const Matrix batch = documents.rightCols(4);
  const auto loss = [&] { return rbm.free_energy(batch).mean() + log_sum_exp(orders - rbm.free_energy(documents)); };
  // Differences of a smooth function at 2^-6: truncation 4e-5 of a third derivative below 8; float's free energies are
  // good to 2e-6, which becomes 1e-4.
  Gradient expected;
  for (auto& tensor : rbm.tensors()) {
    Matrix part(tensor.values.rows(), tensor.values.cols());
    for (Index i = 0; i < part.size(); ++i) {
      Scalar& x = tensor.values.data()[i];
      const Scalar kept = x;
      x = kept + Scalar{0x1p-6f};
      const double above = loss();
      x = kept - Scalar{0x1p-6f};
      part.data()[i] = static_cast<Scalar>((above - loss()) / 0x1p-5);
      x = kept;
    }
    expected.push_back(part);
  }
  const Average found = cd_average(rbm, batch, 30, 4000, true);
  EXPECT_LT(found.error.maxCoeff(), 0.01);
  EXPECT_LE((found.mean - flat(expected)).cwiseAbs().maxCoeff(), 6 * found.error.maxCoeff() + 5e-4);
}

// A batch of one case, whose hidden statistics are one draw: 0 or 1 times the case.
TEST(Statistics, SamplesStandWhereTheRuleSaysSo) {
  const Rbm rbm = tiny_rbm("bernoulli", "bernoulli", 4, 50);
  const Matrix on = Matrix::Ones(4, 1);
  const auto bias_gradient = [&](const char* rule) { return first_gradient(rbm, {.statistics = rule}, on)[2]; };
  const auto whole = [](const Matrix& x) { return (x.array() == x.array().round()).all(); };
  EXPECT_TRUE(whole(bias_gradient("sample,mean,sample")));
  EXPECT_FALSE(whole(bias_gradient("sample,mean,mean")));
  EXPECT_FALSE(whole(bias_gradient("mean,mean,sample")));
  EXPECT_TRUE(whole(first_gradient(rbm, {.statistics = "mean,sample,mean"}, on)[1]));
  EXPECT_FALSE(whole(first_gradient(rbm, {.statistics = "mean,mean,mean"}, on)[1]));
}

// Chains and cases of the same number draw from streams of their own: with no weights and no biases both are coins, and
// those of 600 pairs agree as often as not, to six standard deviations of 12.
TEST(PersistentDivergence, ChainsAndDataDrawApart) {
  Rbm rbm = tiny_rbm("bernoulli", "bernoulli", 1, 600);
  for (auto& tensor : rbm.tensors()) tensor.values.setZero();
  const Options options{.estimator = "pcd", .chains = 1, .statistics = "sample,sample,sample"};
  // -1 or 0 of the case and 0 or 1 of the chain: the sum is 0 where they agree.
  const Matrix sums = first_gradient(rbm, options, Matrix::Ones(1, 1))[2];
  EXPECT_NEAR(static_cast<double>((sums.array() == Scalar{0}).count()), 300, 73.5);
}

TEST(PersistentDivergence, ChainsComeToFollowTheModel) {
  constexpr Index kChains = 4000;
  Rbm rbm = tiny_rbm("bernoulli", "bernoulli");
  ContrastiveDivergence estimator(rbm, {.estimator = "pcd", .cd_k = 2, .chains = kChains}, 4, 3, 0);
  for (std::uint32_t u = 0; u < 50; ++u) gradient(rbm, estimator, small_batch(), u);
  const Matrix chains = estimator.state().at(0).values;
  std::vector<double> found(8, 0), expected(8);
  for (Index c = 0; c < kChains; ++c)
    ++found[static_cast<std::size_t>(chains(0, c) + 2 * chains(1, c) + 4 * chains(2, c))];
  const Eigen::MatrixXd joint = test::naive_joint(rbm);
  for (Index h = 0; h < 8; ++h) expected[static_cast<std::size_t>(h)] = kChains * joint.col(h).sum() / joint.sum();
  EXPECT_LT(test::chi_square(found, expected), test::chi_square_bound(7));
}

// Seen elsewhere: chains whose number follows the batch.
TEST(PersistentDivergence, NumberOfChainsDoesNotFollowTheBatch) {
  Rbm rbm = tiny_rbm("bernoulli", "bernoulli");
  ContrastiveDivergence estimator(rbm, {.estimator = "pcd", .chains = 7}, 10, 1, 0);
  for (const Index cases : {10, 3, 1}) {
    gradient(rbm, estimator, all_states(4).leftCols(cases), static_cast<std::uint32_t>(cases));
    ASSERT_EQ(estimator.state().size(), 1u);
    EXPECT_EQ(estimator.state()[0].values.cols(), 7);
  }
  ContrastiveDivergence plain(rbm, {}, 10, 1, 0);
  EXPECT_TRUE(plain.state().empty());
}

}  // namespace
}  // namespace dbn
