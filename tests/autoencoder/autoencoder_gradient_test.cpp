#include <dbn/autoencoder/autoencoder_gradient.hpp>

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/core/math.hpp>

#include "../support/finite_difference.hpp"
#include "../support/small_autoencoder.hpp"
#include "../support/thread_count.hpp"

namespace dbn {
namespace {

using test::damaged;
using test::emphasised;
using test::GradientStore;
using test::uniform_cases;
using Gradient = std::vector<Matrix>;

constexpr auto kEpsilon = static_cast<double>(std::numeric_limits<Scalar>::epsilon());

/// None, each alone as far as the codes allow it, and all of them together.
std::vector<AutoencoderPenalties> penalties_on(const Activation& code) {
  std::vector<AutoencoderPenalties> list{{}, {.contraction = 0.5}, {.code_l1 = 0.5}};
  AutoencoderPenalties all{.contraction = 0.25, .code_l1 = 0.125};
  if (codes_are_probabilities(code.name)) {
    list.push_back({.sparsity_target = 0.3, .sparsity_cost = 0.5});
    all.sparsity_cost = 0.5;
  }
  list.push_back(all);
  return list;
}

std::string text(const AutoencoderPenalties& p) {
  return "contraction " + std::to_string(p.contraction) + ", sparsity " + std::to_string(p.sparsity_cost) + ", L1 " +
         std::to_string(p.code_l1);
}

Gradient gradient(Autoencoder& model, AutoencoderGradient& engine, const Matrix& corrupted, const Matrix& clean,
                  const Matrix& weights = kUnweighted, bool as_tied = false) {
  GradientStore store(model.tensors());
  engine.gradient(corrupted, clean, store, weights, as_tied);
  EXPECT_TRUE(store.complete());
  return store.gradients();
}

using AutoencoderGradientOf = test::AutoencoderKind;
INSTANTIATE_TEST_SUITE_P(All, AutoencoderGradientOf, test::all_autoencoder_kinds(), test::autoencoder_kind_name);

// ReLU bends at 0, others elsewhere, and there no difference is a slope: take the first model whose total inputs all
// lie further from it than two steps of a weight times a feature of at most 1 can reach.
TEST_P(AutoencoderGradientOf, GradientIsTheSlopeOfWhatIsMinimised) {
  const Matrix clean = uniform_cases(5, 3);
  const Matrix corrupted = damaged(clean);
  std::uint32_t layer = 0;
  Autoencoder model = make_kind(5, 4);
  while (test::nearest_kink(model, corrupted) < 2.5 * static_cast<double>(test::difference_step()))
    model = make_kind(5, 4, ++layer);
  for (const auto& penalties : penalties_on(*model.code))
    for (const Matrix& weights : {Matrix(kUnweighted), emphasised(5, 3)}) {
      SCOPED_TRACE(text(penalties) + (weights.size() > 0 ? ", emphasised" : ""));
      AutoencoderGradient engine(model, 3, {.penalties = penalties});
      test::expect_gradient_is_slope(
          model.tensors(),
          [&] { return model.mean_loss(corrupted, clean, weights) + mean_penalty(model, penalties, corrupted); },
          [&](GradientSink sink) { engine.gradient(corrupted, clean, sink, weights); });
    }
}

// Both are sums, in another order, of numbers that are the same bits.
TEST_P(AutoencoderGradientOf, ValueIsLossAndPenaltiesWhenItIsAskedFor) {
  Autoencoder model = make_kind(30, 20);
  const Matrix clean = uniform_cases(30, 6), corrupted = damaged(clean), weights = emphasised(30, 6);
  for (const auto& penalties : penalties_on(*model.code)) {
    const double expected = model.mean_loss(corrupted, clean, weights) + mean_penalty(model, penalties, corrupted);
    AutoencoderGradient engine(model, 10, {.penalties = penalties, .with_value = true});
    for (int again = 0; again < 2; ++again) {
      GradientStore store(model.tensors());
      EXPECT_NEAR(engine.gradient(corrupted, clean, store, weights), expected, 64 * kEpsilon * (1 + expected))
          << text(penalties);
    }
    AutoencoderGradient silent(model, 10, {.penalties = penalties});
    GradientStore store(model.tensors());
    EXPECT_EQ(silent.gradient(corrupted, clean, store, weights), 0);
  }
}

// Seen elsewhere: the last partial batch padded with zeros, or counted as full.
TEST_P(AutoencoderGradientOf, APartialBatchIsAsIfItsBufferWereThatSmall) {
  Autoencoder model = make_kind(30, 20);
  const Matrix clean = uniform_cases(30, 10);
  const Matrix corrupted = damaged(clean);
  for (const auto& penalties : penalties_on(*model.code)) {
    AutoencoderGradient roomy(model, 10, {.penalties = penalties});
    AutoencoderGradient tight(model, 3, {.penalties = penalties});
    gradient(model, roomy, corrupted, clean);
    EXPECT_EQ(gradient(model, roomy, corrupted.leftCols(3), clean.leftCols(3)),
              gradient(model, tight, corrupted.leftCols(3), clean.leftCols(3)))
        << text(penalties);
  }
}

TEST_P(AutoencoderGradientOf, GradientHasTheSameBitsWithAnyNumberOfThreads) {
  Autoencoder model = make_kind(300, 270);
  const Matrix clean = uniform_cases(300, 9);
  const Matrix corrupted = damaged(clean);
  const AutoencoderPenalties all = penalties_on(*model.code).back();
  for (const bool as_tied : {false, true}) {
    const auto with = [&](int threads) {
      const test::ThreadCount guard(threads);
      AutoencoderGradient engine(model, 9, {.penalties = all});
      return gradient(model, engine, corrupted, clean, emphasised(300, 9), as_tied);
    };
    const Gradient expected = with(1);
    for (const int threads : {2, 3, 7}) EXPECT_EQ(with(threads), expected) << threads;
  }
}

// Seen elsewhere: the caller's data changed in place; features taken from a stochastic pass.
TEST_P(AutoencoderGradientOf, NothingOfTheCallersChanges) {
  Autoencoder model = make_kind(30, 20);
  const Autoencoder before = model;
  const Matrix clean = uniform_cases(30, 6), corrupted = damaged(clean);
  const Matrix clean_copy = clean, corrupted_copy = corrupted;
  AutoencoderGradient engine(model, 6, {.penalties = penalties_on(*model.code).back()});
  const Gradient first = gradient(model, engine, corrupted, clean);
  EXPECT_TRUE(clean == clean_copy);
  EXPECT_TRUE(corrupted == corrupted_copy);
  EXPECT_TRUE(model.weights == before.weights && model.decoder_weights == before.decoder_weights);
  EXPECT_EQ(gradient(model, engine, corrupted, clean), first);
}

// Products of another shape round differently: their six terms, and the reconstructions in them, by some dozens of eps.
void expect_shared_gradient(Autoencoder& tied, const AutoencoderPenalties& penalties) {
  SCOPED_TRACE(tied.code->name + ", " + text(penalties));
  Autoencoder untied = tied;
  untied.decoder_weights = tied.weights.transpose();
  const Matrix clean = uniform_cases(5, 3), corrupted = damaged(clean), weights = emphasised(5, 3);
  AutoencoderGradient of_tied(tied, 3, {.penalties = penalties});
  AutoencoderGradient of_untied(untied, 3, {.penalties = penalties});
  Gradient expected = gradient(tied, of_tied, corrupted, clean, weights);
  expected.emplace_back(expected[0].transpose());
  const Gradient shared = gradient(untied, of_untied, corrupted, clean, weights, true);
  const Gradient own = gradient(untied, of_untied, corrupted, clean, weights);
  const auto expect_near = [](const Matrix& found, const Matrix& as) {
    EXPECT_LE(static_cast<double>((found - as).cwiseAbs().maxCoeff()),
              256 * kEpsilon * (1 + static_cast<double>(as.cwiseAbs().maxCoeff())));
  };
  for (std::size_t t = 0; t < 4; ++t) expect_near(shared[t], expected[t]);
  expect_near(own[0] + own[3].transpose(), expected[0]);
  EXPECT_GT((own[0] - shared[0]).cwiseAbs().maxCoeff(), Scalar(1e-3)) << "nothing was shared";
}

TEST(AutoencoderGradient, AsTiedIsThatOfTheTiedModel) {
  for (const auto& code : code_activation_names())
    for (const auto loss : {ReconstructionLoss::cross_entropy, ReconstructionLoss::squared_error}) {
      Autoencoder tied = test::small_autoencoder(5, 4, code, loss, true);
      test::disturb(tied, 0);
      for (const auto& penalties : penalties_on(*tied.code)) expect_shared_gradient(tied, penalties);
    }
}

// An optimizer changes each column as it comes; what comes later must not be seen to have changed.
TEST_P(AutoencoderGradientOf, TheSinkMayChangeTheWeights) {
  Autoencoder model = make_kind(30, 20);
  if (!model.tied()) model.decoder_weights = model.weights.transpose();
  const Autoencoder before = model;
  const Matrix clean = uniform_cases(30, 6), corrupted = damaged(clean);
  AutoencoderGradient engine(model, 6, {.penalties = penalties_on(*model.code).back()});
  const Gradient expected = gradient(model, engine, corrupted, clean, kUnweighted, true);
  GradientStore store(model.tensors());
  const auto change = [&](std::size_t tensor, Index first, const ConstMatrixRef& tile) {
    store(tensor, first, tile);
    model.tensors()[tensor].values.middleCols(first, tile.cols()) -= tile;
  };
  engine.gradient(corrupted, clean, change, kUnweighted, true);
  EXPECT_EQ(store.gradients(), expected);
  EXPECT_FALSE(model.weights == before.weights);
}

TEST(AutoencoderGradient, OfExtremeInputsStaysFinite) {
  Autoencoder model = test::small_autoencoder(3, 2, "linear", ReconstructionLoss::cross_entropy, true);
  model.decoder_bias << 1000, -1000, 1000;
  model.weights.setZero();
  const Matrix target = Matrix::Identity(3, 1);
  AutoencoderGradient engine(model, 1, {.with_value = true});
  GradientStore store(model.tensors());
  EXPECT_DOUBLE_EQ(engine.gradient(target, target, store), 1000);
  for (const auto& part : store.gradients()) EXPECT_TRUE(all_finite(part));
}

// Units that are always off or always on, where the divergence has no bounds.
TEST(AutoencoderGradient, OfSaturatedSparseCodesStaysFinite) {
  for (const char* code : {"sigmoid", "hard-sigmoid"}) {
    Autoencoder model = test::small_autoencoder(3, 2, code, ReconstructionLoss::cross_entropy, true);
    model.hidden_bias << 1000, -1000;
    const Matrix cases = uniform_cases(3, 2);
    AutoencoderGradient engine(model, 2, {.penalties = {.sparsity_cost = 3}, .with_value = true});
    GradientStore store(model.tensors());
    EXPECT_TRUE(std::isfinite(engine.gradient(cases, cases, store))) << code;
    for (const auto& part : store.gradients()) EXPECT_TRUE(all_finite(part)) << code;
  }
}

// Along its total input the divergence's slope is q - target, however near to 0 the activity q is. Without weights
// nothing else moves the unit.
TEST(AutoencoderGradient, ADeadUnitIsPulledBackLikeAnyOther) {
  Autoencoder model = test::small_autoencoder(3, 4, "sigmoid", ReconstructionLoss::cross_entropy, true);
  model.weights.setZero();
  model.hidden_bias << -60, -20, -2, 2;
  const Matrix cases = uniform_cases(3, 2);
  AutoencoderGradient engine(model, 2, {.penalties = {.sparsity_target = 0.05, .sparsity_cost = 3}});
  GradientStore store(model.tensors());
  engine.gradient(cases, cases, store);
  for (Index j = 0; j < 4; ++j) {
    const double q = logistic(static_cast<double>(model.hidden_bias[j]));
    // A quotient, a product, and two sums of numbers below 1 or their inverse.
    EXPECT_NEAR(static_cast<double>(store.gradients()[1](j, 0)), 3 * (q - 0.05), 3 * 16 * kEpsilon) << j;
  }
}

TEST(AutoencoderGradient, RefusesBatchesThatDoNotFit) {
  Autoencoder model = test::small_autoencoder(5, 4, "relu", ReconstructionLoss::cross_entropy, true);
  AutoencoderGradient engine(model, 3);
  GradientStore store(model.tensors());
  const auto refused = [&](const Matrix& corrupted, const Matrix& clean, const Matrix& weights = kUnweighted) {
    EXPECT_THROW(engine.gradient(corrupted, clean, store, weights), InvalidArgument);
  };
  refused(Matrix::Zero(4, 3), Matrix::Zero(4, 3));
  refused(Matrix::Zero(5, 3), Matrix::Zero(5, 2));
  refused(Matrix::Zero(5, 3), Matrix::Zero(4, 3));
  refused(Matrix::Zero(5, 4), Matrix::Zero(5, 4));
  refused(Matrix::Zero(5, 0), Matrix::Zero(5, 0));
  refused(Matrix::Zero(5, 3), Matrix::Zero(5, 3), Matrix::Ones(5, 2));
  refused(Matrix::Zero(5, 3), Matrix::Zero(5, 3), Matrix::Ones(4, 3));
}

}  // namespace
}  // namespace dbn
