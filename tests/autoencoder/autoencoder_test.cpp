#include <dbn/autoencoder/autoencoder.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/core/math.hpp>

#include "../support/finite_difference.hpp"
#include "../support/thread_count.hpp"

namespace dbn {
namespace {

using test::GradientStore;
using Gradient = std::vector<Matrix>;

constexpr auto kEpsilon = static_cast<double>(std::numeric_limits<Scalar>::epsilon());

Autoencoder make(Index visible, Index hidden, const std::string& activation, ReconstructionLoss loss, bool tied,
                 std::uint32_t layer = 0) {
  return make_autoencoder(visible, hidden, activation, loss, tied, Stream(1, Purpose::initial_weights, layer));
}

/// Every parameter away from its start, so that no term of a gradient vanishes.
void disturb(Autoencoder& model, std::uint32_t layer) {
  for (auto& tensor : model.tensors()) {
    Matrix noise = Matrix::Zero(tensor.values.rows(), tensor.values.cols());
    add_normal_noise(Stream(2, Purpose::initial_weights, layer), {}, noise);
    tensor.values += noise / Scalar{2};
  }
}

Matrix uniform_cases(Index features, Index cases) {
  Matrix values(features, cases);
  const Stream stream(3, Purpose::synthetic_training);
  for (Index c = 0; c < cases; ++c)
    for (Index r = 0; r < features; ++r)
      values(r, c) = static_cast<Scalar>(
          stream.uniform({.instance = static_cast<std::uint32_t>(c), .unit = static_cast<std::uint32_t>(r)}));
  return values;
}

/// Some features of some cases lost.
Matrix damaged(Matrix cases) {
  for (Index i = 0; i < cases.size(); i += 4) cases.data()[i] = 0;
  return cases;
}

Gradient gradient(Autoencoder& model, AutoencoderGradient& engine, const Matrix& corrupted, const Matrix& clean) {
  GradientStore store(model.tensors());
  engine.gradient(corrupted, clean, store);
  EXPECT_TRUE(store.complete());
  return store.gradients();
}

/// Tied or untied × loss × code activation.
class AutoencoderKind : public testing::TestWithParam<std::tuple<bool, std::string, std::string>> {
 protected:
  Autoencoder make_kind(Index visible, Index hidden, std::uint32_t layer = 0) const {
    const auto& [tied, loss, code] = GetParam();
    Autoencoder model = make(visible, hidden, code, reconstruction_loss(loss), tied, layer);
    disturb(model, layer);
    return model;
  }
};

std::string kind_name(const testing::TestParamInfo<std::tuple<bool, std::string, std::string>>& test) {
  const auto& [tied, loss, code] = test.param;
  std::string name = (tied ? "tied_" : "untied_") + loss.substr(0, loss.find('-')) + "_" + code;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, AutoencoderKind,
                         testing::Combine(testing::Bool(), testing::ValuesIn(reconstruction_loss_names()),
                                          testing::ValuesIn(code_activation_names())),
                         kind_name);

double nearest_kink(const Autoencoder& model, const Matrix& cases) {
  const Matrix input = model.weights.transpose().lazyProduct(cases).colwise() + model.hidden_bias;
  double nearest = std::numeric_limits<double>::infinity();
  for (const double kink : {-3, -1, 0, 1, 3, 6})
    nearest = std::min(nearest, (input.cast<double>().array() - kink).abs().minCoeff());
  return nearest;
}

// ReLU bends at 0, others elsewhere, and there no difference is a slope: take the first model whose total inputs all
// lie further from it than two steps of a weight times a feature of at most 1 can reach.
TEST_P(AutoencoderKind, GradientIsTheSlopeOfTheLoss) {
  const Matrix clean = uniform_cases(5, 3);
  const Matrix corrupted = damaged(clean);
  std::uint32_t layer = 0;
  Autoencoder model = make_kind(5, 4);
  while (nearest_kink(model, corrupted) < 2.5 * static_cast<double>(test::difference_step()))
    model = make_kind(5, 4, ++layer);
  AutoencoderGradient engine(model, 3);
  test::expect_gradient_is_slope(
      model.tensors(), [&] { return model.mean_loss(corrupted, clean); },
      [&](GradientSink sink) { engine.gradient(corrupted, clean, sink); });
}

// Seen elsewhere: the last partial batch padded with zeros, or counted as full.
TEST_P(AutoencoderKind, APartialBatchIsAsIfItsBufferWereThatSmall) {
  Autoencoder model = make_kind(30, 20);
  const Matrix clean = uniform_cases(30, 10);
  const Matrix corrupted = damaged(clean);
  AutoencoderGradient roomy(model, 10);
  AutoencoderGradient tight(model, 3);
  gradient(model, roomy, corrupted, clean);
  EXPECT_EQ(gradient(model, roomy, corrupted.leftCols(3), clean.leftCols(3)),
            gradient(model, tight, corrupted.leftCols(3), clean.leftCols(3)));
}

TEST_P(AutoencoderKind, GradientHasTheSameBitsWithAnyNumberOfThreads) {
  Autoencoder model = make_kind(300, 270);
  const Matrix clean = uniform_cases(300, 9);
  const Matrix corrupted = damaged(clean);
  const auto with = [&](int threads) {
    const test::ThreadCount guard(threads);
    AutoencoderGradient engine(model, 9);
    return gradient(model, engine, corrupted, clean);
  };
  const Gradient expected = with(1);
  for (const int threads : {2, 3, 7}) EXPECT_EQ(with(threads), expected) << threads;
}

// The naive twin: one element at a time, in double.
TEST_P(AutoencoderKind, CodesAndReconstructionsAreTheDefinition) {
  const Autoencoder model = make_kind(5, 4);
  const Matrix cases = uniform_cases(5, 3);
  Matrix codes(4, 3), output(5, 3);
  model.encode_into(cases, codes);
  model.decode_into(codes, output);
  double loss = 0;
  for (Index c = 0; c < 3; ++c) {
    for (Index j = 0; j < 4; ++j) {
      Matrix input = model.hidden_bias.segment(j, 1);
      for (Index i = 0; i < 5; ++i) input(0, 0) += model.weights(i, j) * cases(i, c);
      model.code->apply(input);
      EXPECT_NEAR(codes(j, c), input(0, 0), 32 * kEpsilon);
    }
    for (Index i = 0; i < 5; ++i) {
      auto z = static_cast<double>(model.decoder_bias[i]);
      for (Index j = 0; j < 4; ++j)
        z += static_cast<double>((model.tied() ? model.weights(i, j) : model.decoder_weights(j, i)) * codes(j, c));
      const auto x = static_cast<double>(cases(i, c));
      const bool entropy = model.loss == ReconstructionLoss::cross_entropy;
      const double y = entropy ? logistic(z) : z;
      EXPECT_NEAR(output(i, c), y, 32 * kEpsilon);
      loss += entropy ? -x * std::log(y) - (1 - x) * std::log(1 - y) : (y - x) * (y - x) / 2;
    }
  }
  EXPECT_NEAR(model.mean_loss(cases, cases), loss / 3, 128 * kEpsilon * (1 + loss));
}

// Seen elsewhere: the caller's data changed in place; features taken from a stochastic pass.
TEST_P(AutoencoderKind, NothingOfTheCallersChanges) {
  Autoencoder model = make_kind(30, 20);
  const Autoencoder before = model;
  Matrix clean = uniform_cases(30, 6);
  Matrix corrupted = damaged(clean);
  const Matrix clean_copy = clean;
  const Matrix corrupted_copy = corrupted;
  AutoencoderGradient engine(model, 6);
  const Gradient first = gradient(model, engine, corrupted, clean);
  EXPECT_TRUE(clean == clean_copy);
  EXPECT_TRUE(corrupted == corrupted_copy);
  EXPECT_TRUE(model.weights == before.weights && model.decoder_weights == before.decoder_weights);
  EXPECT_EQ(gradient(model, engine, corrupted, clean), first);
}

TEST(Autoencoder, CrossEntropyOfExtremeInputsStaysFinite) {
  Autoencoder model = make(3, 2, "linear", ReconstructionLoss::cross_entropy, true);
  model.decoder_bias << 1000, -1000, 1000;
  model.weights.setZero();
  Matrix target(3, 1);
  target << 1, 0, 0;
  EXPECT_DOUBLE_EQ(model.mean_loss(target, target), 1000);
  AutoencoderGradient engine(model, 1);
  for (const auto& part : gradient(model, engine, target, target)) EXPECT_TRUE(all_finite(part));
}

TEST(Autoencoder, LossIsThePerCaseMean) {
  const Autoencoder model = make(5, 4, "sigmoid", ReconstructionLoss::squared_error, false);
  const Matrix cases = uniform_cases(5, 2);
  const double first = model.mean_loss(cases.leftCols(1), cases.leftCols(1));
  const double second = model.mean_loss(cases.rightCols(1), cases.rightCols(1));
  EXPECT_NEAR(model.mean_loss(cases, cases), (first + second) / 2, 8 * kEpsilon * (first + second));
}

// Seen elsewhere: "Xavier" that is LeCun; uninitialised biases; a seed that does not reach the weights.
TEST(Autoencoder, StartsByTheXavierRule) {
  const auto start = [](std::uint64_t seed, bool tied) {
    return make_autoencoder(300, 100, "sigmoid", ReconstructionLoss::cross_entropy, tied,
                            Stream(seed, Purpose::initial_weights));
  };
  const Autoencoder model = start(1, false);
  EXPECT_TRUE(model.hidden_bias == Vector::Zero(100));
  EXPECT_TRUE(model.decoder_bias == Vector::Zero(300));
  EXPECT_TRUE(model.decoder_weights == model.weights.transpose());
  EXPECT_FALSE(model.tied());
  EXPECT_TRUE(start(1, true).tied());
  EXPECT_TRUE(start(1, true).weights == model.weights);
  EXPECT_FALSE(start(2, true).weights == model.weights);
  // Variance 2 / (fan_in + fan_out) = 1/200, while 1 / fan_in is 1/300. A variance from n = 30000 draws of a normal has
  // a relative standard error of sqrt(2 / n) = 0.8 %, of a uniform less; five of those.
  EXPECT_NEAR(model.weights.cast<double>().squaredNorm() / 30000, 1.0 / 200, 0.04 / 200);
}

TEST(Autoencoder, TensorsAreInDocumentedOrder) {
  Autoencoder model = make(5, 4, "tanh", ReconstructionLoss::squared_error, false);
  const TensorList tensors = model.tensors();
  ASSERT_EQ(tensors.size(), 4u);
  EXPECT_EQ(tensors[0].values.data(), model.weights.data());
  EXPECT_EQ(tensors[1].values.data(), model.hidden_bias.data());
  EXPECT_EQ(tensors[2].values.data(), model.decoder_bias.data());
  EXPECT_EQ(tensors[3].values.data(), model.decoder_weights.data());
  EXPECT_EQ(make(5, 4, "tanh", ReconstructionLoss::squared_error, true).tensors().size(), 3u);
}

TEST(Autoencoder, LossesAreFoundByName) {
  EXPECT_EQ(reconstruction_loss("cross-entropy"), ReconstructionLoss::cross_entropy);
  EXPECT_EQ(reconstruction_loss("squared-error"), ReconstructionLoss::squared_error);
  EXPECT_THAT([] { reconstruction_loss("mse"); },
              testing::ThrowsMessage<InvalidArgument>(testing::HasSubstr("cross-entropy, squared-error, found 'mse'")));
}

TEST(Autoencoder, RefusesWhatCannotBe) {
  const auto loss = ReconstructionLoss::cross_entropy;
  EXPECT_THROW(make(0, 3, "relu", loss, true), InvalidArgument);
  EXPECT_THROW(make(3, 0, "relu", loss, true), InvalidArgument);
  EXPECT_THROW(make(3, 3, "rely", loss, true), InvalidArgument);
  Autoencoder model = make(5, 4, "relu", loss, true);
  AutoencoderGradient engine(model, 3);
  GradientStore store(model.tensors());
  const auto refused = [&](const Matrix& corrupted, const Matrix& clean) {
    EXPECT_THROW(engine.gradient(corrupted, clean, store), InvalidArgument);
  };
  refused(Matrix::Zero(4, 3), Matrix::Zero(4, 3));
  refused(Matrix::Zero(5, 3), Matrix::Zero(5, 2));
  refused(Matrix::Zero(5, 3), Matrix::Zero(4, 3));
  refused(Matrix::Zero(5, 4), Matrix::Zero(5, 4));
  refused(Matrix::Zero(5, 0), Matrix::Zero(5, 0));
}

// Their slope does not follow from the output, which is all that a gradient keeps.
TEST(Autoencoder, RefusesCodesThatAreNotMonotone) {
  for (const auto& f : activations()) {
    const auto make = [&] {
      return make_autoencoder(5, 4, f.name, ReconstructionLoss::squared_error, true,
                              Stream(1, Purpose::initial_weights));
    };
    if (f.slope_from_input)
      EXPECT_THROW(make(), InvalidArgument) << f.name;
    else
      EXPECT_EQ(make().code->name, f.name);
  }
}

}  // namespace
}  // namespace dbn
