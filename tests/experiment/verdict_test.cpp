#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/experiment/comparison_result.hpp>

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

TEST(Verdict, RecommendsWhatTheIntervalAllows) {
  EXPECT_THAT(said_of(made({5, 6, 7}, {8, 9.1, 9.9})),
              AllOf(HasSubstr("With 100 labels, start from rbm"), HasSubstr("3.00 points below he"),
                    HasSubstr("pretraining helps here"), HasSubstr("3 seeds")));
  EXPECT_THAT(said_of(made({8, 9.1, 9.9}, {5, 6, 7})),
              AllOf(HasSubstr("start from he"), HasSubstr("3.00 points below rbm"),
                    HasSubstr("pretraining does not help here")));
}

TEST(Verdict, RecommendsNothingWhenTheIntervalHoldsZero) {
  for (const auto& record : {made({5, 6, 7}, {8, 5, 9}), made({8, 5, 9}, {5, 6, 7}), made({5, 6}, {5, 6})}) {
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

// Three seeds cannot make a rank test sure, six can: 2 / 2^6 is below 5 %.
TEST(Verdict, SaysWhetherTheRankTestAgrees) {
  EXPECT_THAT(said_of(made({5, 6, 7}, {8, 9.1, 9.9})),
              HasSubstr("does not confirm it yet (Holm's p = 0.25), which takes 6 seeds at least"));
  EXPECT_THAT(said_of(made({5, 6, 7, 5, 6, 7}, {8, 9.1, 9.9, 8.2, 9.3, 9.8})),
              HasSubstr("Wilcoxon's test agrees (p = 0.031)"));
}

TEST(Verdict, SaysWhenTheDifferenceIsTooSmallToMatter) {
  // Within a tenth of a point, and not above 0 for sure: differences .02, -.02, .01, -.01 around 0.
  auto record = made({5, 6, 7, 8}, {5.02, 5.98, 7.01, 7.99});
  record.header.test_cases = 10000;
  EXPECT_THAT(said_of(record), HasSubstr("the same within 0.1 points"));
  EXPECT_THAT(said_of(made({5, 6, 7, 8}, {6, 5.5, 8, 7.5})), AllOf(HasSubstr("about "), HasSubstr("seeds would show")));
}

// Three differences of exactly one point: no spread, so no interval and no certainty.
TEST(Verdict, EqualDifferencesAreTooCoarseToTell) {
  const std::string text = said_of(made({5, 6, 7}, {6, 7, 8}));
  EXPECT_THAT(text, HasSubstr("3 seeds cannot tell: rbm erred 1.00 points less than he in each"));
  EXPECT_THAT(text, Not(AnyOf(HasSubstr("start from"), HasSubstr("helps"))));
}

// A tenth of a point is less than one of a hundred test cases.
TEST(Verdict, CoarseTestCasesAreNoEquivalence) {
  auto record = made({5, 6, 7, 8}, {5.02, 5.98, 7.01, 7.99});
  record.header.test_cases = 100;
  EXPECT_THAT(said_of(record), Not(HasSubstr("the same within")));
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
  EXPECT_THAT(said_of(record),
              AllOf(HasSubstr("start from rbm"), HasSubstr("5 seeds, these"), HasSubstr("3 of 8 runs of he diverged")));
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
  EXPECT_THAT(said_of(record), AllOf(HasSubstr("but he that trains for as long is not clearly worse"),
                                     Not(HasSubstr("helps here")), Not(HasSubstr("shuffled weights are not"))));
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
  add_runs(record, kHe, 100, {5, 6, 7});
  EXPECT_THAT(said_of(record), AllOf(HasSubstr("he has the lowest mean error, 6.00 %"), Not(HasSubstr("start from"))));
}

TEST(Verdict, SaysItForEachLabelCountAndWhereItGoes) {
  auto record = made({5, 6, 7}, {8, 9.1, 9.9});
  add_runs(record, kRbm, 1000, {3});
  add_runs(record, kHe, 1000, {2});
  EXPECT_THAT(said_of(record),
              testing::ContainsRegex("With 100 labels, start.*\nWith 1000 labels, one seed.*\nWhat pretraining gains "
                                     "goes from 3.00 points with 100 labels to -1.00 with 1000"));
}

}  // namespace
}  // namespace dbn
