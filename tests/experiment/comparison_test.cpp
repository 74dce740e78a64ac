#include <dbn/experiment/comparison.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/data/split.hpp>
#include <dbn/experiment/comparison_result.hpp>
#include <dbn/nn/evaluation.hpp>
#include <dbn/pretrain/unroll.hpp>

#include "../support/peak_memory.hpp"
#include "../support/small_comparison.hpp"
#include "../support/thread_count.hpp"

namespace dbn {
namespace {

using test::compare;
using test::numbers;
using test::tiny_digits;
using test::tiny_options;
using test::whole;
using testing::ElementsAre;
using testing::HasSubstr;

const ComparisonRun& run_of(const ComparisonRecord& record, const std::string& start, std::uint64_t seed = 7) {
  for (const auto& run : record.runs)
    if (run.treatment.start == start && run.seed == seed) return run;
  throw InvalidArgument("no run of " + start);
}

TEST(Comparison, StartsOfOneKindUnderTwoNamesDifferByExactlyNothing) {
  const auto record = compare(tiny_options({"xavier", "xavier-normal", "xavier-uniform"}));
  const auto result = summarize(record);
  EXPECT_EQ(result.cell(whole("xavier")).test_errors, result.cell(whole("xavier-normal")).test_errors);
  const auto pair = result.pair("xavier", "xavier-normal", {20, 20}, 270);
  EXPECT_EQ(pair.errors.difference.mean, 0);
  EXPECT_EQ(pair.errors.difference.deviation, 0);
  EXPECT_EQ(pair.errors.p_wilcoxon, 1);
  EXPECT_EQ(pair.cases.only_a + pair.cases.only_b, 0);
  // Another start is another run: equality above is not that of nets which learn nothing.
  EXPECT_NE(record.runs[0].test_cross_entropy, record.runs[2].test_cross_entropy);
  EXPECT_EQ(record.runs[0].test_cross_entropy, record.runs[1].test_cross_entropy);
  EXPECT_NE(record.runs[0].test_cross_entropy, record.runs[3].test_cross_entropy) << "seeds must differ";
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
    const bool few = start.control == Control::labelled;
    PretrainOptions own = pretrain_options(start, o.pretrain);
    if (few) own.epochs = {3 * own.epochs[0]};  // one batch of 50 cases for three of 270: as many updates
    return unroll(pretrain(few ? labelled : training, &validation, own, seed).stack, 10, seed);
  }

  std::uint64_t seed;
  Split split;
  Preprocessing scaling;
  PreparedCases training, validation, labelled, test;
};

// Seen elsewhere: a comparison with unequal rates or one run. Here with the rates that nobody named, too.
TEST(Comparison, EveryStartIsTrainedByTheSameOptionsOnTheSameCases) {
  for (const bool default_rate : {false, true}) {
    auto options = tiny_options({"rbm", "denoising", "xavier", "he", "zeros", "rbm+labelled", "rbm+frozen"});
    options.labels = {"50"};
    options.seeds = 1;
    if (default_rate) options.finetune.learning_rate.reset();
    const ByHand hand(tiny_digits(), options, 50, 7);
    for (const auto& run : compare(options).runs) {
      const Start start = parse_start(run.treatment.start, options.pretrain);
      FinetuneOptions own = options.finetune;
      if (start.control == Control::frozen) own.freeze = 2;
      const auto tuned = fine_tune(hand.net(start, options), hand.labelled, &hand.validation, own, hand.seed);
      const Evaluation evaluation = evaluate(tuned.net, hand.test);
      EXPECT_EQ(run.test_cross_entropy, evaluation.cross_entropy) << start.name;
      EXPECT_EQ(run.wrong, evaluation.wrong) << start.name;
      ASSERT_EQ(run.history.size(), tuned.history.size()) << start.name;
      EXPECT_EQ(run.history[0].learning_rate, tuned.history[0].learning_rate) << start.name;
      EXPECT_EQ(run.updates, 10) << "two epochs of five batches";
      EXPECT_EQ(run.pretrain_updates, start.pretrained ? 12 : 0) << "two epochs of three batches for two layers";
    }
  }
}

TEST(Comparison, PretrainsOnceASeedForAllLabelCountsDepthsAndControls) {
  auto options = tiny_options({"rbm", "rbm+shuffled", "rbm+frozen", "denoising", "he"});
  options.labels = {"20", "100", "all"};
  options.depths = {2, 1};
  options.plan = "full";
  std::vector<std::string> stages;
  Index runs = 0;
  ComparisonObserver observer;
  observer.stage = [&](const std::string& what) { stages.push_back(what); };
  observer.run = [&](const ComparisonRun&) { ++runs; };
  const auto record = compare(options, observer);
  EXPECT_THAT(stages, ElementsAre("pretraining 4 stacks", "fine-tuning 60 nets"));
  EXPECT_EQ(runs, 2 * 3 * 2 * 5);
  EXPECT_EQ(record.runs.size(), 60U);
  const auto result = summarize(record);
  EXPECT_EQ(result.cells.size(), 30U);
  EXPECT_EQ(result.pairs.size(), 60U) << "ten pairs of starts for each net and label count, none across";
  EXPECT_EQ(result.cell(whole("rbm")).test_errors.size(), 2U);
}

TEST(Comparison, ResultsDoNotDependOnTheOtherStartsCountsOrNets) {
  auto wide = tiny_options({"denoising", "rbm", "he"});
  wide.labels = {"20", "all"};
  wide.depths = {1, 2};
  wide.plan = "full";
  const auto all = summarize(compare(wide));
  auto one = tiny_options({"rbm"});
  EXPECT_EQ(all.cell(whole("rbm")).test_errors, summarize(compare(one)).cell(whole("rbm")).test_errors);
  // A stack of one layer is the beginning of one with two.
  one.pretrain.layers = {20};
  const Treatment shallow{.start = "rbm", .layers = {20}, .labels = 270};
  EXPECT_EQ(all.cell(shallow).test_errors, summarize(compare(one)).cell(shallow).test_errors);
}

TEST(Comparison, IsTheSameWithAnyNumberOfThreads) {
  const auto with_threads = [](int count) {
    const test::ThreadCount scope(count);
    auto options = tiny_options({"rbm", "he"});
    options.tune = 2;
    return numbers(compare(options));
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
  observer.run = [&](const ComparisonRun& run) { finished.push_back(run.treatment.start + std::to_string(run.seed)); };
  compare(tiny_options({"rbm", "he"}), observer);
  EXPECT_THAT(stages, ElementsAre("pretraining 2 stacks", "fine-tuning 4 nets"));
  EXPECT_THAT(finished, testing::UnorderedElementsAre("rbm7", "rbm8", "he7", "he8"));
}

TEST(Comparison, LinesChangeOneFactorAtATimeAndAFullPlaneAll) {
  auto options = tiny_options({"he"});
  options.labels = {"20", "40"};
  options.depths = {1, 2};
  options.widths = {5, 6};
  const auto planned = [&](const char* plan) {
    options.plan = plan;
    std::vector<std::string> all;
    for (const auto& t : plan_comparison(tiny_digits(), "auto", options, 0).treatments)
      all.push_back(testing::PrintToString(t.layers) + " " + std::to_string(t.labels));
    return all;
  };
  EXPECT_THAT(planned("lines"), ElementsAre("{ 5 } 20", "{ 5 } 40", "{ 6 } 20", "{ 5, 5 } 20"));
  EXPECT_THAT(planned("full"), ElementsAre("{ 5 } 20", "{ 5 } 40", "{ 6 } 20", "{ 6 } 40", "{ 5, 5 } 20", "{ 5, 5 } 40",
                                           "{ 6, 6 } 20", "{ 6, 6 } 40"));
}

TEST(Comparison, EveryStartIsCrossedWithTheActivationsAndItsControls) {
  auto options = tiny_options({"denoising", "xavier", "he@relu"});
  options.activations = {"sigmoid", "tanh"};
  options.pretrain.loss = "squared-error";  // of codes by tanh
  options.controls = true;
  std::vector<std::string> names;
  for (const auto& start : plan_comparison(tiny_digits(), "auto", options, 0).starts) names.push_back(start.name);
  EXPECT_THAT(names, ElementsAre("denoising@sigmoid", "denoising@tanh", "xavier@sigmoid", "xavier@tanh", "he@relu",
                                 "denoising@sigmoid+shuffled", "denoising@sigmoid+labelled", "denoising@sigmoid+frozen",
                                 "denoising@tanh+shuffled", "denoising@tanh+labelled", "denoising@tanh+frozen",
                                 "xavier@sigmoid+longer", "xavier@tanh+longer", "he@relu+longer"));
}

// As many operations as fine-tuning takes anyway, and those of pretraining on top, to an epoch.
TEST(Comparison, ALongerRunMayWorkAsLongAsPretrainingAndFineTuningTogether) {
  auto options = tiny_options({"rbm", "he", "he+longer"});
  options.seeds = 1;
  const auto record = compare(options);
  const std::vector<Index> sizes{784, 20, 20, 10};
  FinetuneOptions one = options.finetune;
  one.epochs = 1;
  const double epoch = fine_tune_work(sizes, one, 270);
  const double extra = pretrain_work({784, 20, 20}, options.pretrain, 270);
  EXPECT_EQ(run_of(record, "he+longer").history.size(), 2 + static_cast<std::size_t>(std::ceil(extra / epoch)));
  EXPECT_EQ(run_of(record, "he").history.size(), 2U);
}

// Where only controls are pretrained, theirs is the pretraining that it may work as long as.
TEST(Comparison, ALongerRunIsMeasuredByThePretrainingOfControlsToo) {
  const auto epochs = [](const char* start) {
    const auto header = plan_comparison(tiny_digits(), "auto", tiny_options({start, "he+longer"}), 7);
    return header.identity.at("epochs of he+longer, layers 20-20, 270 labels");
  };
  EXPECT_NE(epochs("rbm"), "2");
  EXPECT_EQ(epochs("rbm+frozen"), epochs("rbm"));
}

TEST(Comparison, TuningTriesTheSameConfigurationsForEveryStartOnValidationCasesAlone) {
  auto options = tiny_options({"rbm", "he"});
  options.tune = 3;
  Index told = 0;
  ComparisonObserver observer;
  observer.trial = [&](const TuningTrial&) { ++told; };
  const auto record = compare(options, observer);
  ASSERT_EQ(record.trials.size(), 6U);
  EXPECT_EQ(told, 6);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(record.trials[i].settings, record.trials[i + 3].settings);
  EXPECT_TRUE(record.trials[0].settings.empty()) << "the options as they were given";
  EXPECT_NE(record.trials[1].settings, record.trials[2].settings);
  for (const char* start : {"rbm", "he"}) {
    const auto cell = summarize(record).cell(whole(start));
    ASSERT_TRUE(cell.chosen);
    for (const auto& trial : record.trials)
      if (trial.treatment.start == start) {
        EXPECT_LE(*cell.chosen->validation_error, *trial.validation_error);
      }
    // The first seed's run is the chosen trial again, now with a look at the test cases.
    EXPECT_EQ(run_of(record, start).history.back().validation_error, cell.chosen->validation_error) << start;
  }
  // What the test cases are changes no choice.
  DataFiles data = tiny_digits();
  Dataset other = *data.test;
  for (auto& label : other.labels) label = 9 - label;
  data.test = std::make_shared<const Dataset>(other);
  const auto turned = compare_starts(data, "auto", options, 7);
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(turned.trials[i].settings, record.trials[i].settings);
    EXPECT_EQ(turned.trials[i].validation_error, record.trials[i].validation_error);
  }
}

TEST(Comparison, TheFirstSeedHasAPortrait) {
  const auto record = compare(tiny_options({"rbm", "he"}));
  for (const char* start : {"rbm", "he"}) {
    const auto& first = run_of(record, start, 7);
    ASSERT_TRUE(first.profile && first.filters) << start;
    ASSERT_EQ(first.profile->at_start.size(), 3U);
    ASSERT_EQ(first.profile->after_epoch.size(), 3U);
    EXPECT_NE(first.profile->at_start[0].activation_variance, first.profile->after_epoch[0].activation_variance);
    EXPECT_EQ(first.filters->height, 28);
    ASSERT_EQ(first.filters->pixels.size(), 16U);
    for (const auto& picture : first.filters->pixels) {
      const auto [least, most] = std::minmax_element(picture.begin(), picture.end());
      EXPECT_TRUE(*least == 1 || *most == 255) << "the largest weight by size is full black or white";
    }
    EXPECT_FALSE(run_of(record, start, 8).profile || run_of(record, start, 8).filters);
  }
}

// The first eight test cases as a picture of gray has them, from the least of their values to the most.
std::vector<std::vector<double>> shown_cases() {
  Matrix raw(784, 8);
  tiny_digits().test->gather_into(all_cases(8), raw);
  const auto least = static_cast<double>(raw.minCoeff()), most = static_cast<double>(raw.maxCoeff());
  std::vector<std::vector<double>> cases;
  for (const auto one : raw.colwise()) {
    auto& gray = cases.emplace_back();
    for (const Scalar value : one) gray.push_back(255 * (static_cast<double>(value) - least) / (most - least));
  }
  return cases;
}

// Of what was learned without labels, so of pretrained starts alone; a control shows no stack that is another's.
TEST(Comparison, TheFirstSeedShowsWhatItsStacksRemember) {
  const auto record = compare(tiny_options({"rbm", "denoising", "he", "rbm+frozen"}));
  const auto& rbm = run_of(record, "rbm", 7);
  const auto& denoising = run_of(record, "denoising", 7);
  ASSERT_TRUE(rbm.reconstructions && rbm.samples && denoising.reconstructions);
  ASSERT_EQ(rbm.reconstructions->pixels.size(), 16U);
  ASSERT_EQ(rbm.samples->pixels.size(), 8U);
  EXPECT_EQ(rbm.reconstructions->width, 28);
  const auto cases = shown_cases();
  for (std::size_t i = 0; i < 8; ++i) {
    const auto& seen = rbm.reconstructions->pixels[i];
    EXPECT_EQ(seen, denoising.reconstructions->pixels[i]);
    EXPECT_THAT(seen, testing::Pointwise(testing::DoubleNear(1), cases[i]));
  }
  EXPECT_NE(rbm.reconstructions->pixels[8], denoising.reconstructions->pixels[8]);
  EXPECT_NE(rbm.samples->pixels[0], rbm.samples->pixels[1]);
  EXPECT_FALSE(denoising.samples) << "it has no chains";
  for (const auto& run : record.runs)
    if (run.seed != 7 || run.treatment.start == "he" || run.treatment.start == "rbm+frozen") {
      EXPECT_FALSE(run.reconstructions || run.samples) << run.treatment.start << ", " << run.seed;
    }
}

// In the values of the cases, whatever they were scaled to: units without bounds give no range of their own.
TEST(Comparison, StandardizedCasesAreShownAsTheyAre) {
  auto options = tiny_options({"rbm"});
  options.pretrain.visible = "gaussian";
  options.pretrain.learning_rate = {0.001};
  options.seeds = 1;
  const auto record = compare_starts(tiny_digits(), "standardize", options, 7);
  const auto& pixels = run_of(record, "rbm", 7).reconstructions->pixels;
  const auto cases = shown_cases();
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_THAT(pixels[i], testing::Pointwise(testing::DoubleNear(1), cases[i]));
    EXPECT_GT(*std::max_element(pixels[8 + i].begin(), pixels[8 + i].end()), 64) << "what comes back is not black";
  }
}

TEST(Comparison, ADivergingRunIsAFailureAndCountsInNoMean) {
  auto options = tiny_options({"rbm", "he"});
  options.pretrain.learning_rate = {1e6};
  const auto record = compare(options);
  EXPECT_THAT(run_of(record, "rbm").failure, HasSubstr("start rbm, layers 20-20, seed 7: "));
  EXPECT_FALSE(run_of(record, "he").failed());
  const auto result = summarize(record);
  EXPECT_EQ(result.cell(whole("rbm")).failures, 2);
  EXPECT_FALSE(result.cell(whole("rbm")).test_error);
  EXPECT_TRUE(result.pairs.empty());
  EXPECT_THAT(verdict(record, result), HasSubstr("2 of 2 runs of rbm diverged"));
  options.starts = {"rbm"};
  EXPECT_THAT([&] { compare(options); }, testing::ThrowsMessage<DivergenceError>(HasSubstr("seed 7")));
}

TEST(Comparison, ALabelCountNamedTwiceIsOneCount) {
  auto options = tiny_options({"he"});
  options.labels = {"270", "all", "20"};
  const auto record = compare(options);
  EXPECT_EQ(record.runs.size(), 4U);
  EXPECT_EQ(summarize(record).cell(whole("he")).test_errors.size(), 2U)
      << "the same run twice would halve the interval";
}

// With unlabelled cases, the seeds hold out different numbers of labels; "all" must still be one count.
TEST(Comparison, AllLabelsIsTheSameCountForEverySeed) {
  Dataset partly = *tiny_digits().training;
  for (std::size_t i = 0; i < 150; ++i) partly.labels[i] = kUnlabelled;
  auto options = tiny_options({"he", "xavier"});
  options.seeds = 5;
  options.validation = "0.5";
  const auto record = compare_starts({std::make_shared<const Dataset>(partly), tiny_digits().test}, "auto", options, 0);
  const auto result = summarize(record);
  ASSERT_EQ(result.cells.size(), 2U);
  EXPECT_EQ(result.cells[0].test_errors.size(), 5U);
}

// Errors are shares of the test cases that have labels.
TEST(Comparison, UnlabelledTestCasesAreNoTestCases) {
  Dataset partly = *tiny_digits().test;
  for (std::size_t i = 0; i < 10; ++i) partly.labels[3 * i] = kUnlabelled;
  const DataFiles data{tiny_digits().training, std::make_shared<const Dataset>(partly)};
  const auto header = plan_comparison(data, "auto", tiny_options({"he"}), 0);
  EXPECT_EQ(header.test_cases, tiny_digits().test->case_count() - 10);
}

// `--activations` goes for pretrained starts too.
TEST(Comparison, EveryStartIsTrainedInEveryActivation) {
  auto options = tiny_options({"rbm", "he"});
  options.activations = {"sigmoid", "relu"};
  options.seeds = 1;
  const auto record = compare(options);
  ASSERT_EQ(record.runs.size(), 4U);
  const auto result = summarize(record);
  for (const char* start : {"rbm@sigmoid", "rbm@relu", "he@sigmoid", "he@relu"})
    EXPECT_FALSE(result.cell(whole(start)).test_errors.empty()) << start;
  EXPECT_NE(record.runs[0].test_cross_entropy, record.runs[1].test_cross_entropy);
}

// Ten labels are an update an epoch: to make as many as 5000 epochs of 270 cases takes more epochs than there can be.
TEST(Comparison, RefusesControlsThatNeedTooManyEpochsBeforeAnythingIsTrained) {
  for (const char* start : {"rbm+labelled", "he+longer"}) {
    auto options = tiny_options({"rbm", start});
    options.labels = {"all", "10"};
    options.pretrain.batch = 10;
    options.pretrain.epochs = {5000};
    EXPECT_THAT([&] { plan_comparison(tiny_digits(), "auto", options, 7); },
                testing::ThrowsMessage<InvalidArgument>(
                    testing::AllOf(testing::HasSubstr(fmt::format("--starts: {} with 10 labels", start)),
                                   testing::HasSubstr("fewer --pretrain.epochs"))));
    options.labels = {"all"};
    EXPECT_NO_THROW(plan_comparison(tiny_digits(), "auto", options, 7));
  }
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
  refused([](auto& o) { o.starts = {"he+longer"}; });  // by which pretraining?
  refused([](auto& o) { o.starts = {"he+frozen"}; });
  refused([](auto& o) { o.starts = {"rbm+longer"}; });
  refused([](auto& o) { o.starts = {"rbm"}, o.pretrain.visible = "replicated-softmax"; });
  refused([](auto& o) { o.activations = {"step"}; });
  refused([](auto& o) { o.labels = {}; });
  refused([](auto& o) { o.labels = {"0"}; });
  refused([](auto& o) { o.labels = {"20", "271"}; });
  refused([](auto& o) { o.labels = {"some"}; });
  refused([](auto& o) { o.depths = {0}; });
  refused([](auto& o) { o.widths = {-1}; });
  refused([](auto& o) { o.plan = "some"; });
  refused([](auto& o) { o.tune = -1; });
  refused([](auto& o) { o.tune = 2, o.validation = "0"; });
  refused([](auto& o) { o.depths = {1, 2}, o.finetune.dropout = {0.1, 0.2}; });  // a list that fits one depth only
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
