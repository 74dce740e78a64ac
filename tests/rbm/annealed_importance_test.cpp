#include <dbn/rbm/annealed_importance.hpp>

#include <algorithm>
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

using test::tiny_rbm;
using testing::ElementsAre;
using testing::HasSubstr;

AnnealedPartition anneal(const Rbm& rbm, const std::string& betas, std::uint64_t seed = 1, Index chains = 100,
                         const AnnealingData& data = {}) {
  return annealed_log_partition(rbm, {.betas = betas, .chains = chains, .reverse_steps = 50}, seed, data);
}

// Five standard errors leave a right estimate one chance in a million, as long as many chains carry the weight, which
// is asked for. Inputs are rounded to Scalar at each of 500 steps: 500 sums of 32 terms near 3.
void expect_near_exact(const PartitionEstimate& found, double expected, double precision) {
  const double rounding = 500 * std::sqrt(32.0) * 3 * static_cast<double>(std::numeric_limits<Scalar>::epsilon());
  EXPECT_LT(found.standard_error, precision);
  EXPECT_GT(found.effective_sample_size, 50);
  EXPECT_NEAR(found.log_partition, expected, 5 * found.standard_error + rounding);
  EXPECT_LT(found.least, found.log_partition);
  EXPECT_GT(found.most, found.log_partition);
}

struct Machine {
  const char *visible, *hidden;
  Index visible_count, hidden_count;
  double deviation;
};
class AnnealedImportance : public testing::TestWithParam<Machine> {};

// Gaussian units pull on each other by W W', so that their weights are smaller.
INSTANTIATE_TEST_SUITE_P(
    All, AnnealedImportance,
    testing::Values(Machine{"bernoulli", "bernoulli", 16, 16, 0.4}, Machine{"bipolar", "bipolar", 8, 10, 0.2},
                    Machine{"bernoulli", "softmax", 10, 6, 0.8}, Machine{"softmax", "bernoulli", 6, 8, 0.8},
                    Machine{"bernoulli", "gaussian", 8, 4, 0.3}, Machine{"gaussian", "bernoulli", 8, 10, 0.3},
                    Machine{"gaussian-learned", "bernoulli", 8, 10, 0.3},
                    Machine{"gaussian-learned:0-1,softmax:2-4,bernoulli:5-", "bipolar", 9, 8, 0.3}),
    [](const auto& test) { return test::parameter_name(std::string(test.param.visible) + "_" + test.param.hidden); });

TEST_P(AnnealedImportance, AgreesWithTheSumFromBothSides) {
  const Machine& m = GetParam();
  const Rbm rbm = tiny_rbm(m.visible, m.hidden, m.visible_count, m.hidden_count, m.deviation);
  const double expected = exact_log_partition(rbm);
  const AnnealedPartition found = anneal(rbm, "500");
  expect_near_exact(found.forward, expected, 0.1);
  expect_near_exact(found.reverse, expected, 0.1);
}

// Another base model, and chains that come from data: the same Z.
TEST_P(AnnealedImportance, AgreesFromTheDatasBase) {
  const Machine& m = GetParam();
  const Rbm rbm = tiny_rbm(m.visible, m.hidden, m.visible_count, m.hidden_count, m.deviation);
  const Matrix cases = test::tiny_cases(*rbm.visible, m.visible_count, 40);
  const AnnealingData data{.mean = cases.rowwise().mean(), .cases = cases};
  const AnnealedPartition found = anneal(rbm, "500", 2, 100, data);
  expect_near_exact(found.forward, exact_log_partition(rbm), 0.15);
  expect_near_exact(found.reverse, exact_log_partition(rbm), 0.15);
}

// Nothing is coupled: every chain has the same weight, and the steps add up.
TEST(Annealing, WithoutWeightsIsExactWithoutVariance) {
  const Rbm rbm = tiny_rbm("bernoulli", "bernoulli", 30, 40, 0);
  double expected = 0;
  for (const Scalar bias : rbm.visible_bias) expected += softplus(static_cast<double>(bias));
  for (const Scalar bias : rbm.hidden_bias) expected += softplus(static_cast<double>(bias));
  const AnnealedPartition found = anneal(rbm, "0:0.1:0.5,0.5:0.05:1");
  for (const auto& side : {found.forward, found.reverse}) {
    EXPECT_NEAR(side.log_partition, expected, 1e-9);
    EXPECT_LT(side.standard_error, 1e-9);
    EXPECT_NEAR(side.effective_sample_size, 100, 1e-6);
    EXPECT_NEAR(side.least, expected, 1e-7);
    EXPECT_NEAR(side.most, expected, 1e-7);
  }
}

// The logarithm of a mean errs by its variance: with two chains and two steps enough to be seen on both sides, by means
// over 150 seeds that are more than three of their standard errors away.
TEST(Annealing, BothWaysBracketTheTruth) {
  const Rbm rbm = tiny_rbm("bernoulli", "bernoulli", 10, 10, 1.0);
  const double expected = exact_log_partition(rbm);
  constexpr Index kSeeds = 150;
  Eigen::ArrayXd forward(kSeeds), reverse(kSeeds);
  for (Index s = 0; s < kSeeds; ++s) {
    const AnnealedPartition found = anneal(rbm, "2", static_cast<std::uint64_t>(s), 2);
    forward[s] = found.forward.log_partition;
    reverse[s] = found.reverse.log_partition;
  }
  const auto error = [&](const Eigen::ArrayXd& x) {
    return std::sqrt((x - x.mean()).square().sum() / double(kSeeds * (kSeeds - 1)));
  };
  EXPECT_LT(forward.mean() + 3 * error(forward), expected);
  EXPECT_GT(reverse.mean() - 3 * error(reverse), expected);
}

// The variance of log weights falls with the number of steps; 25 times the steps make less than half the error.
TEST(Annealing, MoreStepsAreMorePrecise) {
  const Rbm rbm = tiny_rbm("bernoulli", "bernoulli", 12, 12, 0.5);
  const AnnealedPartition few = anneal(rbm, "16"), many = anneal(rbm, "400");
  EXPECT_LT(many.forward.standard_error, few.forward.standard_error / 2);
  EXPECT_LT(many.reverse.standard_error, few.reverse.standard_error / 2);
  EXPECT_GT(many.forward.effective_sample_size, few.forward.effective_sample_size);
}

std::vector<double> numbers(const AnnealedPartition& p) {
  std::vector<double> all;
  for (const auto& e : {p.forward, p.reverse})
    all.insert(all.end(), {e.log_partition, e.standard_error, e.effective_sample_size, e.least, e.most});
  return all;
}

TEST(Annealing, HasTheSameBitsWithAnyNumberOfThreads) {
  for (const char* hidden : {"bernoulli", "softmax"}) {
    const Rbm rbm = tiny_rbm("bernoulli", hidden, 70, 300, 0.05);
    std::vector<double> expected;
    for (const int threads : {1, 2, 3}) {
      const test::ThreadCount guard(threads);
      const auto found = numbers(anneal(rbm, "20", 7, 37));
      if (threads == 1) expected = found;
      EXPECT_EQ(found, expected) << hidden << ", " << threads;
    }
  }
}

TEST(Annealing, DependsOnTheSeed) {
  const Rbm rbm = tiny_rbm("bernoulli", "bernoulli", 10, 10);
  EXPECT_EQ(numbers(anneal(rbm, "20", 1)), numbers(anneal(rbm, "20", 1)));
  EXPECT_NE(numbers(anneal(rbm, "20", 1)), numbers(anneal(rbm, "20", 2)));
}

// All units off or all on, each with half of Z, and no way from one to the other. Annealing from the base finds only
// the first, on either way; half of the chains of the way back stand on the second when they are put there.
TEST(Annealing, TheWayBackStartsAtTheCasesGiven) {
  Rbm rbm = tiny_rbm("bernoulli", "bernoulli", 8, 8, 0);
  rbm.weights.setConstant(Scalar{8});
  rbm.visible_bias.setConstant(Scalar{-32});
  rbm.hidden_bias.setConstant(Scalar{-32});
  ASSERT_NEAR(exact_log_partition(rbm), std::log(2), 1e-9);
  const AnnealedPartition alone = anneal(rbm, "50");
  EXPECT_NEAR(alone.forward.log_partition, 0, 1e-4);
  EXPECT_NEAR(alone.reverse.log_partition, 0, 1e-4);
  const AnnealedPartition helped = anneal(rbm, "50", 1, 100, {.mean = {}, .cases = Matrix::Ones(8, 1)});
  EXPECT_NEAR(helped.forward.log_partition, 0, 1e-4);
  EXPECT_NEAR(helped.reverse.log_partition, std::log(2), 1e-4);
}

TEST(Annealing, TellsHowFarItIsAndStopsWhenAsked) {
  const Rbm rbm = tiny_rbm("bernoulli", "bernoulli");
  const AnnealingOptions options{.betas = "10", .chains = 4, .reverse_steps = 5};
  std::vector<double> shares;
  AnnealingObserver observer;
  observer.progress = [&](double done) { shares.push_back(done); };
  annealed_log_partition(rbm, options, 1, {}, observer);
  ASSERT_EQ(shares.size(), 25U);
  EXPECT_DOUBLE_EQ(shares.front(), 1.0 / 25);
  EXPECT_EQ(shares.back(), 1);
  observer.stop_requested = [&] { return shares.size() >= 28; };
  EXPECT_THROW(annealed_log_partition(rbm, options, 1, {}, observer), Interrupted);
  EXPECT_EQ(shares.size(), 28U);
}

TEST(Betas, AreReadAsWritten) {
  EXPECT_THAT(parse_betas("4", "--betas"), ElementsAre(0, 0.25, 0.5, 0.75, 1));
  EXPECT_THAT(parse_betas("1", "--betas"), ElementsAre(0, 1));
  EXPECT_THAT(parse_betas("0:0.25:0.5,0.5:0.5:1", "--betas"), ElementsAre(0, 0.25, 0.5, 1));
  EXPECT_THAT(parse_betas("0:0.45:1", "--betas"), ElementsAre(0, 0.5, 1)) << "2.2 steps are taken as a whole number";
  const auto published = parse_betas(AnnealingOptions().betas, "--betas");
  EXPECT_EQ(published.size(), 14501U);
  EXPECT_EQ(published[500], 0.5);
  EXPECT_EQ(published[4500], 0.9);
  EXPECT_TRUE(std::is_sorted(published.begin(), published.end()));
}

TEST(Betas, RefuseWhatDoesNotLeadFromZeroToOne) {
  for (const char* text : {"",          "0",
                           "-3",        "x",
                           "1.5",       "nan",
                           "10000001",  "0:0.1",
                           "0:0.1:1:2", "0:0:1",
                           "0:-0.1:1",  "0:0.1:0.5",
                           "0.1:0.1:1", "0:0.1:0.5,0.6:0.1:1",
                           "0:0.1:1.5", "0:0.1:0.5,0.5:0.1:0.4",
                           "0:1e-9:1",  "0:0.1:1,",
                           "0:inf:1",   "0:0.1:1,1:0.1:1"})
    EXPECT_THROW(parse_betas(text, "--betas"), InvalidArgument) << "'" << text << "'";
  EXPECT_THAT([] { parse_betas("0:0.1:0.5", "--betas"); },
              testing::ThrowsMessage<InvalidArgument>(
                  testing::AllOf(HasSubstr("--betas"), HasSubstr("0.5"), HasSubstr("'0:0.1:0.5'"))));
}

TEST(Annealing, RefusesOptionsOutOfRange) {
  EXPECT_NO_THROW(AnnealingOptions().validate());
  EXPECT_THROW((AnnealingOptions{.betas = "no", .chains = 100, .reverse_steps = 0}.validate()), InvalidArgument);
  EXPECT_THROW((AnnealingOptions{.betas = "5", .chains = 1, .reverse_steps = 0}.validate()), InvalidArgument);
  EXPECT_THROW((AnnealingOptions{.betas = "5", .chains = 100, .reverse_steps = -1}.validate()), InvalidArgument);
}

TEST(Annealing, RefusesModelsAndDataThatDoNotSuit) {
  EXPECT_THAT([] { anneal(tiny_rbm("bernoulli", "relu"), "5"); },
              testing::ThrowsMessage<InvalidArgument>(HasSubstr("relu hidden units")));
  EXPECT_THAT([] { anneal(tiny_rbm("replicated-softmax", "bernoulli"), "5"); },
              testing::ThrowsMessage<InvalidArgument>(HasSubstr("how long a document is")));
  const Rbm rbm = tiny_rbm("bernoulli", "bernoulli", 4, 3);
  EXPECT_THROW(anneal(rbm, "5", 1, 10, {.mean = Vector::Zero(3), .cases = {}}), InvalidArgument);
  EXPECT_THROW(anneal(rbm, "5", 1, 10, {.mean = {}, .cases = Matrix::Zero(5, 2)}), InvalidArgument);
}

// Two Gaussian layers with a weight of 3: -E grows without bound, and so do the chains.
TEST(Annealing, SaysWhenThereIsNoLogZ) {
  const Rbm rbm{unit_type("gaussian"), unit_type("gaussian"), Matrix::Constant(2, 2, Scalar{3}), Vector::Ones(2),
                Vector::Ones(2)};
  EXPECT_THROW(anneal(rbm, "2000", 1, 4), DivergenceError);
}

TEST(Annealing, EstimatesItsWorkAndMemory) {
  const AnnealingOptions options{.betas = "100", .chains = 10, .reverse_steps = 50};
  EXPECT_EQ(annealing_work(30, 20, options), 4.0 * 30 * 20 * 10 * 250);
  EXPECT_GT(annealing_memory(30, 20, options), sizeof(Scalar) * (30 * 20 + 10 * (30 + 3 * 20)));
}

}  // namespace
}  // namespace dbn
