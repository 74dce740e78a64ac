#include <dbn/rbm/rbm.hpp>

#include <cmath>
#include <limits>
#include <tuple>

#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/core/math.hpp>

#include "../support/statistics.hpp"
#include "../support/thread_count.hpp"
#include "../support/tiny_rbm.hpp"

namespace dbn {
namespace {

using test::all_states;
using test::naive_energy;
using test::naive_joint;
using test::tiny_cases;
using test::tiny_rbm;

// Total inputs are sums of at most six products of numbers near 1, energies of at most twenty: 32 roundings in all.
constexpr double kTolerance = 32 * static_cast<double>(std::numeric_limits<Scalar>::epsilon());

constexpr const char* kMixedTypes = "gaussian-learned:0,softmax:1-2,bernoulli:3-";

/// Every pair of unit types that is allowed and whose hidden states can be counted: conditionals and free energies
/// against sums over all hidden states, straight from the energy's definition.
using Pair = std::tuple<std::string, std::string>;
class EveryPair : public testing::TestWithParam<Pair> {
 protected:
  Rbm rbm_ = tiny_rbm(std::get<0>(GetParam()), std::get<1>(GetParam()));
  Matrix cases_ = tiny_cases(*rbm_.visible, 4, 10);
  Matrix hidden_ = all_states(*rbm_.hidden, 3);

  Eigen::VectorXd naive_log_weights(Index c) const {
    Eigen::VectorXd all(hidden_.cols());
    for (Index h = 0; h < hidden_.cols(); ++h) all[h] = -naive_energy(rbm_, cases_.col(c), hidden_.col(h));
    return all;
  }
  Vector counts_ = rbm_.counts_of(cases_);
  const Vector* given_ = counts_.size() > 0 ? &counts_ : nullptr;
};

INSTANTIATE_TEST_SUITE_P(All, EveryPair,
                         testing::Combine(testing::Values("bernoulli", "bipolar", "gaussian", "gaussian-learned",
                                                          "softmax", "replicated-softmax", kMixedTypes),
                                          testing::Values("bernoulli", "bipolar", "softmax")),
                         [](const auto& test) {
                           return test::parameter_name(std::get<0>(test.param) + "_" + std::get<1>(test.param));
                         });

TEST_P(EveryPair, EnergyIsTheDefinition) {
  for (Index h = 0; h < hidden_.cols(); ++h) {
    const Matrix same = hidden_.col(h).replicate(1, cases_.cols());
    const Eigen::VectorXd energy = rbm_.energy(cases_, same);
    ASSERT_EQ(energy.size(), cases_.cols());
    for (Index c = 0; c < cases_.cols(); ++c)
      EXPECT_NEAR(energy[c], naive_energy(rbm_, cases_.col(c), hidden_.col(h)), kTolerance * (1 + std::abs(energy[c])));
  }
}

TEST_P(EveryPair, FreeEnergyIsTheLogOfTheSummedStates) {
  const Eigen::VectorXd free_energy = rbm_.free_energy(cases_);
  for (Index c = 0; c < cases_.cols(); ++c)
    EXPECT_NEAR(free_energy[c], -log_sum_exp(naive_log_weights(c)), kTolerance * (1 + std::abs(free_energy[c])));
}

TEST_P(EveryPair, HiddenMeansAreConditionalMarginals) {
  Matrix mean(3, cases_.cols());
  rbm_.hidden_mean_into(rbm_.statistics(cases_), mean, kNoEpilogue, given_);
  for (Index c = 0; c < cases_.cols(); ++c) {
    const Eigen::VectorXd weights = naive_log_weights(c);
    const Eigen::VectorXd p = (weights.array() - log_sum_exp(weights)).exp();
    const Eigen::VectorXd expected = hidden_.cast<double>() * p;
    EXPECT_LE((mean.col(c).cast<double>() - expected).cwiseAbs().maxCoeff(), 4 * kTolerance);
  }
}

// p(h | v) is e^{-E} over its sum; so is p(v | h), whose sum is its log-partition at the visible units' total inputs.
TEST_P(EveryPair, VisibleConditionalIsNormalisedByItsLogPartition) {
  if (rbm_.visible->replicated() || !std::isfinite(rbm_.visible->state_count(4))) GTEST_SKIP() << "not enumerable";
  const Matrix visible = all_states(*rbm_.visible, 4);
  Matrix mean(4, hidden_.cols());
  rbm_.visible_mean_into(hidden_, mean);
  for (Index h = 0; h < hidden_.cols(); ++h) {
    Eigen::VectorXd weights(visible.cols());
    for (Index v = 0; v < visible.cols(); ++v) weights[v] = -naive_energy(rbm_, visible.col(v), hidden_.col(h));
    const Eigen::VectorXd p = (weights.array() - log_sum_exp(weights)).exp();
    const Eigen::VectorXd expected = visible.cast<double>() * p;
    EXPECT_LE((mean.col(h).cast<double>() - expected).cwiseAbs().maxCoeff(), 4 * kTolerance);
    const Matrix input = rbm_.weights * hidden_.col(h) + rbm_.visible_bias;
    const double expected_log = log_sum_exp(weights) + rbm_.hidden->energy(hidden_.col(h), rbm_.hidden_bias)[0];
    EXPECT_NEAR(rbm_.visible->log_partition(input, rbm_.visible_context())[0], expected_log, 4 * kTolerance * 10);
  }
}

TEST(Rbm, RelusAreForHiddenLayersAndCountsForVisibleOnes) {
  const Stream stream(1, Purpose::initial_weights);
  EXPECT_NO_THROW(make_rbm("gaussian", "relu", 4, 3, stream));
  EXPECT_THROW(make_rbm("relu", "bernoulli", 4, 3, stream), InvalidArgument);
  EXPECT_THROW(make_rbm("bernoulli", "replicated-softmax", 4, 3, stream), InvalidArgument);
  EXPECT_THROW(make_rbm("bernoulli", "gaussian-learned", 4, 3, stream), InvalidArgument);
  EXPECT_THROW(make_rbm("bernoulli:0-2,gaussian:3-9", "bernoulli", 4, 3, stream), InvalidArgument);
}

// A learned variance is that of the visible units given the hidden ones: samples show it.
TEST(Rbm, LearnedVarianceIsThatOfTheSamples) {
  constexpr Index kCases = 20000;
  Rbm rbm = tiny_rbm("gaussian-learned", "bernoulli", 2, 3);
  rbm.visible_log_variance << Scalar(-1), Scalar(0.75);
  const Matrix hidden = all_states(3).col(5).replicate(1, kCases);
  Matrix mean(2, kCases), states(2, kCases);
  rbm.visible_mean_and_states_into(hidden, Stream(1, Purpose::visible_states), 0, mean, states);
  for (Index i = 0; i < 2; ++i) {
    const double variance = std::exp(static_cast<double>(rbm.visible_log_variance[i]));
    const MeanAndVariance found = mean_and_variance(states.row(i));
    EXPECT_NEAR(found.mean, static_cast<double>(mean(i, 0)), 5 * std::sqrt(variance / kCases));
    EXPECT_NEAR(found.variance, variance, 5 * variance * std::sqrt(2.0 / kCases));
  }
}

// What a layer above sees: means of bernoulli units, max(0, x) of noisy rectified ones.
TEST(Rbm, CodesAreWhatANetComputes) {
  Rbm rbm = tiny_rbm("gaussian-learned", "relu");
  const Matrix cases = tiny_cases(*rbm.visible, 4, 6);
  Matrix codes(3, 6);
  rbm.encode_into(cases, codes);
  Matrix expected = rbm.weights.transpose() * rbm.statistics(cases);
  expected = (expected.colwise() + rbm.hidden_bias).cwiseMax(Scalar{0});
  EXPECT_LE((codes - expected).cwiseAbs().maxCoeff(), static_cast<Scalar>(kTolerance));
}

// A document of D words counts the hidden biases D times.
TEST(Rbm, HiddenBiasesCountForEveryWord) {
  Rbm rbm = tiny_rbm("replicated-softmax", "bernoulli");
  rbm.weights.setZero();
  const Matrix documents = (Matrix(4, 2) << 1, 2, 0, 1, 0, 0, 0, 2).finished();
  Matrix codes(3, 2);
  rbm.encode_into(documents, codes);
  for (Index j = 0; j < 3; ++j) {
    EXPECT_NEAR(codes(j, 0), logistic(static_cast<double>(rbm.hidden_bias[j])), kTolerance);
    EXPECT_NEAR(codes(j, 1), logistic(5 * static_cast<double>(rbm.hidden_bias[j])), kTolerance);
  }
}

TEST(Rbm, VisibleMeansAreConditionalMarginals) {
  const Rbm rbm = tiny_rbm("bernoulli", "bernoulli");
  const Eigen::MatrixXd joint = naive_joint(rbm);
  Matrix mean(4, 8);
  rbm.visible_mean_into(all_states(3), mean);
  const Eigen::MatrixXd sums = all_states(4).cast<double>() * joint;
  for (Index h = 0; h < 8; ++h)
    EXPECT_LE((mean.col(h).cast<double>() - sums.col(h) / joint.col(h).sum()).cwiseAbs().maxCoeff(), kTolerance);
}

TEST(Rbm, GaussianVisibleMeansAreBiasPlusWeights) {
  const Rbm rbm = tiny_rbm("gaussian", "bernoulli");
  Matrix mean(4, 8);
  rbm.visible_mean_into(all_states(3), mean);
  const Matrix expected = (rbm.weights * all_states(3)).colwise() + rbm.visible_bias;
  EXPECT_LE((mean - expected).cwiseAbs().maxCoeff(), static_cast<Scalar>(kTolerance));
}

// The joint distribution of three units, not their means alone: units are independent given the other layer.
TEST(Rbm, HiddenStatesFollowTheConditionalDistribution) {
  constexpr Index kCases = 20000;
  const Rbm rbm = tiny_rbm("bernoulli", "bernoulli");
  const Index v = 6;
  const Matrix cases = all_states(4).col(v).replicate(1, kCases);
  Matrix mean(3, kCases), states(3, kCases);
  rbm.hidden_mean_and_states_into(cases, Stream(1, Purpose::hidden_states), 0, mean, states);
  std::vector<double> found(8, 0), expected(8);
  for (Index c = 0; c < kCases; ++c)
    ++found[static_cast<std::size_t>(states(0, c) + 2 * states(1, c) + 4 * states(2, c))];
  const Eigen::MatrixXd joint = naive_joint(rbm);
  for (Index h = 0; h < 8; ++h) expected[static_cast<std::size_t>(h)] = kCases * joint(v, h) / joint.row(v).sum();
  EXPECT_LT(test::chi_square(found, expected), test::chi_square_bound(7));
}

// 600 units are three tiles of a product; what a unit draws depends on its number alone.
TEST(Rbm, StatesAreDrawsAtUnitAndCase) {
  const Rbm rbm = tiny_rbm("bernoulli", "bernoulli", 20, 600);
  const Stream stream(2, Purpose::hidden_states, 1);
  const Matrix cases = tiny_cases(*rbm.visible, 20, 5);
  for (const int threads : {1, 2, 3, 7}) {
    const test::ThreadCount guard(threads);
    Matrix mean(600, 5), states(600, 5);
    rbm.hidden_mean_and_states_into(cases, stream, 9, mean, states);
    for (Index c = 0; c < 5; ++c)
      for (Index r = 0; r < 600; ++r) {
        const double u = stream.uniform({9, static_cast<std::uint32_t>(c), static_cast<std::uint32_t>(r)});
        ASSERT_EQ(states(r, c), u < static_cast<double>(mean(r, c)) ? 1 : 0) << r << ", " << c;
      }
  }
}

TEST(Rbm, VisibleStatesMayReplaceTheirMeans) {
  const Rbm rbm = tiny_rbm("gaussian", "bernoulli", 300, 3);
  const Stream stream(3, Purpose::visible_states);
  Matrix mean(300, 8), states(300, 8), both(300, 8);
  rbm.visible_mean_and_states_into(all_states(3), stream, 4, mean, states);
  rbm.visible_mean_and_states_into(all_states(3), stream, 4, both, both);
  EXPECT_TRUE(both == states);
  EXPECT_FALSE(states == mean);
}

// Seen elsewhere: features taken from a stochastic pass.
TEST(Rbm, HiddenMeansAreTheSameEveryTime) {
  const Rbm rbm = tiny_rbm("bernoulli", "bernoulli");
  const Matrix cases = all_states(4);
  Matrix first(3, 16), second(3, 16), beside_states(3, 16), states(3, 16);
  rbm.hidden_mean_into(cases, first);
  rbm.hidden_mean_and_states_into(cases, Stream(4, Purpose::hidden_states), 0, beside_states, states);
  rbm.hidden_mean_into(cases, second);
  EXPECT_TRUE(first == second);
  EXPECT_TRUE(first == beside_states);
}

TEST(Rbm, TensorsEndWithTheVariancesThatAreLearned) {
  Rbm rbm = tiny_rbm(kMixedTypes, "bernoulli");
  ASSERT_EQ(rbm.tensors().size(), 4u);
  EXPECT_EQ(rbm.tensors()[3].name, "visible_log_variance");
  EXPECT_EQ(rbm.tensors()[3].values.data(), rbm.visible_log_variance.data());
}

TEST(Rbm, TensorsAreWeightsVisibleBiasAndHiddenBias) {
  Rbm rbm = tiny_rbm("bernoulli", "bernoulli");
  const TensorList tensors = rbm.tensors();
  ASSERT_EQ(tensors.size(), 3u);
  EXPECT_EQ(tensors[0].name, "weight");
  EXPECT_EQ(tensors[0].values.data(), rbm.weights.data());
  EXPECT_EQ(tensors[1].name, "visible_bias");
  EXPECT_EQ(tensors[1].values.data(), rbm.visible_bias.data());
  EXPECT_EQ(tensors[2].name, "hidden_bias");
  EXPECT_EQ(tensors[2].values.data(), rbm.hidden_bias.data());
}

// Seen elsewhere: uninitialised biases; a seed that does not reach the weights.
TEST(Rbm, StartsWithSmallWeightsOfItsSeedAndZeroBiases) {
  const auto make = [](std::uint64_t seed) {
    return make_rbm("gaussian", "bernoulli", 100, 100, Stream(seed, Purpose::initial_weights), 0.01);
  };
  const Rbm rbm = make(1);
  EXPECT_TRUE(rbm.visible_bias == Vector::Zero(100));
  EXPECT_TRUE(rbm.hidden_bias == Vector::Zero(100));
  // The standard error of a deviation from n normals is 1 / sqrt(2n) of it, of their mean 1 / sqrt(n); five of each.
  EXPECT_NEAR(std::sqrt(rbm.weights.cast<double>().squaredNorm() / 1e4), 0.01, 0.01 * 5 / std::sqrt(2e4));
  EXPECT_NEAR(rbm.weights.cast<double>().mean(), 0, 0.01 * 5 / 100);
  EXPECT_TRUE(make(1).weights == rbm.weights);
  EXPECT_FALSE(make(2).weights == rbm.weights);
  EXPECT_EQ(rbm.visible->name(), "gaussian");
  EXPECT_EQ(rbm.hidden->name(), "bernoulli");
}

TEST(Rbm, RefusesWhatCannotBe) {
  const Stream stream(1, Purpose::initial_weights);
  EXPECT_THROW(make_rbm("binary", "bernoulli", 4, 3, stream), InvalidArgument);
  EXPECT_THROW(make_rbm("bernoulli", "", 4, 3, stream), InvalidArgument);
  EXPECT_THROW(make_rbm("bernoulli", "bernoulli", 0, 3, stream), InvalidArgument);
  EXPECT_THROW(make_rbm("bernoulli", "bernoulli", 4, -1, stream), InvalidArgument);
  EXPECT_THROW(tiny_rbm("bernoulli", "bernoulli").free_energy(Matrix::Zero(5, 2)), InvalidArgument);
}

}  // namespace
}  // namespace dbn
