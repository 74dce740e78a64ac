#include <dbn/autoencoder/autoencoder.hpp>

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/core/math.hpp>

#include "../support/small_autoencoder.hpp"

namespace dbn {
namespace {

constexpr auto kEpsilon = static_cast<double>(std::numeric_limits<Scalar>::epsilon());

using test::uniform_cases;

Autoencoder make(Index visible, Index hidden, const std::string& activation, ReconstructionLoss loss, bool tied) {
  return test::small_autoencoder(visible, hidden, activation, loss, tied);
}

using AutoencoderDefinition = test::AutoencoderKind;
INSTANTIATE_TEST_SUITE_P(All, AutoencoderDefinition, test::all_autoencoder_kinds(), test::autoencoder_kind_name);

// The naive twin: one element at a time, in double.
TEST_P(AutoencoderDefinition, CodesAndReconstructionsAreTheDefinition) {
  const Autoencoder model = make_kind(5, 4);
  const Matrix cases = uniform_cases(5, 3);
  Matrix codes(4, 3), output(5, 3);
  model.encode_into(cases, codes);
  model.decode_into(codes, output);
  const Matrix weights = test::emphasised(5, 3);
  double loss = 0, weighted_loss = 0;
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
      const double cost = entropy ? -x * std::log(y) - (1 - x) * std::log(1 - y) : (y - x) * (y - x) / 2;
      loss += cost;
      weighted_loss += static_cast<double>(weights(i, c)) * cost;
    }
  }
  EXPECT_NEAR(model.mean_loss(cases, cases), loss / 3, 128 * kEpsilon * (1 + loss));
  EXPECT_NEAR(model.mean_loss(cases, cases, weights), weighted_loss / 3, 128 * kEpsilon * (1 + loss));
}

TEST(Autoencoder, CrossEntropyOfExtremeInputsStaysFinite) {
  Autoencoder model = make(3, 2, "linear", ReconstructionLoss::cross_entropy, true);
  model.decoder_bias << 1000, -1000, 1000;
  model.weights.setZero();
  Matrix target(3, 1);
  target << 1, 0, 0;
  EXPECT_DOUBLE_EQ(model.mean_loss(target, target), 1000);
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
