#include <dbn/pretrain/pretrain.hpp>

#include <algorithm>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

#include "../support/allocation_count.hpp"
#include "../support/digits.hpp"
#include "../support/thread_count.hpp"

namespace dbn {
namespace {

using test::digits;

const PreparedCases& training() {
  static const PreparedCases cases = digits(Purpose::synthetic_training, 300);
  return cases;
}

PretrainOptions small() {
  PretrainOptions options;
  options.layers = {30, 20};
  options.epochs = {3};
  return options;
}

void expect_same(const Stack& a, const Stack& b) {
  ASSERT_EQ(a.layers.size(), b.layers.size());
  for (std::size_t i = 0; i < a.layers.size(); ++i) {
    EXPECT_EQ(encoder_weights(a.layers[i]), encoder_weights(b.layers[i])) << "layer " << i;
    EXPECT_EQ(encoder_bias(a.layers[i]), encoder_bias(b.layers[i])) << "layer " << i;
  }
}

TEST(Pretrain, EveryKindLowersItsReconstructionError) {
  for (const char* name : {"rbm", "autoencoder", "denoising"}) {
    PretrainOptions options = small();
    options.pretrainer = {name};
    options.epochs = {6};
    options.batch = 10;
    const auto result = pretrain(training(), nullptr, options, 1);
    EXPECT_EQ(result.stack.sizes(), (std::vector<Index>{784, 30, 20})) << name;
    for (const auto& layer : result.history) {
      ASSERT_EQ(layer.size(), 6U);
      EXPECT_LT(layer.back().reconstruction_error, 0.9 * layer.front().reconstruction_error) << name;
    }
  }
}

/// The training cases, and which of them were asked for last.
class Watched final : public CaseSource {
 public:
  Index case_count() const override { return training().case_count(); }
  Index feature_count() const override { return training().feature_count(); }
  void gather_into(std::span<const Index> cases, MatrixRef out) const override {
    last.assign(cases.begin(), cases.end());
    training().gather_into(cases, out);
  }

  mutable std::vector<Index> last;
};

// Seen elsewhere: data never shuffled.
TEST(Pretrain, EveryEpochTakesTheCasesInAnOrderOfItsOwn) {
  const Watched cases;
  std::map<std::pair<Index, Index>, std::vector<Index>> orders;  // by layer and epoch
  const auto watch = [&](Index layer, Index epoch, double) {
    auto& order = orders[{layer, epoch}];
    order.insert(order.end(), cases.last.begin(), cases.last.end());
  };
  pretrain(cases, nullptr, small(), 1, {.batch = watch, .epoch = {}});
  EXPECT_EQ(orders.size(), 2U * 3U);
  std::set<std::vector<Index>> seen{all_cases(300)};
  for (auto& [at, order] : orders) {
    EXPECT_TRUE(seen.insert(order).second) << "layer " << at.first << ", epoch " << at.second;
    std::sort(order.begin(), order.end());
    EXPECT_EQ(order, all_cases(300)) << "layer " << at.first << ", epoch " << at.second;
  }
}

// Seen elsewhere: the caller's data changed in place. They are scalars that need no scaling, for which a shortcut past
// the copy would be easiest.
TEST(Pretrain, LeavesTheCallersDataAlone) {
  Dataset scalars = training().dataset();
  Matrix features(784, 300);
  training().gather_into(all_cases(300), features);
  scalars.features = features;
  const auto dataset = std::make_shared<const Dataset>(scalars);
  const PreparedCases cases(dataset, all_cases(300), {});
  for (const char* name : {"rbm", "autoencoder", "denoising"}) {
    PretrainOptions options = small();
    options.pretrainer = {name};
    options.epochs = {1};
    pretrain(cases, &cases, options, 1);
    EXPECT_EQ(std::get<Matrix>(dataset->features), features) << name;
  }
}

// Seen elsewhere: ReLU values used as probabilities. No code that may leave [0, 1] meets a layer of binary units, or a
// cross-entropy.
TEST(Pretrain, CodesBeyondOneAreReconstructedAsRealNumbers) {
  PretrainOptions options = small();
  options.pretrainer = {"autoencoder", "rbm"};
  options.activation = "relu";
  options.learning_rate = {0.01, 0.001};
  const auto result = pretrain(training(), nullptr, options, 1);
  Matrix codes(30, 300), all(784, 300);
  training().gather_into(all_cases(300), all);
  encode_into(result.stack.layers[0], all, codes);
  ASSERT_GT(codes.maxCoeff(), Scalar{1}) << "codes within [0, 1] prove nothing here";
  EXPECT_EQ(std::get<Rbm>(result.stack.layers[1]).visible->name(), "gaussian");
}

TEST(Pretrain, AStackMayMixKinds) {
  PretrainOptions options = small();
  options.pretrainer = {"rbm", "denoising"};
  const auto result = pretrain(training(), nullptr, options, 1);
  EXPECT_TRUE(std::holds_alternative<Rbm>(result.stack.layers[0]));
  EXPECT_TRUE(std::holds_alternative<Autoencoder>(result.stack.layers[1]));
}

// The batches of the first epoch make every buffer; after them a batch takes no memory, not even a last partial one.
TEST(Pretrain, AllocatesNothingAfterTheFirstBatch) {
  if (!test::can_count_allocations()) GTEST_SKIP() << "allocations cannot be counted in this build";
  for (const char* kind : {"rbm", "autoencoder", "denoising"})
    for (const char* estimator : {"cd", "pcd"}) {
      PretrainOptions options = small();
      options.pretrainer = {kind};
      options.estimator = estimator;
      options.batch = 70;  // 300 cases: four batches and one of 20
      options.cd_k = 2;
      const test::AllocationCount allocations;
      std::vector<std::size_t> counts;
      const auto count = [&](Index, Index epoch, double) {
        if (epoch == 2) counts.push_back(allocations.now());
      };
      counts.reserve(100);
      pretrain(training(), nullptr, options, 1, {.batch = count, .epoch = {}});
      ASSERT_EQ(counts.size(), 10U);
      EXPECT_EQ(counts[4], counts[0]) << kind << " by " << estimator << ", first layer";
      EXPECT_EQ(counts[9], counts[5]) << kind << " by " << estimator << ", second layer";
    }
}

TEST(Pretrain, SameBitsWithAnyThreadsForEveryKind) {
  for (const char* name : {"rbm", "autoencoder", "denoising"})
    for (const char* estimator : {"cd", "pcd"}) {
      PretrainOptions options = small();
      options.layers = {300, 20};
      options.epochs = {1};
      options.pretrainer = {name};
      options.estimator = estimator;
      Stack one;
      for (const int threads : {1, 2, 3, 7}) {
        const test::ThreadCount scope(threads);
        const auto result = pretrain(training(), nullptr, options, 1);
        if (threads == 1) one = result.stack;
        expect_same(result.stack, one);
      }
    }
}

// Seen elsewhere: a seed that does not reach the weights or the sampler.
TEST(Pretrain, SeedReachesEveryLayer) {
  const auto a = pretrain(training(), nullptr, small(), 1);
  const auto b = pretrain(training(), nullptr, small(), 2);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_NE(encoder_weights(a.stack.layers[i]), encoder_weights(b.stack.layers[i]));
}

// A net that learns 20 cases by heart finds them likelier than others: the gap says so.
TEST(Pretrain, FreeEnergyGapGrowsWithOverfitting) {
  const auto few = digits(Purpose::synthetic_training, 20);
  const auto others = digits(Purpose::synthetic_test, 200);
  PretrainOptions options = small();
  options.layers = {100};
  options.epochs = {60};
  options.weight_cost = {0};
  const auto result = pretrain(few, &others, options, 1);
  const auto& epochs = result.history.front();
  ASSERT_TRUE(epochs.front().free_energy_gap && epochs.back().free_energy_gap);
  EXPECT_GT(*epochs.back().free_energy_gap, *epochs.front().free_energy_gap + 5);
  EXPECT_FALSE(pretrain(few, nullptr, options, 1).history.front().back().free_energy_gap);
}

TEST(Pretrain, OneCaseAndABatchLargerThanTheDataWork) {
  PretrainOptions options = small();
  options.batch = 1'000'000;
  const auto result = pretrain(digits(Purpose::synthetic_training, 1), nullptr, options, 1);
  EXPECT_EQ(result.stack.layers.size(), 2U);
}

TEST(Pretrain, DivergenceNamesLayerEpochUpdateAndRate) {
  PretrainOptions options = small();
  options.learning_rate = {1e6};
  try {
    pretrain(training(), nullptr, options, 1);
    FAIL() << "no error";
  } catch (const DivergenceError& error) {
    const std::string text = error.what();
    for (const char* part : {"layer 1", "epoch", "update", "1000000"})
      EXPECT_NE(text.find(part), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace dbn
