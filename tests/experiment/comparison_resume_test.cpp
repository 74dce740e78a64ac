#include <atomic>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/experiment/comparison.hpp>
#include <dbn/io/folder.hpp>

#include "../support/failing_calls.hpp"
#include "../support/small_comparison.hpp"
#include "../support/temp_dir.hpp"
#include "../support/thread_count.hpp"

namespace dbn {
namespace {

using test::compare;
using test::numbers;
using test::tiny_digits;
using test::tiny_options;
using testing::HasSubstr;

// A comparison in a folder that is stopped after so many updates of all its runs together. What has finished is
// remembered, as a file of runs would.
class StoppedComparison {
 public:
  explicit StoppedComparison(const std::string& path) : path_(path) {}

  // Whether it was stopped; `result` otherwise.
  bool run(const ComparisonOptions& options, Index updates, ComparisonRecord& result) {
    std::atomic<Index> left{updates};
    CheckpointFolder folder(path_, schedule, true, {.stop_requested = [&] { return left-- <= 0; }});
    ComparisonObserver observer;
    ComparisonRecord now = record;
    observer.trial = [&](const TuningTrial& trial) { now.trials.push_back(trial); };
    observer.run = [&](const ComparisonRun& one) { now.runs.push_back(one), ++runs; };
    record.header = plan_comparison(tiny_digits(), "auto", options, 7);
    const ComparisonRecord before = record;
    try {
      result = compare_starts(tiny_digits(), "auto", options, 7, observer, &folder, before);
    } catch (const Interrupted&) {
      record.trials = now.trials;
      record.runs = now.runs;
      return true;
    }
    record = result;
    return false;
  }

  CheckpointSchedule schedule{.seconds = 0, .epochs = 1};
  Index runs = 0;  ///< that were trained to their end
  ComparisonRecord record;

 private:
  std::string path_;
};

TEST(ComparisonResume, GoesOnAfterAnyNumberOfStopsToTheSameNumbers) {
  auto options = tiny_options({"rbm", "denoising", "he", "rbm+labelled", "he+longer"});
  options.labels = {"40", "all"};
  options.tune = 2;
  const auto whole = numbers(compare(options));
  for (const int threads : {1, 3})
    for (const bool only_at_stop : {false, true}) {
      const test::ThreadCount scope(threads);
      const test::TempDir dir;
      const test::FailNthCall no_fault(0, 0);
      StoppedComparison comparison(dir.path("kept"));
      comparison.schedule.only_at_stop = only_at_stop;
      ComparisonRecord result;
      int stops = 0;
      while (comparison.run(options, 137, result)) ++stops;
      EXPECT_GT(stops, 5);
      EXPECT_EQ(numbers(result), whole);
      EXPECT_EQ(comparison.runs, 20) << "a finished run was trained again";
      // Nothing is left: stacks, trials and runs have done their duty.
      for (const auto& name : names_in_folder(dir.path("kept")))
        EXPECT_THAT(name, testing::Not(testing::StartsWith("compare"))) << name;
    }
}

TEST(ComparisonResume, MakesRunsThatFailedAgain) {
  auto options = tiny_options({"rbm", "he"});
  options.pretrain.learning_rate = {1e6};
  const auto failed = compare(options);
  Index runs = 0;
  ComparisonObserver observer;
  observer.run = [&](const ComparisonRun&) { ++runs; };
  options.pretrain.on_divergence = options.finetune.on_divergence = "retry";
  const auto retried = compare_starts(tiny_digits(), "auto", options, 7, observer, nullptr, failed);
  EXPECT_EQ(runs, 2) << "those of rbm";
  for (const auto& run : retried.runs) EXPECT_FALSE(run.failed()) << run.failure;
  EXPECT_EQ(numbers(retried), numbers(compare(options)));
}

// What chose among the trials may have been another trial, were those that diverged made again.
TEST(ComparisonResume, TunedRunsAreNotTakenUpWithAnotherWayToMeetDivergence) {
  auto options = tiny_options({"rbm", "he"});
  const auto header = [&] { return plan_comparison(tiny_digits(), "auto", options, 7); };
  const auto untuned = compare(options);
  options.pretrain.on_divergence = options.finetune.on_divergence = "retry";
  EXPECT_EQ(go_on(header(), untuned).runs.size(), untuned.runs.size());
  options.pretrain.on_divergence = options.finetune.on_divergence = "stop";
  options.tune = 2;
  const auto tuned = compare(options);
  options.pretrain.on_divergence = options.finetune.on_divergence = "retry";
  EXPECT_EQ(go_on(header(), tuned).runs.size(), tuned.runs.size()) << "no trial diverged";
  auto diverged = tuned;
  diverged.trials[1].validation_error.reset();
  EXPECT_THAT([&] { go_on(header(), diverged); },
              testing::ThrowsMessage<InvalidArgument>(HasSubstr("--on-divergence: stop then, retry now")));
  // A trial that was tried again may have come out otherwise than one that is not.
  const auto retried = compare(options);
  options.pretrain.on_divergence = options.finetune.on_divergence = "stop";
  EXPECT_THAT([&] { go_on(header(), retried); },
              testing::ThrowsMessage<InvalidArgument>(HasSubstr("--on-divergence: retry then, stop now")));
}

TEST(ComparisonResume, RunsOfAnotherPrecisionAreNotTakenUp) {
  const auto options = tiny_options({"rbm", "he"});
  auto record = compare(options);
  std::string& precision = record.header.identity.at("precision of this build");
  precision = precision == "float" ? "double" : "float";
  EXPECT_THAT([&] { go_on(plan_comparison(tiny_digits(), "auto", options, 7), record); },
              testing::ThrowsMessage<InvalidArgument>(HasSubstr("precision of this build")));
}

// The same seed is the same bits in one version; a mean over two would be of neither.
TEST(ComparisonResume, RunsOfAnotherVersionAreNotTakenUp) {
  const auto options = tiny_options({"rbm", "he"});
  auto record = compare(options);
  EXPECT_FALSE(record.header.version.empty());
  record.header.version = "0.0.1";
  EXPECT_THAT([&] { go_on(plan_comparison(tiny_digits(), "auto", options, 7), record); },
              testing::ThrowsMessage<InvalidArgument>(HasSubstr("of dbn 0.0.1")));
}

TEST(ComparisonResume, TakesFinishedRunsWhenSeedsStartsLabelsAndNetsGrow) {
  auto options = tiny_options({"rbm", "he"});
  const test::TempDir dir;
  StoppedComparison comparison(dir.path("kept"));
  ComparisonRecord result;
  ASSERT_FALSE(comparison.run(options, 1'000'000, result));
  EXPECT_EQ(comparison.runs, 4);
  options.starts = {"rbm", "xavier", "he"};
  options.seeds = 3;
  options.labels = {"40", "all"};
  options.depths = {2, 1};
  ASSERT_FALSE(comparison.run(options, 1'000'000, result));
  EXPECT_EQ(comparison.runs, 27) << "three seeds of three starts on three settings, four of them there before";
  EXPECT_EQ(numbers(result), numbers(compare(options)));
  const auto refused = [&](const ComparisonOptions& other, const char* why) {
    EXPECT_THAT([&] { compare_starts(tiny_digits(), "auto", other, 7, {}, nullptr, comparison.record); },
                testing::ThrowsMessage<InvalidArgument>(HasSubstr(why)));
  };
  auto other = options;
  other.finetune.batch = 5;
  refused(other, "--finetune.batch: 10 then, 5 now");
  other = options;
  other.starts = {"rbm", "he"};
  refused(other, "one of start xavier");
  other = options;
  other.seeds = 2;
  refused(other, "seed 9");
}

}  // namespace
}  // namespace dbn
