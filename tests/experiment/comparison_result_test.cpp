#include <dbn/experiment/comparison_result.hpp>

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

#include "../support/made_record.hpp"

namespace dbn {
namespace {

using test::made;

Treatment of(const std::string& start) { return {.start = start, .layers = {20}, .labels = 100}; }

TEST(ComparisonResult, CellsAreWhatTheirRunsComeTo) {
  const auto result = summarize(made({5, 6, 7}, {8, 9, 11}));
  const auto& cell = result.cell(of("rbm"));
  EXPECT_EQ(cell.runs, 3);
  EXPECT_EQ(cell.failures, 0);
  EXPECT_EQ(cell.test_error->mean, 6);
  EXPECT_EQ(cell.test_error->deviation, 1);
  EXPECT_THAT(cell.test_errors, testing::ElementsAre(5, 6, 7));
  EXPECT_EQ(cell.pretrain_seconds, 3);
  EXPECT_EQ(cell.finetune_seconds, 2);
  // Validation errors are 6, 5 of the first seed and 7, 6 and 8, 7 of the others: one arrives at 5 %, in epoch 2.
  EXPECT_EQ(cell.epochs_to_target.arrived, 1);
  EXPECT_EQ(cell.epochs_to_target.runs, 3);
  EXPECT_FALSE(cell.epochs_to_target.median) << "fewer than half arrived";
  EXPECT_FALSE(cell.chosen);
  EXPECT_THROW(result.cell(of("xavier")), InvalidArgument);
}

TEST(ComparisonResult, APairTurnedRoundIsItsOpposite) {
  auto record = made({5, 6, 7}, {8, 9, 11});
  record.runs[0].wrong = {1, 2, 3};
  record.runs[3].wrong = {3, 4};
  const auto result = summarize(record);
  const auto there = result.pair("rbm", "he", {20}, 100);
  const auto back = result.pair("he", "rbm", {20}, 100);
  EXPECT_NEAR(there.errors.difference.mean, -10.0 / 3, 1e-14);
  EXPECT_EQ(there.errors.difference.mean, -back.errors.difference.mean);
  EXPECT_EQ((*there.errors.difference.interval)[0], -(*back.errors.difference.interval)[1]);
  EXPECT_EQ((*there.errors.bootstrap_interval)[1], -(*back.errors.bootstrap_interval)[0]);
  EXPECT_EQ(there.errors.effect->d_z, -back.errors.effect->d_z);
  EXPECT_EQ(there.errors.p_wilcoxon, back.errors.p_wilcoxon);
  EXPECT_EQ(there.cases.only_a, 2) << "1 and 2";
  EXPECT_EQ(there.cases.only_b, 1) << "4";
  EXPECT_EQ(back.cases.only_a, 1);
  EXPECT_THROW(result.pair("rbm", "xavier", {20}, 100), InvalidArgument);
  EXPECT_THROW(result.pair("rbm", "he", {20}, 10), InvalidArgument);
}

TEST(ComparisonResult, PairsAreOfTheSeedsOnWhichBothWereTrained) {
  auto record = made({5, 6, 7}, {8, 9, 11});
  record.runs[1].failure = "diverged";
  const auto result = summarize(record);
  const auto& cell = result.cell(of("rbm"));
  EXPECT_EQ(cell.failures, 1);
  EXPECT_EQ(cell.test_error->mean, 6) << "of 5 and 7";
  EXPECT_THAT(cell.seeds, testing::ElementsAre(0, 2));
  const auto pair = result.pair("rbm", "he", {20}, 100);
  EXPECT_EQ(pair.errors.seeds, 2);
  EXPECT_EQ(pair.errors.difference.mean, -3.5) << "of -3 and -4";
}

// Two-sided Wilcoxon of three differences of one sign is 1/4, of two pairs Holm doubles it.
TEST(ComparisonResult, AdjustsOverAllPairs) {
  auto record = made({5, 6, 7}, {8, 9, 11});
  EXPECT_EQ(summarize(record).pairs[0].p_holm, 0.25);
  test::add_runs(record, test::kRbm, 1000, {1, 2, 3});
  test::add_runs(record, test::kHe, 1000, {2, 3, 5});
  const auto result = summarize(record);
  ASSERT_EQ(result.pairs.size(), 2U);
  for (const auto& pair : result.pairs) EXPECT_EQ(pair.p_holm, 0.5);
}

// Controls explain results, and do not make it harder to see one: they are a family of their own.
TEST(ComparisonResult, PairsWithAControlAreAFamilyOfTheirOwn) {
  auto record = made({5, 6, 7}, {8, 9, 11});
  Start frozen = test::kRbm;
  frozen.name = "rbm+frozen";
  frozen.control = Control::frozen;
  test::add_runs(record, frozen, 100, {6, 7, 9});
  const auto result = summarize(record);
  EXPECT_EQ(result.pair("rbm", "he", {20}, 100).p_holm, 0.25);
  EXPECT_EQ(result.pair("rbm", "he", {20}, 100).family, 1);
  EXPECT_EQ(result.pair("rbm", "rbm+frozen", {20}, 100).family, 2);
  EXPECT_EQ(result.pair("rbm", "rbm+frozen", {20}, 100).p_holm, 0.5);
}

// Who gave up early would not have arrived either: both others arrive late, and half of three is not reached by one.
TEST(ComparisonResult, ARunThatStoppedEarlyOrDivergedNeverArrives) {
  auto record = made({5, 4, 4.5}, {8, 9, 11});
  auto& stopped = record.runs[0];
  stopped.history.resize(1);  // at 6 %
  record.runs[1].failure = "diverged";
  record.runs[1].history.clear();
  const auto cell = summarize(record).cell(of("rbm"));
  EXPECT_EQ(cell.epochs_to_target.runs, 3);
  EXPECT_EQ(cell.epochs_to_target.arrived, 1);
  EXPECT_FALSE(cell.epochs_to_target.median);
  for (auto& run : record.runs)
    for (auto& epoch : run.history) epoch.validation_error.reset();
  EXPECT_EQ(summarize(record).cell(of("rbm")).epochs_to_target.runs, 0) << "nobody looked";
}

// Rounding brings seconds that are added in another order past the end of the run that took longest.
TEST(ComparisonResult, WhoNeverArrivesIsWatchedAsLongAsTheLastArrival) {
  auto record = made({4, 9, 9}, {8, 9, 11});
  for (auto& run : record.runs) {
    run.pretrain_seconds = 0.1;
    run.history[0].seconds = 0.2;
    run.history[1].seconds = 0.3;
    run.finetune_seconds = 0.2 + 0.3;
  }
  record.runs[0].history[0].validation_error = 6;  // arrives at its end
  ASSERT_GT((0.1 + 0.2) + 0.3, 0.1 + (0.2 + 0.3)) << "as doubles";
  const auto cell = summarize(record).cell(of("rbm"));
  EXPECT_EQ(cell.seconds_to_target.arrived, 1);
  EXPECT_FALSE(cell.seconds_to_target.median) << "two of three never arrived";
}

// Four pairs of a pretrained and a random start: each has 1.25 % to be wrong with. Student's t with 2 degrees is
// t(p) = (2p - 1) / sqrt(2 p (1 - p)).
TEST(ComparisonResult, TheJointIntervalHoldsForEveryPairThatMayBeChosen) {
  auto record = made({5, 6, 7}, {8, 9, 11});
  EXPECT_EQ(summarize(record).pairs[0].joint_interval, summarize(record).pairs[0].errors.difference.interval);
  Start denoising = test::kRbm, xavier = test::kHe, frozen = test::kRbm;
  denoising.name = "denoising";
  xavier.name = "xavier";
  frozen.name = "rbm+frozen";
  frozen.control = Control::frozen;
  test::add_runs(record, denoising, 100, {6, 7, 7});
  test::add_runs(record, xavier, 100, {9, 9, 12});
  test::add_runs(record, frozen, 100, {9, 8, 9});
  const auto result = summarize(record);
  const auto pair = result.pair("he", "rbm", {20}, 100);
  EXPECT_EQ(pair.rivals, 4);
  const double p = 1 - 0.05 / 8;
  const double half = (2 * p - 1) / std::sqrt(2 * p * (1 - p)) * pair.errors.difference.deviation / std::sqrt(3);
  ASSERT_TRUE(pair.joint_interval);
  EXPECT_NEAR((*pair.joint_interval)[0], pair.errors.difference.mean - half, 1e-9);
  EXPECT_NEAR((*pair.joint_interval)[1], pair.errors.difference.mean + half, 1e-9);
  EXPECT_EQ((*result.pair("rbm", "he", {20}, 100).joint_interval)[0], -(*pair.joint_interval)[1]);
  EXPECT_FALSE(result.pair("rbm", "denoising", {20}, 100).joint_interval) << "both are pretrained";
  EXPECT_FALSE(result.pair("rbm+frozen", "he", {20}, 100).joint_interval) << "a control";
}

// A tenth of a point is less than one of 200 test cases.
TEST(ComparisonResult, FewTestCasesShowNoEquivalence) {
  auto record = made({5, 6, 7, 8}, {5.02, 5.98, 7.01, 7.99});
  EXPECT_EQ(summarize(record).pairs[0].errors.equivalence.p, 1);
  record.header.test_cases = 10000;
  EXPECT_LT(summarize(record).pairs[0].errors.equivalence.p, 0.05);
}

TEST(ComparisonResult, TheBestIsTheOneOfLeastErrorThatTrainsMoreOftenThanNot) {
  auto record = made({1, 1, 1}, {8, 9, 11});
  Start denoising = test::kRbm;
  denoising.name = "denoising";
  test::add_runs(record, denoising, 100, {5, 6, 7});
  record.runs[0].failure = "diverged";
  EXPECT_EQ(summarize(record).best({20}, 100, true)->treatment.start, "rbm");
  record.runs[1].failure = "diverged";
  EXPECT_EQ(summarize(record).best({20}, 100, true)->treatment.start, "denoising");
  EXPECT_EQ(summarize(record).best({20}, 100, false)->treatment.start, "he");
}

// He fails on the seeds that are hard for all, and is worse than xavier on every other.
TEST(ComparisonResult, TheBestIsFoundOnTheSeedsThatAllHave) {
  auto record = made({5, 6, 7, 8}, {5, 6, 1, 1});
  Start xavier = test::kHe;
  xavier.name = "xavier";
  test::add_runs(record, xavier, 100, {4, 5, 12, 13});
  for (auto& run : record.runs)
    if (run.treatment.start == "he" && run.seed > 1) run.failure = "diverged";
  EXPECT_EQ(summarize(record).best({20}, 100, false)->treatment.start, "xavier");
  for (auto& run : record.runs)  // no seed is left that both have: each by its own
    if (run.treatment.start == "xavier" && run.seed < 2) run.failure = "diverged";
  EXPECT_EQ(summarize(record).best({20}, 100, false)->treatment.start, "he");
}

TEST(ComparisonResult, TheChosenTrialIsTheFirstOfLeastValidationError) {
  auto record = made({5, 6}, {8, 9});
  for (const double error : {7.0, 6.0, 6.0})
    record.trials.push_back({.treatment = of("rbm"),
                             .trial = std::ssize(record.trials),
                             .settings = {},
                             .validation_error = error,
                             .updates = 10,
                             .seconds = 4});
  record.trials.push_back({.treatment = of("rbm"), .trial = 3, .settings = {}});  // diverged
  const auto result = summarize(record);
  const auto& cell = result.cell(of("rbm"));
  EXPECT_EQ(cell.chosen->trial, 1);
  EXPECT_EQ(cell.tuning_trials, 4);
  EXPECT_EQ(cell.tuning_updates, 30);
  EXPECT_EQ(cell.tuning_seconds, 12);
}

TEST(ComparisonResult, RefusesARecordWithoutRuns) { EXPECT_THROW(summarize(ComparisonRecord{}), InvalidArgument); }

}  // namespace
}  // namespace dbn
