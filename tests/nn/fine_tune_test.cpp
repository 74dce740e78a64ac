#include <dbn/nn/fine_tune.hpp>

#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/core/math.hpp>
#include <dbn/data/split.hpp>
#include <dbn/nn/evaluation.hpp>
#include <dbn/nn/optimizer.hpp>

#include "../support/allocation_count.hpp"
#include "../support/digits.hpp"
#include "../support/memory_keeper.hpp"
#include "../support/peak_memory.hpp"
#include "../support/thread_count.hpp"

namespace dbn {
namespace {

using test::digits;

const PreparedCases& training() {
  static const PreparedCases cases = digits(Purpose::synthetic_training, 500);
  return cases;
}
const PreparedCases& held_out() {
  static const PreparedCases cases = digits(Purpose::synthetic_test, 200);
  return cases;
}

Mlp start(std::uint64_t seed = 1) { return make_mlp({784, 40, 30, 10}, "relu", "he", seed); }

FinetuneOptions short_run() {
  FinetuneOptions options;
  options.epochs = 3;
  return options;
}

// Whatever restrains or changes training, all at once; each has its own state or draws.
FinetuneOptions everything(const std::string& optimizer = "adam") {
  FinetuneOptions options = short_run();
  options.optimizer = optimizer;
  options.dropout = {0.2};
  options.input_dropout = 0.1;
  options.max_norm = 2;
  options.clip_norm = dbn::optimizer(optimizer).default_line_searches > 0 ? 0 : 0.5;
  options.average_decay = 0.9;
  options.head_epochs = 1;
  options.layer_rates = {0.5};
  options.classes = {.label_smoothing = 0.1, .class_weights = "balanced"};
  options.schedule = {.name = "plateau", .decay = 0.5, .decay_epochs = 1};
  options.weight_cost = 1e-4;
  return options;
}

void expect_same(const Mlp& a, const Mlp& b) {
  for (std::size_t i = 0; i < a.layers.size(); ++i) {
    EXPECT_EQ(a.layers[i].weights, b.layers[i].weights) << "layer " << i;
    EXPECT_EQ(a.layers[i].bias, b.layers[i].bias) << "layer " << i;
  }
}

TEST(FineTune, LearnsAndLowersTheLoss) {
  FinetuneOptions options;
  options.epochs = 15;
  options.batch = 20;
  const auto result = fine_tune(start(), training(), &held_out(), options, 1);
  ASSERT_EQ(result.history.size(), 15U);
  EXPECT_LT(result.history.back().train_loss, 0.3 * result.history.front().train_loss);
  // Guessing errs 90 %.
  EXPECT_LT(evaluate(result.net, held_out()).error, 40);
  EXPECT_EQ(result.best_epoch, 15);
}

// Seen elsewhere: "fine-tuning" that trains only the last layer.
TEST(FineTune, EveryLayerMoves) {
  const auto result = fine_tune(start(), training(), nullptr, short_run(), 1);
  const Mlp from = start();
  for (std::size_t i = 0; i < from.layers.size(); ++i) {
    EXPECT_NE(result.net.layers[i].weights, from.layers[i].weights) << "layer " << i;
    EXPECT_NE(result.net.layers[i].bias, from.layers[i].bias) << "layer " << i;
  }
}

TEST(FineTune, SameBitsWithAnyThreads) {
  Mlp one;
  for (const int threads : {1, 2, 3, 7}) {
    const test::ThreadCount scope(threads);
    Mlp net = fine_tune(start(), training(), &held_out(), everything(), 1).net;
    if (threads == 1) one = net;
    expect_same(net, one);
  }
}

TEST(FineTune, AllocatesNothingAfterTheFirstBatch) {
  if (!test::can_count_allocations()) GTEST_SKIP() << "allocations cannot be counted in this build";
  for (const auto& optimizer : optimizer_names()) {
    if (optimizer == "lbfgs") continue;  // its library allocates by itself
    FinetuneOptions options = everything(optimizer);
    options.batch = 120;  // 500 cases: four batches and one of 20
    test::SecondEpochCounts record;
    const auto count = [&](Index epoch, Index, double) { record(epoch); };
    fine_tune(start(), training(), nullptr, options, 1, {.batch = count, .epoch = {}});
    ASSERT_EQ(record.counts().size(), 5U);
    EXPECT_EQ(record.counts().back(), record.counts().front()) << optimizer;
  }
}

// Seen elsewhere: data never shuffled. Both runs start from the same weights.
TEST(FineTune, SeedChangesTheOrderOfBatches) {
  const auto a = fine_tune(start(), training(), nullptr, short_run(), 1);
  const auto b = fine_tune(start(), training(), nullptr, short_run(), 2);
  EXPECT_NE(a.net.layers[0].weights, b.net.layers[0].weights);
}

// Seen elsewhere: the caller's data changed in place. They are scalars that need no scaling, for which a shortcut past
// the copy would be easiest.
TEST(FineTune, LeavesTheCallersDataAlone) {
  Dataset scalars = training().dataset();
  Matrix features(784, 500);
  training().gather_into(all_cases(500), features);
  scalars.features = features;
  const auto dataset = std::make_shared<const Dataset>(scalars);
  const PreparedCases cases(dataset, all_cases(500), {});
  fine_tune(start(), cases, &cases, short_run(), 1);
  EXPECT_EQ(std::get<Matrix>(dataset->features), features);
  EXPECT_EQ(dataset->labels, training().dataset().labels);
}

TEST(FineTune, CosineScheduleEndsNearZero) {
  const auto result = fine_tune(start(), training(), nullptr, short_run(), 1);
  // 15 updates: the last one stands at progress 14/15.
  EXPECT_NEAR(result.history.back().learning_rate, 1e-3 * 0.5 * (1 + std::cos(std::numbers::pi * 14 / 15)), 1e-12);
}

TEST(FineTune, PatienceKeepsTheBestEpoch) {
  FinetuneOptions options;
  options.epochs = 40;
  options.patience = 3;
  options.schedule.name = "constant";
  const auto result = fine_tune(start(), training(), &held_out(), options, 1);
  double best = 101;
  for (const auto& epoch : result.history) best = std::min(best, *epoch.validation_error);
  EXPECT_DOUBLE_EQ(evaluate(result.net, held_out()).error, best);
  EXPECT_DOUBLE_EQ(*result.history[static_cast<std::size_t>(result.best_epoch - 1)].validation_error, best);
  if (result.history.size() < 40U) {
    EXPECT_EQ(static_cast<Index>(result.history.size()), result.best_epoch + 3);
  }
  EXPECT_THROW(fine_tune(start(), training(), nullptr, options, 1), InvalidArgument);
}

TEST(FineTune, LooksChangeNothingButWhatIsKnown) {
  FinetuneOptions options = short_run();
  options.epochs = 4;
  const auto every = fine_tune(start(), training(), &held_out(), options, 1);
  options.looks = 2;
  const auto two = fine_tune(start(), training(), &held_out(), options, 1);
  expect_same(every.net, two.net);
  for (const std::size_t i : {0U, 2U}) EXPECT_FALSE(two.history[i].validation_error) << i;
  for (const std::size_t i : {1U, 3U})
    EXPECT_EQ(two.history[i].validation_error, every.history[i].validation_error) << i;
}

TEST(FineTune, BatchLargerThanTheDataIsOneBatch) {
  FinetuneOptions options = short_run();
  options.batch = 100'000;
  EXPECT_NO_THROW(fine_tune(start(), training(), nullptr, options, 1));
}

TEST(FineTune, DivergenceNamesEpochUpdateAndRate) {
  FinetuneOptions options = short_run();
  options.optimizer = "sgd";
  options.schedule.name = "constant";
  options.learning_rate = 1e9;
  try {
    fine_tune(start(), training(), nullptr, options, 1);
    FAIL() << "no error";
  } catch (const DivergenceError& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("epoch 1"), std::string::npos) << text;
    EXPECT_NE(text.find("update 1"), std::string::npos) << text;
    EXPECT_NE(text.find("rate 1e+09"), std::string::npos) << text;
  }
}

// Whatever the optimizer, with patience and without, at another number of threads too.
TEST(FineTune, GoesOnFromEveryUpdateToTheSameBits) {
  for (const auto& optimizer : optimizer_names())
    for (const Index patience : {0, 2}) {
      FinetuneOptions options = patience == 0 ? short_run() : everything(optimizer);
      options.optimizer = optimizer;
      options.patience = patience;
      options.batch = 180;  // 500 cases: two batches and one of 140
      const Mlp from = make_mlp({784, 20, 10}, "relu", "he", 1);
      test::MemoryKeeper states;
      const auto whole = fine_tune(from, training(), &held_out(), options, 1, {}, &states);
      ASSERT_EQ(states.kept().size(), 9U);
      for (const auto& state : states.kept()) {
        const test::ThreadCount scope(static_cast<int>(state.position.update % 3) + 1);
        test::MemoryKeeper keeper(state);
        // Other weights at the start: all that matters is in the state.
        const Mlp other = make_mlp({784, 20, 10}, "relu", "he", 2);
        const auto part = fine_tune(other, training(), &held_out(), options, 1, {}, &keeper);
        expect_same(part.net, whole.net);
        EXPECT_EQ(part.best_epoch, whole.best_epoch);
        ASSERT_EQ(part.history.size(), whole.history.size());
        for (std::size_t i = 0; i < whole.history.size(); ++i) {
          EXPECT_EQ(part.history[i].train_loss, whole.history[i].train_loss) << optimizer;
          EXPECT_EQ(part.history[i].validation_error, whole.history[i].validation_error);
          EXPECT_EQ(part.history[i].learning_rate, whole.history[i].learning_rate);
        }
      }
    }
}

TEST(FineTune, RetriesLeadFromAnAbsurdRateToAFiniteNet) {
  for (const auto& kind : optimizers()) {
    if (kind.default_line_searches > 0) continue;  // it takes no rate
    const std::string& optimizer = kind.name;
    FinetuneOptions options = short_run();
    options.optimizer = optimizer;
    options.learning_rate = 1e6;
    EXPECT_THROW(fine_tune(start(), training(), nullptr, options, 1), DivergenceError) << optimizer;
    options.on_divergence = "retry";
    const auto result = fine_tune(start(), training(), nullptr, options, 1);
    for (const auto& layer : result.net.layers) EXPECT_TRUE(all_moderate(layer.weights)) << optimizer;
    EXPECT_LT(result.history.back().learning_rate, 1e6 / 2);
  }
}

// --- what restrains training, each by a law of its own

TEST(FineTune, FrozenLayersStayAsTheyAre) {
  FinetuneOptions options = short_run();
  options.freeze = 2;
  options.weight_cost = 0.1;
  const Mlp net = fine_tune(start(), training(), nullptr, options, 1).net;
  const Mlp from = start();
  for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(net.layers[i].weights, from.layers[i].weights) << i;
  EXPECT_NE(net.layers[2].weights, from.layers[2].weights);
}

TEST(FineTune, HeadEpochsTrainTheOutputLayerAlone) {
  for (const auto& optimizer : optimizer_names()) {
    FinetuneOptions options = short_run();
    options.optimizer = optimizer;
    options.head_epochs = 2;
    options.patience = 1;  // which waits until all layers are trained
    test::MemoryKeeper states;
    fine_tune(start(), training(), &held_out(), options, 1, {}, &states);
    Mlp from = start();
    for (const auto& state : states.kept()) {
      if (state.position.epoch > 2) continue;
      EXPECT_EQ(state.tensors.at("0.weight"), from.layers[0].weights) << optimizer;
      EXPECT_EQ(state.tensors.at("2.weight"), from.layers[1].weights) << optimizer;
      EXPECT_NE(state.tensors.at("4.weight"), from.layers[2].weights) << optimizer;
    }
    EXPECT_NE(states.kept().back().tensors.at("0.weight"), from.layers[0].weights) << optimizer;
    options.head_epochs = 3;
    EXPECT_THROW(fine_tune(start(), training(), &held_out(), options, 1), InvalidArgument);
  }
}

TEST(FineTune, SlowLayersMoveLess) {
  FinetuneOptions options = short_run();
  options.optimizer = "sgd";
  options.epochs = 1;
  options.batch = 500;  // one update
  const Mlp from = start();
  const Mlp even = fine_tune(start(), training(), nullptr, options, 1).net;
  options.layer_rates = {0.25, 1, 1};
  const Mlp slow = fine_tune(start(), training(), nullptr, options, 1).net;
  const Matrix whole = even.layers[0].weights - from.layers[0].weights;
  const Matrix part = slow.layers[0].weights - from.layers[0].weights;
  // Both are differences of weights below 1, each rounded.
  EXPECT_LE((part - Scalar(0.25) * whole).cwiseAbs().maxCoeff(), 2 * std::numeric_limits<Scalar>::epsilon());
  EXPECT_GT(whole.cwiseAbs().maxCoeff(), Scalar(1e-4));
  EXPECT_EQ(even.layers[1].weights, slow.layers[1].weights);
}

TEST(FineTune, MaxNormHoldsForEveryUnit) {
  FinetuneOptions options = short_run();
  options.max_norm = 0.8;
  const Mlp net = fine_tune(start(), training(), nullptr, options, 1).net;
  for (const auto& layer : net.layers)
    EXPECT_LE(layer.weights.colwise().norm().maxCoeff(), 0.8 * (1 + 8 * std::numeric_limits<Scalar>::epsilon()));
}

// With sgd the step is the rate times the gradient, so its length is known when it is clipped.
TEST(FineTune, ClippedStepsAreNoLongerThanAskedFor) {
  FinetuneOptions options = short_run();
  options.optimizer = "sgd";
  options.schedule.name = "constant";
  options.learning_rate = 0.5;
  options.clip_norm = 0.01;
  options.epochs = 1;
  options.batch = 500;  // one update
  Mlp net = fine_tune(start(), training(), nullptr, options, 1).net;
  Mlp from = start();
  double square = 0;
  auto moved = net.tensors(), before = from.tensors();
  for (std::size_t i = 0; i < moved.size(); ++i)
    square += (moved[i].values.cast<double>() - before[i].values.cast<double>()).squaredNorm();
  // 33 000 differences of rounded numbers near 0.05 blur a step of 0.005 by less than a thousandth.
  EXPECT_NEAR(std::sqrt(square), 0.005, 1e-5);
}

TEST(FineTune, AverageFollowsTheWeights) {
  FinetuneOptions options = short_run();
  options.optimizer = "sgd";
  options.epochs = 2;
  options.batch = 500;  // two updates
  options.average_decay = 0.5;
  FinetuneOptions one = options;
  one.epochs = 1;
  one.average_decay = 0;
  one.schedule.name = options.schedule.name = "constant";
  FinetuneOptions two = one;
  two.epochs = 2;
  const auto weights = [&](const FinetuneOptions& o) {
    return fine_tune(start(), training(), nullptr, o, 1).net.layers[0].weights;
  };
  // Shares taken: 1 - min(.5, 1/10), then 1 - min(.5, 2/11).
  const Matrix first = Scalar(0.1) * start().layers[0].weights + Scalar(0.9) * weights(one);
  const Matrix expected = Scalar(2.0 / 11) * first + Scalar(9.0 / 11) * weights(two);
  EXPECT_TRUE(weights(options).isApprox(expected, 16 * std::numeric_limits<Scalar>::epsilon()));
}

// 784 weights a class fit 500 cases whatever their targets, so that the least loss has the smoothed targets themselves.
TEST(FineTune, SmoothedLabelsAreWhatANetComesToSay) {
  FinetuneOptions options;
  options.optimizer = "lbfgs";
  options.settings.line_searches = 500;
  options.batch = 500;
  options.epochs = 1;
  options.classes.label_smoothing = 0.3;
  const Mlp net = fine_tune(make_mlp({784, 10}, "relu", "xavier", 1), training(), nullptr, options, 1).net;
  Matrix inputs(784, training().case_count());
  training().gather_into(all_cases(training().case_count()), inputs);
  const Matrix likeliest = net.probabilities(inputs).colwise().maxCoeff();
  // Five hundred line searches end near the minimum, how near depends on rounding; without smoothing this would be 1.
  EXPECT_NEAR(likeliest.mean(), 0.7 + 0.3 / 10, 0.03);
}

TEST(FineTune, RefusesDataThatDoNotFit) {
  EXPECT_THROW(fine_tune(make_mlp({10, 5, 10}, "relu", "he", 1), training(), nullptr, short_run(), 1), InvalidArgument);
  EXPECT_THROW(fine_tune(make_mlp({784, 5, 9}, "relu", "he", 1), training(), nullptr, short_run(), 1), InvalidArgument);
  FinetuneOptions options = short_run();
  options.epochs = 0;
  EXPECT_THROW(fine_tune(start(), training(), nullptr, options, 1), InvalidArgument);
}

// An estimate below the truth would let a run be ended in its middle; one far above would refuse what fits.
TEST(FineTuneMemory, IsWhatTrainingTakes) {
  if (!test::kPlainHeap) GTEST_SKIP() << "this build's heap is larger than what is asked for";
  fine_tune(start(), training(), &held_out(), short_run(), 1);  // loads what products need
  const std::vector<std::vector<Index>> nets{{784, 500, 500, 2000, 10}, {784, 3000, 10}};
  const std::vector<FinetuneOptions> runs{{.optimizer = "sgd", .batch = 500},
                                          {.optimizer = "momentum", .patience = 2},
                                          {.optimizer = "adam"},
                                          {.optimizer = "adam", .patience = 2},
                                          {.optimizer = "adam", .clip_norm = 1, .dropout = {0.5}, .average_decay = 0.9},
                                          {.optimizer = "cg", .settings = {.line_searches = 2}},
                                          {.optimizer = "lbfgs", .settings = {.line_searches = 7}}};
  for (const auto& sizes : nets)
    for (FinetuneOptions options : runs) {
      options.epochs = 1;
      const test::PeakMemory peak;
      fine_tune(make_mlp(sizes, "relu", "he", 1), training(), &held_out(), options, 1);
      const double estimate = fine_tune_memory(sizes, options, training().case_count());
      const auto growth = static_cast<double>(peak.growth());
      EXPECT_GT(estimate + 4e6, growth) << sizes[1] << " " << options.optimizer << " " << options.patience;
      EXPECT_LT(estimate, 1.5 * (growth + static_cast<double>(peak.free_at_start())))
          << sizes[1] << " " << options.optimizer << " " << options.patience;
    }
}

}  // namespace
}  // namespace dbn
