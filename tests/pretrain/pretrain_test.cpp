#include <dbn/pretrain/pretrain.hpp>

#include <algorithm>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/autoencoder/autoencoder_penalties.hpp>
#include <dbn/core/error.hpp>
#include <dbn/core/math.hpp>
#include <dbn/pretrain/layer_trainer.hpp>

#include "../support/allocation_count.hpp"
#include "../support/memory_keeper.hpp"
#include "../support/peak_memory.hpp"
#include "../support/small_pretraining.hpp"
#include "../support/thread_count.hpp"

namespace dbn {
namespace {

using test::digits;
using test::small_pretraining;
using test::training;

void expect_same(const Stack& a, const Stack& b) {
  ASSERT_EQ(a.layers.size(), b.layers.size());
  for (std::size_t i = 0; i < a.layers.size(); ++i) {
    EXPECT_EQ(encoder_weights(a.layers[i]), encoder_weights(b.layers[i])) << "layer " << i;
    EXPECT_EQ(encoder_bias(a.layers[i]), encoder_bias(b.layers[i])) << "layer " << i;
  }
}

TEST(Pretrain, EveryKindLowersItsReconstructionError) {
  for (const char* name : {"rbm", "autoencoder", "denoising", "contractive"}) {
    PretrainOptions options = small_pretraining();
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

// What each penalty is for, against a layer that is trained without.
TEST(Pretrain, PenaltiesShowInTheCodes) {
  const auto trained = [](const char* name) {
    PretrainOptions options = small_pretraining();
    options.layers = {30};
    options.pretrainer = {name};
    options.contraction = 1;
    options.epochs = {10};
    options.batch = 10;
    return std::get<Autoencoder>(pretrain(training(), nullptr, options, 1).stack.layers[0]);
  };
  Matrix all(784, 300), codes(30, 300);
  training().gather_into(all_cases(300), all);
  const auto slopes = [&](const Autoencoder& model) { return mean_penalty(model, {.contraction = 1}, all); };
  const auto activity = [&](const Autoencoder& model) {
    model.encode_into(all, codes);
    return codes.mean();
  };
  const Autoencoder plain = trained("autoencoder");
  EXPECT_LT(slopes(trained("contractive")), 0.8 * slopes(plain));
  EXPECT_LT(activity(trained("sparse")), Scalar(0.5) * activity(plain));
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
  pretrain(cases, nullptr, small_pretraining(), 1, {.batch = watch, .epoch = {}});
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
  for (const auto& name : pretrainer_names()) {
    PretrainOptions options = small_pretraining();
    options.pretrainer = {name};
    options.epochs = {1};
    pretrain(cases, &cases, options, 1);
    EXPECT_EQ(std::get<Matrix>(dataset->features), features) << name;
  }
}

// Seen elsewhere: ReLU values used as probabilities. No code that may leave [0, 1] meets a layer of binary units, or a
// cross-entropy.
TEST(Pretrain, CodesBeyondOneAreReconstructedAsRealNumbers) {
  PretrainOptions options = small_pretraining();
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
  PretrainOptions options = small_pretraining();
  options.pretrainer = {"rbm", "denoising"};
  const auto result = pretrain(training(), nullptr, options, 1);
  EXPECT_TRUE(std::holds_alternative<Rbm>(result.stack.layers[0]));
  EXPECT_TRUE(std::holds_alternative<Autoencoder>(result.stack.layers[1]));
}

// The batches of the first epoch make every buffer; after them a batch takes no memory, not even a last partial one.
TEST(Pretrain, AllocatesNothingAfterTheFirstBatch) {
  if (!test::can_count_allocations()) GTEST_SKIP() << "allocations cannot be counted in this build";
  for (const auto& kind : pretrainer_names())
    for (const char* estimator : {"cd", "pcd"}) {
      PretrainOptions options = small_pretraining();
      options.pretrainer = {kind};
      options.divergence.estimator = estimator;
      options.batch = 70;  // 300 cases: four batches and one of 20
      options.cd_k = "2";
      test::SecondEpochCounts record;
      const auto count = [&](Index, Index epoch, double) { record(epoch); };
      pretrain(training(), nullptr, options, 1, {.batch = count, .epoch = {}});
      const auto& counts = record.counts();
      ASSERT_EQ(counts.size(), 10U);
      EXPECT_EQ(counts[4], counts[0]) << kind << " by " << estimator << ", first layer";
      EXPECT_EQ(counts[9], counts[5]) << kind << " by " << estimator << ", second layer";
    }
}

TEST(Pretrain, SameBitsWithAnyThreadsForEveryKind) {
  for (const auto& name : pretrainer_names())
    for (const char* estimator : {"cd", "pcd"}) {
      PretrainOptions options = small_pretraining();
      options.layers = {300, 20};
      options.epochs = {1};
      options.pretrainer = {name};
      options.divergence.estimator = estimator;
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
  const auto a = pretrain(training(), nullptr, small_pretraining(), 1);
  const auto b = pretrain(training(), nullptr, small_pretraining(), 2);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_NE(encoder_weights(a.stack.layers[i]), encoder_weights(b.stack.layers[i]));
}

// A net that learns 20 cases by heart finds them likelier than others: the gap says so.
TEST(Pretrain, FreeEnergyGapGrowsWithOverfitting) {
  const auto few = digits(Purpose::synthetic_training, 20);
  const auto others = digits(Purpose::synthetic_test, 200);
  PretrainOptions options = small_pretraining();
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
  PretrainOptions options = small_pretraining();
  options.batch = 1'000'000;
  const auto result = pretrain(digits(Purpose::synthetic_training, 1), nullptr, options, 1);
  EXPECT_EQ(result.stack.layers.size(), 2U);
}

// A net that learns 20 cases by heart widens the gap epoch after epoch.
TEST(Pretrain, PatienceStopsALayerThatOverfits) {
  const auto few = digits(Purpose::synthetic_training, 20);
  const auto others = digits(Purpose::synthetic_test, 200);
  PretrainOptions options = small_pretraining();
  options.layers = {100, 10};
  options.epochs = {60};
  options.weight_cost = {0};
  options.patience = 4;
  const auto result = pretrain(few, &others, options, 1);
  const auto& epochs = result.history.front();
  ASSERT_LT(epochs.size(), 60U);
  ASSERT_GT(epochs.size(), 4U);
  for (std::size_t i = epochs.size() - 4; i < epochs.size(); ++i)
    EXPECT_GT(*epochs[i].free_energy_gap, *epochs[i - 1].free_energy_gap);
  EXPECT_EQ(pretrain(few, nullptr, options, 1).history.front().size(), 60U) << "nothing to compare with";
  // What a checkpoint in the second layer says of the first is believed.
  test::MemoryKeeper states;
  const auto whole = pretrain(few, &others, options, 1, {}, &states);
  test::MemoryKeeper last(states.kept().back());
  EXPECT_EQ(pretrain(few, &others, options, 1, {}, &last).history.front().size(), whole.history.front().size());
}

TEST(Pretrain, RetriesLeadFromAnAbsurdRateToAFiniteStack) {
  for (const auto& name : pretrainer_names()) {
    PretrainOptions options = small_pretraining();
    options.pretrainer = {name};
    options.learning_rate = {1e6};
    EXPECT_THROW(pretrain(training(), nullptr, options, 1), DivergenceError) << name;
    options.on_divergence = "retry";
    const auto result = pretrain(training(), nullptr, options, 1);
    for (const auto& layer : result.stack.layers) EXPECT_TRUE(all_moderate(encoder_weights(layer))) << name;
  }
}

TEST(Pretrain, DivergenceNamesLayerEpochUpdateAndRate) {
  PretrainOptions options = small_pretraining();
  options.learning_rate = {1e6};
  try {
    pretrain(training(), nullptr, options, 1);
    FAIL() << "no error";
  } catch (const DivergenceError& error) {
    const std::string text = error.what();
    for (const char* part : {"layer 1", "epoch 1", "update 2", "rate 1e+06"})
      EXPECT_NE(text.find(part), std::string::npos) << text;
  }
}

// The estimate holds a copy of a layer for a checkpoint, which is not made here.
TEST(PretrainMemorySlow, IsWhatTrainingTakes) {
  if (!test::kPlainHeap) GTEST_SKIP() << "this build's heap is larger than what is asked for";
  const PreparedCases cases = digits(Purpose::synthetic_training, 600);
  const PreparedCases held_out = digits(Purpose::synthetic_test, 300);
  pretrain(cases, &held_out, small_pretraining(), 1);  // loads what products need
  std::vector<PretrainOptions> runs(4);
  runs[1].pretrainer = {"denoising"};
  runs[1].layers = {2000, 1000};
  runs[1].untied = true;
  runs[2].layers = {300, 1500};
  runs[2].divergence.estimator = "pcd";
  runs[2].divergence.chains = 1000;
  runs[3].layers = {1000, 200};
  runs[3].batch = 600;
  for (auto& options : runs) {
    options.epochs = {1};
    const test::PeakMemory peak;
    const auto result = pretrain(cases, &held_out, options, 1);
    const double estimate = pretrain_memory(784, options, cases.case_count(), held_out.case_count());
    const auto growth = static_cast<double>(peak.growth());
    EXPECT_GT(estimate + 4e6, growth) << options.layers[0];
    EXPECT_LT(estimate, 1.5 * (growth + static_cast<double>(peak.free_at_start()))) << options.layers[0];
    double stack = 0;
    for (auto layer : result.stack.layers)
      for (const auto& tensor : tensors(layer)) stack += sizeof(Scalar) * static_cast<double>(tensor.values.size());
    EXPECT_EQ(stack_memory(784, options), stack);
  }
}

}  // namespace
}  // namespace dbn
