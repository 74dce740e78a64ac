#include <dbn/pretrain/layer_trainer.hpp>

#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

#include "../support/digits.hpp"

namespace dbn {
namespace {

PreparedCases digits() { return test::digits(Purpose::synthetic_training, 100); }

LayerOptions small(const std::string& name) {
  PretrainOptions options;
  options.layers = {12};
  options.pretrainer = {name};
  options.estimator = "pcd";
  options.chains = 10;
  options.batch = 20;
  return layer_options(options, 0, 784);
}

Matrix batch(const PreparedCases& cases, std::span<const Index> chosen) {
  Matrix x(cases.feature_count(), static_cast<Index>(chosen.size()));
  cases.gather_into(chosen, x);
  return x;
}

TEST(LayerTrainer, SummaryIsThatOfTheData) {
  const auto cases = digits();
  const auto summary = summarize(cases);
  const Matrix all = batch(cases, all_cases(100));
  EXPECT_LT((summary.mean - all.rowwise().mean()).cwiseAbs().maxCoeff(), Scalar(1e-6));
  EXPECT_EQ(summary.least, all.minCoeff());
  EXPECT_EQ(summary.most, all.maxCoeff());
}

// All that the next update depends on is in the layer and in state(): whoever copies both goes on with the same bits.
// This is what checkpoints will rely on, for every trainer in the table.
TEST(LayerTrainer, LayerAndStateAreComplete) {
  const auto cases = digits();
  const auto summary = summarize(cases);
  const std::vector<Index> first{0, 1, 2, 3, 4, 5}, second{6, 7, 8};
  for (const auto& kind : pretrainers()) {
    const auto a = kind.make(small(kind.name), summary, 3);
    const auto b = kind.make(small(kind.name), summary, 3);
    a->update(batch(cases, first), {1, 0, first}, {0.1, 0.5});
    const auto copy = [](TensorList from, TensorList to) {
      ASSERT_EQ(from.size(), to.size());
      for (std::size_t i = 0; i < from.size(); ++i) to[i].values = from[i].values;
    };
    copy(tensors(a->layer()), tensors(b->layer()));
    copy(a->state(), b->state());
    for (auto* trainer : {a.get(), b.get()}) trainer->update(batch(cases, second), {1, 1, second}, {0.1, 0.5});
    EXPECT_EQ(encoder_weights(a->layer()), encoder_weights(b->layer())) << kind.name;
    EXPECT_EQ(encoder_bias(a->layer()), encoder_bias(b->layer())) << kind.name;
  }
}

// A batch written where the trainer wants it is the batch that is handed over.
TEST(LayerTrainer, ABatchInItsInputIsTheSameUpdate) {
  const auto cases = digits();
  const auto summary = summarize(cases);
  const std::vector<Index> chosen{0, 1, 2, 3, 4};
  for (const auto& kind : pretrainers()) {
    const auto copied = kind.make(small(kind.name), summary, 3);
    const auto in_place = kind.make(small(kind.name), summary, 3);
    copied->update(batch(cases, chosen), {1, 0, chosen}, {0.1, 0.5});
    MatrixRef input = in_place->input(5);
    cases.gather_into(chosen, input);
    in_place->update(input, {1, 0, chosen}, {0.1, 0.5});
    EXPECT_EQ(encoder_weights(copied->layer()), encoder_weights(in_place->layer())) << kind.name;
    EXPECT_THROW(in_place->input(21), InvalidArgument) << kind.name;
    EXPECT_THROW(in_place->input(0), InvalidArgument) << kind.name;
  }
}

// Seen elsewhere: the caller's data changed in place.
TEST(LayerTrainer, LeavesABatchOfTheCallersAlone) {
  const auto cases = digits();
  const auto summary = summarize(cases);
  const std::vector<Index> chosen{0, 1, 2, 3, 4};
  const Matrix before = batch(cases, chosen);
  for (const auto& kind : pretrainers()) {
    const Matrix mine = before;
    const auto trainer = kind.make(small(kind.name), summary, 3);
    trainer->update(mine, {1, 0, chosen}, {0.1, 0.5});
    trainer->mean_free_energy(mine);
    EXPECT_EQ(mine, before) << kind.name;
  }
}

// Weight cost pulls weights only; biases are free. With a rate of r and a cost of 1/r one update without momentum
// leaves of the weights nothing but the gradient's part, and the biases as they would be without cost.
TEST(LayerTrainer, WeightCostIsOnWeightsOnly) {
  const auto cases = digits();
  const auto summary = summarize(cases);
  const std::vector<Index> some{0, 1, 2};
  for (const auto& kind : pretrainers()) {
    LayerOptions with = small(kind.name);
    LayerOptions without = with;
    with.weight_cost = 10;
    without.weight_cost = 0;
    const auto a = kind.make(with, summary, 3);
    const auto b = kind.make(without, summary, 3);
    const Matrix start = encoder_weights(a->layer());
    for (auto* trainer : {a.get(), b.get()}) trainer->update(batch(cases, some), {1, 0, some}, {0.1, 0});
    EXPECT_LT((encoder_weights(a->layer()) + start - encoder_weights(b->layer())).cwiseAbs().maxCoeff(), Scalar(1e-5))
        << kind.name;
    EXPECT_EQ(encoder_bias(a->layer()), encoder_bias(b->layer())) << kind.name;
  }
}

TEST(LayerTrainer, VisibleBiasStartsFromTheData) {
  const auto cases = digits();
  const auto summary = summarize(cases);
  const auto trainer = pretrainer("rbm").make(small("rbm"), summary, 3);
  const auto& rbm = std::get<Rbm>(trainer->layer());
  for (Index i = 0; i < 784; ++i) {
    const double p = std::clamp(static_cast<double>(summary.mean[i]), 1e-3, 1 - 1e-3);
    EXPECT_NEAR(rbm.visible_bias[i], std::log(p / (1 - p)), 1e-4);
  }
}

// Seen elsewhere: ReLU values, or any numbers, used as probabilities.
TEST(LayerTrainer, DataThatDoNotSuitTheUnitsAreRefused) {
  InputSummary summary{Vector::Zero(784), Scalar(-2), Scalar(3)};
  EXPECT_THROW(pretrainer("rbm").make(small("rbm"), summary, 0), InvalidArgument);
  EXPECT_THROW(pretrainer("denoising").make(small("denoising"), summary, 0), InvalidArgument);
  LayerOptions gaussian = small("rbm");
  gaussian.visible = "gaussian";
  EXPECT_NO_THROW(pretrainer("rbm").make(gaussian, summary, 0));
  EXPECT_THROW(pretrainer("rmb"), InvalidArgument);
}

}  // namespace
}  // namespace dbn
