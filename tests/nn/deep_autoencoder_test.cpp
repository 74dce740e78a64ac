#include <dbn/nn/deep_autoencoder.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

namespace dbn {
namespace {

using testing::ElementsAre;

TEST(DeepAutoencoder, MirrorsItsEncoder) {
  EXPECT_THAT(mirrored({784, 500, 30}), ElementsAre(784, 500, 30, 500, 784));
  EXPECT_THAT(mirrored({3, 2}), ElementsAre(3, 2, 3));
  EXPECT_THROW(mirrored({3}), InvalidArgument);
  EXPECT_THROW(mirrored({}), InvalidArgument);
}

TEST(DeepAutoencoder, CodesHaveAnActivationOfTheirOwn) {
  const Mlp net = make_deep_autoencoder({6, 5, 2}, "relu", "linear", "he", 1);
  std::vector<std::string> activations;
  for (const auto& layer : net.layers) activations.push_back(layer.activation->name);
  EXPECT_THAT(activations, ElementsAre("relu", "linear", "relu", "linear"));
  EXPECT_THAT(sizes_of(net), ElementsAre(6, 5, 2, 5, 6));
  // Weights are those of make_mlp, which the initializers' own tests are about.
  const Mlp same = make_mlp({6, 5, 2, 5, 6}, "relu", "he", 1);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(net.layers[i].weights, same.layers[i].weights) << i;
  EXPECT_THROW(make_deep_autoencoder({6, 2}, "relu", "straight", "he", 1), InvalidArgument);
}

TEST(DeepAutoencoder, TheEncoderIsItsLowerHalf) {
  const Mlp net = make_deep_autoencoder({6, 5, 2}, "tanh", "linear", "xavier", 1);
  const auto encoder = encoder_of(net);
  ASSERT_EQ(encoder.size(), 2U);
  const Matrix batch = Matrix::Constant(6, 3, Scalar(0.3));
  const Matrix codes = pass_through(encoder, batch);
  EXPECT_EQ(codes.rows(), 2);
  EXPECT_EQ(pass_through(std::span(net.layers).subspan(2), codes), net.scores(batch));
  EXPECT_THROW(pass_through(encoder, Matrix::Zero(5, 3)), InvalidArgument);
  EXPECT_THROW(encoder_of(make_mlp({6, 5, 4, 6}, "tanh", "xavier", 1)), InvalidArgument);
  EXPECT_THROW(encoder_of({}), InvalidArgument);
}

}  // namespace
}  // namespace dbn
