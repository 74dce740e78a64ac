#include <dbn/pretrain/layer_trainer.hpp>

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

#include "../support/small_layer.hpp"

namespace dbn {
namespace {

using test::batch;

PreparedCases digits() { return test::hundred_digits(); }
LayerOptions small(const std::string& name) { return test::small_layer(name); }

TEST(LayerTrainer, SummaryIsThatOfTheData) {
  const auto cases = digits();
  const auto summary = summarize(cases);
  const Matrix all = batch(cases, all_cases(100));
  const Vector mean = all.rowwise().mean();
  EXPECT_LT((summary.features.mean - mean).cwiseAbs().maxCoeff(), Scalar(1e-6));
  const Vector variance = (all.colwise() - mean).array().square().rowwise().mean();
  EXPECT_LT((summary.features.variance - variance).cwiseAbs().maxCoeff(), Scalar(1e-6));
  EXPECT_EQ(summary.features.least, Vector(all.rowwise().minCoeff()));
  EXPECT_EQ(summary.features.most, Vector(all.rowwise().maxCoeff()));
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

// One update without momentum, whose draws are those of the plain one.
Rbm after_one_update(const LayerOptions& options, const InputSummary& summary, const PreparedCases& cases) {
  const std::vector<Index> some{0, 1, 2};
  const auto trainer = pretrainer("rbm").make(options, summary, 3);
  trainer->update(batch(cases, some), {1, 0, some}, {0.1, 0});
  return std::get<Rbm>(trainer->layer());
}

// Seen elsewhere: L1 decay with |w| instead of sign(w). The pull is rate times cost, the same on every weight.
TEST(RbmTrainer, L1CostPullsEveryWeightAlikeTowardsZero) {
  const auto cases = digits();
  const auto summary = summarize(cases);
  LayerOptions options = small("rbm");
  options.weight_cost = 0;
  const Rbm start = std::get<Rbm>(pretrainer("rbm").make(options, summary, 3)->layer());
  const Rbm plain = after_one_update(options, summary, cases);
  options.l1_cost = 0.5;
  const Rbm costed = after_one_update(options, summary, cases);
  const Matrix pull = Scalar(0.05) * start.weights.array().sign().matrix();
  EXPECT_LT((plain.weights - costed.weights - pull).cwiseAbs().maxCoeff(), Scalar(1e-7));
  EXPECT_EQ(plain.visible_bias, costed.visible_bias);
}

TEST(RbmTrainer, ClippedGradientIsTheSameOneShortened) {
  const auto cases = digits();
  const auto summary = summarize(cases);
  LayerOptions options = small("rbm");
  options.weight_cost = 0;
  const Rbm start = std::get<Rbm>(pretrainer("rbm").make(options, summary, 3)->layer());
  const Rbm plain = after_one_update(options, summary, cases);
  options.clip_norm = 0.25;
  const Rbm clipped = after_one_update(options, summary, cases);
  const auto move = [&](const Rbm& to) {
    Eigen::VectorXd all(start.weights.size() + start.visible_bias.size() + start.hidden_bias.size());
    const Matrix weights = to.weights - start.weights;
    all << weights.cast<double>().reshaped(), (to.visible_bias - start.visible_bias).cast<double>(),
        (to.hidden_bias - start.hidden_bias).cast<double>();
    return all;
  };
  const Eigen::VectorXd whole = move(plain), held = move(clipped);
  ASSERT_GT(whole.norm(), 0.025) << "nothing to clip";
  // Each number is the difference of two near ones: 27 000 roundings of 6e-8 or less, of biases up to 7.
  EXPECT_NEAR(held.norm(), 0.025, 1e-4);
  EXPECT_NEAR(held.dot(whole), held.norm() * whole.norm(), 1e-4 * whole.norm());
}

TEST(RbmTrainer, MaxNormHoldsEveryUnit) {
  const auto cases = digits();
  LayerOptions options = small("rbm");
  options.max_norm = 0.2;
  const Rbm rbm = after_one_update(options, summarize(cases), cases);
  EXPECT_LE(rbm.weights.colwise().norm().maxCoeff(), Scalar(0.2 * (1 + 1e-5)));
  EXPECT_GT(after_one_update(small("rbm"), summarize(cases), cases).weights.colwise().norm().maxCoeff(), Scalar(0.2));
}

TEST(RbmTrainer, VariancesStartFromTheDataAndStayAwayFromZero) {
  const auto cases = digits();
  LayerOptions options = small("rbm");
  options.visible = "gaussian-learned";
  auto summary = summarize(cases);
  const auto start = std::get<Rbm>(pretrainer("rbm").make(options, summary, 3)->layer());
  ASSERT_EQ(start.visible_log_variance.size(), 784);
  for (Index i = 0; i < 784; ++i) {
    const double variance = std::max(static_cast<double>(summary.features.variance[i]), 1e-3);
    EXPECT_NEAR(start.visible_log_variance[i], std::log(variance), 1e-5);
  }
  EXPECT_GE(after_one_update(options, summary, cases).visible_log_variance.minCoeff(),
            static_cast<Scalar>(std::log(1e-3)));
}

// A centred machine sees data at their mean as nothing: hidden units start undecided there.
TEST(RbmTrainer, ACenteredStartIsUndecidedAtTheMean) {
  const auto cases = digits();
  const auto summary = summarize(cases);
  LayerOptions options = small("rbm");
  options.divergence.centered = true;
  const auto rbm = std::get<Rbm>(pretrainer("rbm").make(options, summary, 3)->layer());
  Matrix hidden(12, 1);
  rbm.hidden_mean_into(summary.features.mean, hidden);
  EXPECT_LT((hidden.array() - Scalar(0.5)).abs().maxCoeff(), Scalar(1e-5));
}

TEST(RbmTrainer, NoiseIsForChainsThatStartAtTheData) {
  LayerOptions options = small("rbm");  // pcd
  options.rbm_corruption = "masking:0.5";
  EXPECT_THROW(pretrainer("rbm").make(options, unknown_inputs(784), 0), InvalidArgument);
  options.divergence.estimator = "cd";
  EXPECT_NO_THROW(pretrainer("rbm").make(options, unknown_inputs(784), 0));
}

TEST(RbmTrainer, VisibleBiasMayStartAtZero) {
  LayerOptions options = small("rbm");
  options.visible_bias = "zero";
  const auto trainer = pretrainer("rbm").make(options, summarize(digits()), 3);
  EXPECT_EQ(std::get<Rbm>(trainer->layer()).visible_bias, Vector(Vector::Zero(784)));
}

TEST(LayerTrainer, VisibleBiasStartsFromTheData) {
  const auto cases = digits();
  const auto summary = summarize(cases);
  const auto trainer = pretrainer("rbm").make(small("rbm"), summary, 3);
  const auto& rbm = std::get<Rbm>(trainer->layer());
  for (Index i = 0; i < 784; ++i) {
    const double p = std::clamp(static_cast<double>(summary.features.mean[i]), 1e-3, 1 - 1e-3);
    EXPECT_NEAR(rbm.visible_bias[i], std::log(p / (1 - p)), 1e-4);
  }
}

// Seen elsewhere: ReLU values, or any numbers, used as probabilities.
TEST(LayerTrainer, DataThatDoNotSuitTheUnitsAreRefused) {
  const InputSummary summary{
      {Vector::Zero(784), Vector::Ones(784), Vector::Constant(784, Scalar(-2)), Vector::Constant(784, Scalar(3))}};
  EXPECT_THROW(pretrainer("rbm").make(small("rbm"), summary, 0), InvalidArgument);
  EXPECT_THROW(pretrainer("denoising").make(small("denoising"), summary, 0), InvalidArgument);
  LayerOptions gaussian = small("rbm");
  gaussian.visible = "gaussian";
  EXPECT_NO_THROW(pretrainer("rbm").make(gaussian, summary, 0));
  EXPECT_THROW(pretrainer("rmb"), InvalidArgument);
}

}  // namespace
}  // namespace dbn
