// Pretraining that stops at any update and goes on from its state.

#include <map>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/pretrain/layer_trainer.hpp>

#include "../support/memory_keeper.hpp"
#include "../support/small_pretraining.hpp"
#include "../support/thread_count.hpp"

namespace dbn {
namespace {

using test::small_pretraining;
using test::training;

void expect_same_state(Stack& a, Stack& b, const std::string& what) {
  ASSERT_EQ(a.layers.size(), b.layers.size());
  for (std::size_t i = 0; i < a.layers.size(); ++i) {
    const TensorList left = tensors(a.layers[i]);
    const TensorList right = tensors(b.layers[i]);
    for (std::size_t t = 0; t < left.size(); ++t) EXPECT_EQ(left[t].values, right[t].values) << what << left[t].name;
  }
}

// What a run can consist of: every kind of layer, every estimator with what it remembers, courses of rates and steps.
std::map<std::string, PretrainOptions> resumable_runs() {
  std::map<std::string, PretrainOptions> runs;
  const auto add = [&](const std::string& name) -> PretrainOptions& {
    PretrainOptions& options = runs[name] = small_pretraining();
    options.batch = 110;  // 300 cases: two batches and one of 80
    options.epochs = {2};
    options.cd_k = "2:1,1";
    options.divergence.chains = 7;
    options.divergence.replicas = 3;
    return options;
  };
  for (const auto& estimator : estimators()) {
    if (estimator.name == "exact") continue;
    PretrainOptions& options = add(estimator.name);
    options.divergence.estimator = estimator.name;
    options.divergence.centered = estimator.name != "cd";
    options.divergence.sparsity_target = estimator.name == "cd" ? 0 : 0.1;
    options.divergence.dropout = estimator.name == "pcd" ? 0.2 : 0;
    options.schedule.name = estimator.name == "cd" ? "constant" : "plateau";
  }
  add("costs and limits").l1_cost = 1e-3;
  runs["costs and limits"].clip_norm = 1;
  runs["costs and limits"].max_norm = 0.3;
  runs["costs and limits"].rbm_corruption = "masking:0.25";
  add("learned variances").visible = "gaussian-learned:0-9,bernoulli:10-";
  add("autoencoder").pretrainer = {"autoencoder"};
  runs["autoencoder"].untied = true;
  add("denoising below an RBM").pretrainer = {"denoising", "rbm"};
  runs["denoising below an RBM"].on_divergence = "retry";
  add("contractive").pretrainer = {"contractive"};
  add("sparse by adam").pretrainer = {"sparse"};
  runs["sparse by adam"].optimizer = "adam";
  runs["sparse by adam"].code_l1 = 0.01;
  add("emphasis").pretrainer = {"denoising"};
  runs["emphasis"].corruption = "salt-and-pepper:0.25";
  runs["emphasis"].emphasis = 0.5;
  add("untied later").pretrainer = {"denoising"};
  runs["untied later"].corruption = "gaussian:0.3";
  runs["untied later"].untied = true;
  runs["untied later"].tied_epochs = 1;
  add("lbfgs").pretrainer = {"contractive", "sparse"};
  runs["lbfgs"].optimizer = "lbfgs";
  return runs;
}

// From the middle of an epoch, its end, the end of a layer; at another number of threads too.
TEST(PretrainResume, GoesOnFromEveryUpdateToTheSameBits) {
  for (const auto& [name, options] : resumable_runs()) {
    test::MemoryKeeper states;
    auto whole = pretrain(training(), &training(), options, 1, {}, &states);
    ASSERT_EQ(states.kept().size(), 12U);
    for (const auto& state : states.kept()) {
      const std::string what =
          fmt::format("{} from update {} of layer {}: ", name, state.position.update, state.position.layer);
      const test::ThreadCount scope(static_cast<int>(state.position.update % 3) + 1);
      test::MemoryKeeper keeper(state);
      auto part = pretrain(training(), &training(), options, 1, {}, &keeper);
      expect_same_state(part.stack, whole.stack, what);
      ASSERT_EQ(part.history.size(), 2U);
      for (std::size_t i = 0; i < 2; ++i) {
        ASSERT_EQ(part.history[i].size(), 2U) << what;
        for (std::size_t e = 0; e < 2; ++e) {
          EXPECT_EQ(part.history[i][e].reconstruction_error, whole.history[i][e].reconstruction_error) << what;
          EXPECT_EQ(part.history[i][e].free_energy_gap, whole.history[i][e].free_energy_gap) << what;
        }
      }
    }
  }
}

TEST(PretrainResume, EpochsMayGrowForLayersThatAreNotFinished) {
  PretrainOptions options = small_pretraining();
  test::MemoryKeeper states;
  pretrain(training(), nullptr, options, 1, {}, &states);
  options.epochs = {3, 4};
  auto whole = pretrain(training(), nullptr, options, 1);
  test::MemoryKeeper grown(states.kept().back());
  auto part = pretrain(training(), nullptr, options, 1, {}, &grown);
  expect_same_state(part.stack, whole.stack, "");
  options.epochs = {4};
  test::MemoryKeeper late(states.kept().back());
  EXPECT_THAT([&] { pretrain(training(), nullptr, options, 1, {}, &late); },
              testing::ThrowsMessage<InvalidArgument>(testing::HasSubstr("layer 1 was finished with 3")));
}

TEST(PretrainResume, AStateOfAnotherStackIsRefused) {
  PretrainOptions options = small_pretraining();
  test::MemoryKeeper states;
  pretrain(training(), nullptr, options, 1, {}, &states);
  PretrainOptions other = small_pretraining();
  other.layers = {30, 21};
  test::MemoryKeeper wider(states.kept().back());
  EXPECT_THROW(pretrain(training(), nullptr, other, 1, {}, &wider), DataError);
  other.layers = {30};
  test::MemoryKeeper fewer(states.kept().back());
  EXPECT_THROW(pretrain(training(), nullptr, other, 1, {}, &fewer), DataError);
}

}  // namespace
}  // namespace dbn
