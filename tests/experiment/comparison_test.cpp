#include <dbn/experiment/comparison.hpp>

#include <atomic>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/data/split.hpp>
#include <dbn/io/folder.hpp>
#include <dbn/nn/evaluation.hpp>
#include <dbn/pretrain/unroll.hpp>

#include "../support/failing_calls.hpp"
#include "../support/peak_memory.hpp"
#include "../support/temp_dir.hpp"
#include "../support/thread_count.hpp"

namespace dbn {
namespace {

using testing::HasSubstr;
using testing::Not;

DataFiles tiny_digits() {
  static const DataFiles files = [] {
    DataOptions options;
    options.data = "synthetic:digits,cases=300,test=200";
    return open_data(options);
  }();
  return files;
}

ComparisonOptions tiny_options(std::vector<std::string> starts) {
  ComparisonOptions options;
  options.starts = std::move(starts);
  options.seeds = 2;
  options.pretrain.layers = {20, 20};
  options.pretrain.epochs = {2};
  options.pretrain.learning_rate = {0.1};
  options.finetune.epochs = 2;
  options.finetune.min_updates = 0;
  options.finetune.batch = 10;
  options.finetune.learning_rate = 0.01;
  return options;
}

ComparisonResult compare(const ComparisonOptions& options, const ComparisonObserver& observer = {}) {
  return compare_starts(tiny_digits(), "auto", options, 7, observer);
}

// What follows from the seed: everything but times.
std::vector<double> numbers(const ComparisonResult& result) {
  std::vector<double> all;
  for (const auto& run : result.runs) {
    all.insert(all.end(), {run.test_error, run.test_cross_entropy});
    for (const auto& epoch : run.history) all.insert(all.end(), {epoch.train_loss, *epoch.validation_error});
  }
  return all;
}

TEST(Comparison, StartsOfOneKindUnderTwoNamesDifferByExactlyNothing) {
  const auto result = compare(tiny_options({"xavier", "xavier-normal", "xavier-uniform"}));
  const auto& first = result.cell("xavier", 270);
  EXPECT_EQ(first.test_errors, result.cell("xavier-normal", 270).test_errors);
  const auto pair = result.pair("xavier", "xavier-normal", 270);
  EXPECT_EQ(pair.difference.mean, 0);
  EXPECT_EQ(pair.difference.interval, (std::array<double, 2>{0, 0}));
  EXPECT_EQ(pair.p_wilcoxon, 1);
  // Another start is another run: equality above is not that of nets which learn nothing.
  EXPECT_NE(result.runs[0].test_cross_entropy, result.runs[2].test_cross_entropy);
  EXPECT_EQ(result.runs[0].test_cross_entropy, result.runs[1].test_cross_entropy);
  EXPECT_NE(result.runs[0].test_cross_entropy, result.runs[3].test_cross_entropy) << "seeds must differ";
}

/// A seed's part in a comparison, done again by hand: what every start shares.
struct ByHand {
  ByHand(const DataFiles& data, const ComparisonOptions& options, Index labels, std::uint64_t seed_)
      : seed(seed_),
        split(split_validation(*data.training, options.validation, seed)),
        scaling(fit_preprocessing("auto", *data.training, split.training)),
        training(data.training, split.training, scaling),
        validation(data.training, split.validation, scaling),
        labelled(data.training, choose_labels(*data.training, split.training, labels, seed), scaling),
        test(data.test, all_cases(data.test->case_count()), scaling) {}

  Mlp net(const Start& start, const ComparisonOptions& o) const {
    if (!start.pretrained) return make_mlp({784, 20, 20, 10}, start.activation, start.method, seed);
    return unroll(pretrain(training, &validation, pretrain_options(start, o.pretrain), seed).stack, 10, seed);
  }

  std::uint64_t seed;
  Split split;
  Preprocessing scaling;
  PreparedCases training, validation, labelled, test;
};

// Seen elsewhere: a comparison with unequal rates or one run. Here with the rates that nobody named, too.
TEST(Comparison, EveryStartIsTrainedByTheSameOptionsOnTheSameCases) {
  for (const bool default_rate : {false, true}) {
    auto options = tiny_options({"rbm", "denoising", "xavier", "he", "zeros"});
    options.labels = {"50"};
    options.seeds = 1;
    if (default_rate) options.finetune.learning_rate.reset();
    const ByHand hand(tiny_digits(), options, 50, 7);
    for (const auto& run : compare(options).runs) {
      const Mlp net = hand.net(parse_start(run.start, options.pretrain), options);
      const auto tuned = fine_tune(net, hand.labelled, &hand.validation, options.finetune, hand.seed);
      EXPECT_EQ(run.test_cross_entropy, evaluate(tuned.net, hand.test).cross_entropy) << run.start;
      ASSERT_EQ(run.history.size(), tuned.history.size()) << run.start;
      EXPECT_EQ(run.history[0].learning_rate, tuned.history[0].learning_rate) << run.start;
    }
  }
}

TEST(Comparison, PretrainsOnceASeedForAllLabelCounts) {
  auto options = tiny_options({"rbm", "denoising", "he"});
  options.labels = {"20", "100", "all"};
  std::vector<std::string> stages;
  Index runs = 0;
  const auto result = compare(options, {.stage = [&](const std::string& what) { stages.push_back(what); },
                                        .progress = {},
                                        .run = [&](const ComparisonRun&) { ++runs; }});
  EXPECT_THAT(stages, testing::ElementsAre("pretraining 4 stacks", "fine-tuning 18 nets"));
  EXPECT_EQ(runs, 2 * 3 * 3);
  EXPECT_EQ(result.runs.size(), 18U);
  EXPECT_EQ(result.cells.size(), 9U);
  EXPECT_EQ(result.pairs.size(), 9U) << "three pairs of starts at each label count, none across counts";
  EXPECT_EQ(result.cell("rbm", 270).test_errors.size(), 2U);
}

TEST(Comparison, ResultsDoNotDependOnTheOtherStartsOrCounts) {
  auto wide = tiny_options({"denoising", "rbm", "he"});
  wide.labels = {"20", "all"};
  const auto all = compare(wide);
  const auto alone = compare(tiny_options({"rbm"}));
  EXPECT_EQ(all.cell("rbm", 270).test_errors, alone.cell("rbm", 270).test_errors);
}

TEST(Comparison, IsTheSameWithAnyNumberOfThreads) {
  const auto with_threads = [](int count) {
    const test::ThreadCount scope(count);
    return numbers(compare(tiny_options({"rbm", "he"})));
  };
  const auto one = with_threads(1);
  for (const int threads : {2, 3, 7}) EXPECT_EQ(with_threads(threads), one) << threads;
}

// Small nets are trained several at once, large ones after each other: what is told of them is the same.
TEST(Comparison, TellsOfEveryRunOnceAndHowFarItIs) {
  const test::ThreadCount scope(3);
  std::vector<std::string> stages;
  std::vector<std::string> finished;
  double last = 0;
  ComparisonObserver observer;
  observer.stage = [&](const std::string& what) {
    EXPECT_TRUE(stages.empty() || last == 1) << "a stage ends before the next begins";
    stages.push_back(what);
  };
  observer.progress = [&](double done) {
    EXPECT_GE(done, 0);
    EXPECT_LE(done, 1);
    last = done;
  };
  observer.run = [&](const ComparisonRun& run) { finished.push_back(run.start + std::to_string(run.seed)); };
  compare(tiny_options({"rbm", "he"}), observer);
  EXPECT_THAT(stages, testing::ElementsAre("pretraining 2 stacks", "fine-tuning 4 nets"));
  EXPECT_THAT(finished, testing::UnorderedElementsAre("rbm7", "rbm8", "he7", "he8"));
}

TEST(Comparison, SummarisesItsRuns) {
  auto options = tiny_options({"he", "zeros"});
  options.target = 100;
  const auto result = compare(options);
  const auto& cell = result.cell("he", 270);
  EXPECT_EQ(cell.test_error.mean, (result.runs[0].test_error + result.runs[2].test_error) / 2);
  EXPECT_EQ(cell.arrived, 2);
  EXPECT_EQ(cell.epochs_to_target, 1) << "every validation error is at most 100 %";
  const auto there = result.pair("he", "zeros", 270);
  const auto back = result.pair("zeros", "he", 270);
  EXPECT_EQ(there.difference.mean, -back.difference.mean);
  EXPECT_EQ((*there.difference.interval)[0], -(*back.difference.interval)[1]);
  EXPECT_EQ(there.difference.mean, cell.test_error.mean - result.cell("zeros", 270).test_error.mean);
  options.target = 0;
  EXPECT_EQ(compare(options).cell("zeros", 270).epochs_to_target, std::nullopt);
}

TEST(Comparison, ALabelCountNamedTwiceIsOneCount) {
  auto options = tiny_options({"he"});
  options.labels = {"270", "all", "20"};
  const auto result = compare(options);
  EXPECT_EQ(result.runs.size(), 4U);
  EXPECT_EQ(result.cell("he", 270).test_errors.size(), 2U) << "the same run twice would halve the interval";
}

// With unlabelled cases, the seeds hold out different numbers of labels; "all" must still be one count.
TEST(Comparison, AllLabelsIsTheSameCountForEverySeed) {
  Dataset partly = *tiny_digits().training;
  for (std::size_t i = 0; i < 150; ++i) partly.labels[i] = kUnlabelled;
  auto options = tiny_options({"he", "xavier"});
  options.seeds = 5;
  options.validation = "0.5";
  const auto result = compare_starts({std::make_shared<const Dataset>(partly), tiny_digits().test}, "auto", options, 0);
  ASSERT_EQ(result.cells.size(), 2U);
  EXPECT_EQ(result.cells[0].test_errors.size(), 5U);
}

TEST(Comparison, RefusesBadOptionsAndData) {
  const auto refused = [](auto change) {
    auto options = tiny_options({"he"});
    change(options);
    EXPECT_THROW(compare(options), InvalidArgument);
  };
  refused([](auto& o) { o.starts = {}; });
  refused([](auto& o) { o.starts = {"he", "he"}; });
  refused([](auto& o) { o.starts = {"magic"}; });
  refused([](auto& o) { o.labels = {}; });
  refused([](auto& o) { o.labels = {"0"}; });
  refused([](auto& o) { o.labels = {"20", "271"}; });
  refused([](auto& o) { o.labels = {"some"}; });
  refused([](auto& o) { o.seeds = 0; });
  refused([](auto& o) { o.binarize = "sometimes"; });
  refused([](auto& o) { o.validation = "300"; });
  refused([](auto& o) { o.finetune.epochs = 0; });
  EXPECT_THROW(compare_starts({tiny_digits().training, nullptr}, "auto", tiny_options({"he"}), 0), InvalidArgument);
  Dataset bare = *tiny_digits().training;
  bare.labels.clear();
  EXPECT_THROW(
      compare_starts({std::make_shared<const Dataset>(bare), tiny_digits().test}, "auto", tiny_options({"he"}), 0),
      InvalidArgument);
}

// A made-up result: test errors by start, in the order of seeds.
ComparisonResult made(const std::vector<double>& rbm, const std::vector<double>& he) {
  ComparisonResult result;
  result.cells.push_back(
      {.start = {"rbm", "rbm", "sigmoid", true}, .labels = 100, .test_error = mean_estimate(rbm), .test_errors = rbm});
  result.cells.push_back(
      {.start = {"he", "he", "relu", false}, .labels = 100, .test_error = mean_estimate(he), .test_errors = he});
  result.pairs.push_back({.a = "rbm", .b = "he", .labels = 100, .difference = paired_difference(rbm, he)});
  return result;
}

TEST(Verdict, RecommendsWhatTheIntervalAllows) {
  EXPECT_THAT(verdict(made({5, 6, 7}, {8, 9.1, 9.9})),
              testing::AllOf(HasSubstr("With 100 labels, start from rbm"), HasSubstr("3.00 points below he"),
                             HasSubstr("pretraining helps here"), HasSubstr("3 seeds")));
  EXPECT_THAT(verdict(made({8, 9.1, 9.9}, {5, 6, 7})),
              testing::AllOf(HasSubstr("start from he"), HasSubstr("3.00 points below rbm"),
                             HasSubstr("pretraining does not help here")));
}

TEST(Verdict, RecommendsNothingWhenTheIntervalHoldsZero) {
  for (const auto& result : {made({5, 6, 7}, {8, 5, 9}), made({8, 5, 9}, {5, 6, 7}), made({5, 6}, {5, 6})}) {
    const std::string text = verdict(result);
    EXPECT_THAT(text, HasSubstr("seeds do not tell rbm from he"));
    EXPECT_THAT(text, HasSubstr("the interval holds 0"));
    EXPECT_THAT(text, Not(testing::AnyOf(HasSubstr("start from"), HasSubstr("helps"), HasSubstr("does not help"))));
    EXPECT_THAT(text, Not(HasSubstr("-0.00")));
  }
}

// Seen elsewhere: a comparison with unequal rates or one run.
TEST(Verdict, OneSeedTellsNothing) {
  for (const auto& result : {made({5}, {8}), made({8}, {5}), made({5}, {5})}) {
    const std::string text = verdict(result);
    EXPECT_THAT(text, HasSubstr("one seed cannot tell"));
    EXPECT_THAT(text, Not(testing::AnyOf(HasSubstr("start from"), HasSubstr("helps"), HasSubstr("-0.00"))));
  }
  EXPECT_THAT(verdict(made({8}, {5})), HasSubstr("he erred 3.00 points less than rbm"));
}

TEST(Verdict, StartsOfOneKindAreNotComparedWithAnother) {
  auto result = made({5, 6, 7}, {8, 9, 10});
  result.cells[0].start.pretrained = false;
  EXPECT_THAT(verdict(result),
              testing::AllOf(HasSubstr("rbm has the lowest mean error, 6.00 %"), Not(HasSubstr("start from"))));
}

TEST(Verdict, SaysASentenceForEachLabelCount) {
  auto result = made({5, 6, 7}, {8, 9.1, 9.9});
  for (const auto& cell : made({5}, {8}).cells) {
    result.cells.push_back(cell);
    result.cells.back().labels = 1000;
  }
  result.pairs.push_back({.a = "rbm", .b = "he", .labels = 1000, .difference = {.mean = -3}});
  EXPECT_THAT(verdict(result), testing::ContainsRegex("With 100 labels, start.*\nWith 1000 labels, one seed"));
}

// A comparison in a folder that is stopped after so many updates of all its runs together.
class StoppedComparison {
 public:
  explicit StoppedComparison(const std::string& path) : path_(path) {}

  // Whether it was stopped; `result` otherwise.
  bool run(const ComparisonOptions& options, Index updates, ComparisonResult& result) {
    std::atomic<Index> left{updates};
    CheckpointFolder folder(path_, schedule, true, {.stop_requested = [&] { return left-- <= 0; }});
    try {
      result = compare_starts(tiny_digits(), "auto", options, 7, {.run = [&](const auto&) { ++runs; }}, &folder);
      return false;
    } catch (const Interrupted&) {
      return true;
    }
  }

  CheckpointSchedule schedule{.seconds = 0, .epochs = 1};
  std::atomic<Index> runs{0};  ///< that were trained to their end

 private:
  std::string path_;
};

TEST(Comparison, GoesOnAfterAnyNumberOfStopsToTheSameNumbers) {
  auto options = tiny_options({"rbm", "denoising", "he"});
  options.labels = {"40", "all"};
  const auto whole = numbers(compare(options));
  for (const int threads : {1, 3})
    for (const bool only_at_stop : {false, true}) {
      const test::ThreadCount scope(threads);
      const test::TempDir dir;
      const test::FailNthCall no_fault(0, 0);
      StoppedComparison comparison(dir.path("kept"));
      comparison.schedule.only_at_stop = only_at_stop;
      ComparisonResult result;
      int stops = 0;
      while (comparison.run(options, 37, result)) ++stops;
      EXPECT_GT(stops, 5);
      EXPECT_EQ(numbers(result), whole);
      EXPECT_EQ(comparison.runs, 12) << "a finished run was trained again";
      // Twelve results are what is left: the stacks have done their duty.
      EXPECT_THAT(
          names_in_folder(dir.path("kept")),
          testing::Each(testing::MatchesRegex("compare[.]seed-[78][.](rbm|denoising|he)[.](40|270)-labels-00000[0-9]."
                                              "safetensors")));
    }
}

TEST(Comparison, TakesFinishedRunsWhenSeedsStartsAndLabelsGrow) {
  auto options = tiny_options({"rbm", "he"});
  const test::TempDir dir;
  StoppedComparison comparison(dir.path("kept"));
  ComparisonResult result;
  ASSERT_FALSE(comparison.run(options, 1'000'000, result));
  EXPECT_EQ(comparison.runs, 4);
  options.starts = {"rbm", "xavier", "he"};
  options.seeds = 3;
  options.labels = {"40", "all"};
  ASSERT_FALSE(comparison.run(options, 1'000'000, result));
  EXPECT_EQ(comparison.runs, 18);
  EXPECT_EQ(numbers(result), numbers(compare(options)));
  options.finetune.batch = 5;
  EXPECT_THAT([&] { comparison.run(options, 1'000'000, result); },
              testing::ThrowsMessage<InvalidArgument>(HasSubstr("--finetune.batch: 10 then, 5 now")));
}

TEST(ComparisonMemorySlow, IsWhatAComparisonTakes) {
  if (!test::kPlainHeap) GTEST_SKIP() << "this build's heap is larger than what is asked for";
  compare(tiny_options({"rbm", "he"}));  // loads what products need
  const test::ThreadCount guard(2);
  for (const std::vector<Index>& layers : {std::vector<Index>{300, 300}, {500, 500, 2000}}) {
    ComparisonOptions options = tiny_options({"rbm", "denoising", "he"});
    options.pretrain.layers = layers;
    options.pretrain.epochs = {1};
    options.finetune.epochs = 1;
    options.finetune.batch = 100;
    const double estimate = comparison_memory(tiny_digits(), options);
    const test::PeakMemory peak;
    compare(options);
    const auto growth = static_cast<double>(peak.growth());
    EXPECT_GT(estimate + 4e6, growth) << layers[0];
    EXPECT_LT(estimate, 1.5 * (growth + static_cast<double>(peak.free_at_start()))) << layers[0];
  }
}

}  // namespace
}  // namespace dbn
