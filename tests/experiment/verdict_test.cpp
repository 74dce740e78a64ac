#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <dbn/experiment/comparison_result.hpp>
#include <dbn/experiment/power.hpp>

#include "../support/made_record.hpp"

namespace dbn {
namespace {

using test::add_runs;
using test::kHe;
using test::kRbm;
using test::made;
using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

std::string said_of(const ComparisonRecord& record) { return verdict(record, summarize(record)); }

// Errors of ten seeds, more or less `mean`: each moved otherwise.
std::vector<double> ten(double mean, double spread = 0.1) {
  std::vector<double> errors;
  for (const int place : {3, 1, 4, 1, 5, 9, 2, 6, 5, 3}) errors.push_back(mean + spread * (place - 3.9));
  return errors;
}
const std::vector<double> kOthers{8.1, 9.2, 8.4, 9.9, 8.8, 9.3, 8.6, 9.7, 9.1, 8.9};

TEST(Verdict, SaysWhatTenSeedsAndTheRankTestAgreeOn) {
  EXPECT_THAT(said_of(made(ten(5), kOthers)),
              AllOf(HasSubstr("With 100 labels, start from rbm"), HasSubstr("4.00 points below he"),
                    HasSubstr("pretraining helps here"), HasSubstr("10 seeds, these"),
                    HasSubstr("Wilcoxon's test agrees (p = 0.002)")));
  EXPECT_THAT(said_of(made(kOthers, ten(5))), AllOf(HasSubstr("start from he"), HasSubstr("4.00 points below rbm"),
                                                    HasSubstr("pretraining does not help here")));
}

// Fewer seeds recommend what their interval allows, but find nothing out.
TEST(Verdict, FewSeedsPointAndDoNotClaim) {
  EXPECT_THAT(said_of(made({5, 6, 7}, {8, 9.1, 9.9})),
              AllOf(HasSubstr("With 100 labels, start from rbm"), HasSubstr("3.00 points below he"),
                    HasSubstr("pretraining seems to help here"), HasSubstr("3 seeds"), Not(HasSubstr("helps here"))));
  EXPECT_THAT(said_of(made({8, 9.1, 9.9}, {5, 6, 7})),
              AllOf(HasSubstr("start from he"), HasSubstr("3.00 points below rbm"),
                    HasSubstr("pretraining does not seem to help here")));
}

// The best of two pretrained starts is best by luck as well: what one pair would show, two do not.
TEST(Verdict, CountsTheChoiceOfTheBest) {
  auto record = made({5, 6, 7}, {6.5, 7.9, 8.0});
  ASSERT_THAT(said_of(record), HasSubstr("start from rbm"));
  Start denoising = kRbm;
  denoising.name = denoising.method = "denoising";
  add_runs(record, denoising, 100, {6, 7, 7.5});
  EXPECT_THAT(said_of(record), AllOf(HasSubstr("3 seeds do not tell rbm from he"),
                                     HasSubstr("wide enough for the best of 2 pairs"), Not(HasSubstr("start from"))));
}

TEST(Verdict, RecommendsNothingWhenTheIntervalHoldsZero) {
  for (const auto& record : {made({5, 6, 7}, {8, 5, 9}), made({8, 5, 9}, {5, 6, 7}), made({5, 6}, {5.5, 5.5})}) {
    const std::string text = said_of(record);
    EXPECT_THAT(text, HasSubstr("seeds do not tell rbm from he"));
    EXPECT_THAT(text, HasSubstr("the interval holds 0"));
    EXPECT_THAT(text, HasSubstr("ake the cheaper"));
    EXPECT_THAT(text, Not(AnyOf(HasSubstr("start from"), HasSubstr("helps"), HasSubstr("does not help"))));
    EXPECT_THAT(text, Not(HasSubstr("-0.00")));
  }
}

// Seen elsewhere: a comparison with unequal rates or one run.
TEST(Verdict, OneSeedTellsNothing) {
  for (const auto& record : {made({5}, {8}), made({8}, {5}), made({5}, {5})}) {
    const std::string text = said_of(record);
    EXPECT_THAT(text, HasSubstr("one seed cannot tell"));
    EXPECT_THAT(text, Not(AnyOf(HasSubstr("start from"), HasSubstr("helps"), HasSubstr("-0.00"))));
  }
  EXPECT_THAT(said_of(made({8}, {5})), HasSubstr("he erred 3.00 points less than rbm"));
}

// Three seeds cannot make a rank test sure, six can: 2 / 2^6 is below 5 %. A claim takes ten all the same.
TEST(Verdict, SaysWhetherTheRankTestAgrees) {
  EXPECT_THAT(said_of(made({5, 6, 7}, {8, 9.1, 9.9})),
              HasSubstr("does not confirm it yet (Holm's p = 0.25), which takes 10 seeds at least"));
  EXPECT_THAT(said_of(made({5, 6, 7, 5, 6, 7}, {8, 9.1, 9.9, 8.2, 9.3, 9.8})),
              AllOf(HasSubstr("pretraining seems to help here"),
                    HasSubstr("Wilcoxon's test agrees (p = 0.031). 10 seeds would make it a claim.")));
}

TEST(Verdict, SaysWhenTheDifferenceIsTooSmallToMatter) {
  // Within a tenth of a point, and not above 0 for sure: differences .02, -.02, .01, -.01 around 0.
  auto record = made({5, 6, 7, 8}, {5.02, 5.98, 7.01, 7.99});
  record.header.test_cases = 10000;
  EXPECT_THAT(said_of(record), HasSubstr("the same within 0.1 points"));
  EXPECT_THAT(said_of(made({5, 6, 7, 8}, {6, 5.5, 8, 7.5})), AllOf(HasSubstr("about "), HasSubstr("seeds would show")));
}

// What one pair would show, the best of two does not: Bonferroni's level is half, of equivalence and of power alike.
TEST(Verdict, EquivalenceAndSeedsNeededCountTheChoiceToo) {
  const std::vector<double> rbm{5, 6, 7, 8}, he{5.08, 6.01, 7.06, 7.97};
  const auto pair = paired_comparison(he, rbm);
  ASSERT_LT(pair.equivalence.p, 0.05);
  ASSERT_GT(2 * pair.equivalence.p, 0.05);
  auto record = made(rbm, he);
  record.header.test_cases = 10000;
  EXPECT_THAT(said_of(record), HasSubstr("the same within 0.1 points"));
  Start denoising = kRbm;
  denoising.name = denoising.method = "denoising";
  add_runs(record, denoising, 100, {9, 9, 9, 9.5});
  const auto needed = pairs_needed(pair.difference.mean, pair.difference.deviation, 0.8, 0.05 / 2);
  EXPECT_GT(*needed, *pair.seeds_needed);
  EXPECT_GT(*needed, 10);
  EXPECT_THAT(said_of(record), AllOf(Not(HasSubstr("the same within")),
                                     HasSubstr(fmt::format("about {} seeds would show it", *needed))));
}

// Three differences of exactly one point: no spread, so no interval and no certainty.
TEST(Verdict, EqualDifferencesAreTooCoarseToTell) {
  const std::string text = said_of(made({5, 6, 7}, {6, 7, 8}));
  EXPECT_THAT(text, HasSubstr("3 seeds cannot tell: rbm erred 1.00 points less than he in each"));
  EXPECT_THAT(text, Not(AnyOf(HasSubstr("start from"), HasSubstr("helps"))));
  EXPECT_THAT(said_of(made({5, 6, 7}, {5, 6, 7})), HasSubstr("3 seeds cannot tell: he and rbm erred alike in each"));
}

// He fails on the seeds that are hard for everybody: its mean is lower, and it is worse wherever both were trained.
TEST(Verdict, JudgesByTheSeedsOnWhichBothWereTrained) {
  auto record = made({5, 6.1, 15, 16, 14}, {6, 7.2, 9, 9, 9});
  for (auto& run : record.runs)
    if (run.treatment.start == "he" && run.seed >= 2) run.failure = "diverged";
  for (std::uint64_t seed = 5; seed < 8; ++seed) {
    for (const char* start : {"rbm", "he"}) {
      auto run = record.runs.front();
      run.treatment.start = start;
      run.seed = seed;
      run.test_error = (start[0] == 'r' ? 5 : 6) + 0.1 * static_cast<double>(seed * seed % 5);
      record.runs.push_back(run);
    }
  }
  record.header.seeds = 8;
  EXPECT_THAT(said_of(record), AllOf(HasSubstr("start from rbm"), HasSubstr("5 seeds, these"),
                                     HasSubstr("3 of 8 runs of he diverged"), Not(HasSubstr("helps here"))));
}

TEST(Verdict, AStartThatFailsIsNotPreferred) {
  auto record = made({1, 1, 1}, {8, 9.1, 9.9});
  Start denoising = kRbm;
  denoising.name = denoising.method = "denoising";
  add_runs(record, denoising, 100, {5, 6, 7});
  for (auto& run : record.runs)
    if (run.treatment.start == "rbm" && run.seed > 0) run.failure = "diverged";
  EXPECT_THAT(said_of(record), HasSubstr("start from denoising"));
}

// One that fails once in ten is neither passed over for one that is worse, nor recommended without a word.
TEST(Verdict, OneFailureDoesNotHideTheBestStart) {
  auto record = made(ten(1), kOthers);
  Start denoising = kRbm;
  denoising.name = denoising.method = "denoising";
  add_runs(record, denoising, 100, ten(12));
  record.runs[4].failure = "diverged";
  EXPECT_THAT(said_of(record),
              AllOf(HasSubstr("where it can be trained at all, rbm is better"), HasSubstr("pretraining seems to help"),
                    HasSubstr("1 of 10 runs of rbm diverged"), Not(HasSubstr("start from"))));
}

TEST(Verdict, ControlsThatDoAsWellTakeTheWinAway) {
  auto record = made({5, 6, 7}, {8, 9.1, 9.9});
  Start longer = kHe;
  longer.name = "he+longer";
  longer.control = Control::longer;
  add_runs(record, longer, 100, {5.1, 5.8, 7.2});
  Start shuffled = kRbm;
  shuffled.name = "rbm+shuffled";
  shuffled.control = Control::shuffled;
  add_runs(record, shuffled, 100, {9, 9.8, 11.1});
  EXPECT_THAT(said_of(record), AllOf(HasSubstr("but he+longer is not clearly worse"), Not(HasSubstr("help here")),
                                     Not(HasSubstr("rbm+shuffled is"))));
}

// Any start that trains for as long, and one that should have been looked at and was not.
TEST(Verdict, AControlOfAnotherStartCountsAndOneThatFailedSaysNothing) {
  auto record = made(ten(5), kOthers);
  Start xavier = kHe, longer = kHe, shuffled = kRbm;
  xavier.name = xavier.method = longer.method = "xavier";
  longer.name = "xavier+longer";
  longer.control = Control::longer;
  shuffled.name = "rbm+shuffled";
  shuffled.control = Control::shuffled;
  add_runs(record, xavier, 100, ten(10, 0.2));
  ASSERT_THAT(said_of(record), HasSubstr("pretraining helps here"));
  add_runs(record, longer, 100, ten(3, 0.15));
  EXPECT_THAT(said_of(record), AllOf(HasSubstr("but xavier+longer is better"), HasSubstr("xavier+longer errs 3.00 %"),
                                     Not(HasSubstr("helps here"))));
  record = made(ten(5), kOthers);
  add_runs(record, shuffled, 100, ten(9));
  for (auto& run : record.runs)
    if (run.treatment.start == "rbm+shuffled") run.failure = "diverged";
  EXPECT_THAT(said_of(record),
              AllOf(HasSubstr("but rbm+shuffled was not trained often enough to tell"), Not(HasSubstr("helps here"))));
}

// Equal differences have no interval, but ranks that tell from ten seeds on.
TEST(Verdict, AControlThatErrsTheSameMoreOnEverySeedIsWorse) {
  auto record = made(ten(5), kOthers);
  Start shuffled = kRbm;
  shuffled.name = "rbm+shuffled";
  shuffled.control = Control::shuffled;
  add_runs(record, shuffled, 100, ten(8));
  EXPECT_THAT(said_of(record), HasSubstr("pretraining helps here"));
  record = made({5, 6, 7}, {8, 9.1, 9.9});
  add_runs(record, shuffled, 100, {8, 9, 10});
  EXPECT_THAT(said_of(record), HasSubstr("but rbm+shuffled is not clearly worse"));
  record = made(ten(5), kOthers);
  add_runs(record, shuffled, 100, ten(5));
  EXPECT_THAT(said_of(record), HasSubstr("but rbm+shuffled is not worse"));
}

// More seeds answer neither a control nor a failure.
TEST(Verdict, PromisesNoClaimThatSeedsAloneDoNotMake) {
  auto record = made({5, 6, 7, 5, 6, 7}, {8, 9.1, 9.9, 8.2, 9.3, 9.8});
  ASSERT_THAT(said_of(record), HasSubstr("10 seeds would make it a claim"));
  Start longer = kHe;
  longer.name = "he+longer";
  longer.control = Control::longer;
  auto controlled = record;
  add_runs(controlled, longer, 100, {4, 5, 6, 4, 5, 6.1});
  EXPECT_THAT(said_of(controlled), AllOf(HasSubstr("but he+longer is better"), Not(HasSubstr("make it a claim"))));
  record = made(ten(5), kOthers);
  record.runs[13].failure = "diverged";
  EXPECT_THAT(said_of(record), AllOf(HasSubstr("1 of 10 runs of he diverged"), Not(HasSubstr("make it a claim"))));
}

TEST(Verdict, SaysOnWhichSeedStartsWereTunedAndWhatThatTook) {
  auto record = made({5, 6, 7}, {8, 9.1, 9.9});
  EXPECT_THAT(said_of(record), HasSubstr("No start was tuned"));
  record.header.tuning_trials = 2;
  record.header.seed = 7;
  for (const double seconds : {3.0, 1.5})
    record.trials.push_back({.treatment = record.runs[0].treatment, .trial = 0, .settings = {}, .seconds = seconds});
  EXPECT_THAT(verdict(record, summarize(record)), AllOf(HasSubstr("cases of seed 7, each by the same 2 trials"),
                                                        HasSubstr("took 4.5 s"), HasSubstr("no interval counts")));
}

TEST(Verdict, TellsTheCost) {
  EXPECT_THAT(said_of(made({5, 6, 7}, {8, 9.1, 9.9})),
              HasSubstr("A run of rbm takes 3 s of pretraining and 2 s of fine-tuning, one of he 2 s"));
}

TEST(Verdict, NeverChoosesAControl) {
  auto record = made({5, 6, 7}, {8, 9.1, 9.9});
  Start frozen = kRbm;
  frozen.name = "rbm+frozen";
  frozen.control = Control::frozen;
  add_runs(record, frozen, 100, {1, 2, 3});
  EXPECT_THAT(said_of(record), AllOf(HasSubstr("start from rbm:"), HasSubstr("Controls: rbm+frozen errs 2.00 %")));
}

TEST(Verdict, StartsOfOneKindAreNotComparedWithAnother) {
  ComparisonRecord record;
  record.header.test_cases = 200;
  add_runs(record, kHe, 100, {5, 6, 7});
  EXPECT_THAT(said_of(record), AllOf(HasSubstr("he has the lowest mean error of the starts, 6.00 %; name a pretrained"),
                                     Not(HasSubstr("start from"))));
}

TEST(Verdict, SaysWhatIsMissingForAComparison) {
  auto record = made({5, 6}, {8, 9});
  for (auto& run : record.runs)
    if (run.treatment.start == "rbm") run.failure = "diverged";
  EXPECT_THAT(said_of(record), HasSubstr("he has the lowest mean error of the starts, 8.50 %; no run of a pretrained "
                                         "start ended with a net. 2 of 2 runs of rbm diverged"));
  ComparisonRecord controls;
  controls.header.test_cases = 200;
  Start frozen = kRbm;
  frozen.name = "rbm+frozen";
  frozen.control = Control::frozen;
  add_runs(controls, frozen, 100, {5, 6});
  EXPECT_THAT(said_of(controls), HasSubstr("no start ended with a net but as a control of one."));
  for (auto& run : controls.runs) run.failure = "diverged";
  EXPECT_THAT(said_of(controls), HasSubstr("no run ended with a net."));
}

TEST(Verdict, SaysItForEachLabelCountAndWhereItGoes) {
  auto record = made(ten(5), kOthers);
  add_runs(record, kRbm, 1000, ten(3));
  add_runs(record, kHe, 1000, ten(2, 0.2));
  EXPECT_THAT(said_of(record),
              testing::ContainsRegex("With 100 labels, start.*\nWith 1000 labels, start.*\nWhat pretraining gains "
                                     "goes from 4.00 points with 100 labels to -1.00 with 1000"));
}

// Two intervals that overlap are no way that anything goes, and neither are two numbers without one.
TEST(Verdict, TellsOfNoTrendThatTheIntervalsDoNotShow) {
  auto record = made({5, 6, 7}, {8, 9.1, 9.9});
  add_runs(record, kRbm, 1000, {3});
  add_runs(record, kHe, 1000, {2});
  EXPECT_THAT(said_of(record), Not(HasSubstr("What pretraining gains")));
  record = made(ten(5), kOthers);
  add_runs(record, kRbm, 1000, ten(5.1));
  add_runs(record, kHe, 1000, kOthers);
  EXPECT_THAT(said_of(record), Not(HasSubstr("What pretraining gains")));
}

}  // namespace
}  // namespace dbn
