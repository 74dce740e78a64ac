#include <dbn/pretrain/stack.hpp>

#include <limits>

#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

namespace dbn {
namespace {

const Stream kStream(5, Purpose::initial_weights);

Rbm rbm(Index visible, Index hidden) { return make_rbm("bernoulli", "bernoulli", visible, hidden, kStream, 0.5); }
Autoencoder autoencoder(Index visible, Index hidden, const char* code) {
  return make_autoencoder(visible, hidden, code, ReconstructionLoss::cross_entropy, true, kStream);
}

TEST(Stack, LayersOfBothKindsAnswerAlike) {
  const StackLayer a = rbm(6, 4);
  const StackLayer b = autoencoder(4, 3, "tanh");
  EXPECT_EQ(visible_count(a), 6);
  EXPECT_EQ(hidden_count(b), 3);
  EXPECT_EQ(encoder_activation(a).name, "sigmoid");
  EXPECT_EQ(encoder_activation(b).name, "tanh");
  EXPECT_EQ(encoder_weights(b).rows(), 4);
  EXPECT_EQ(encoder_bias(a).size(), 4);
  EXPECT_EQ((Stack{{a, b}}.sizes()), (std::vector<Index>{6, 4, 3}));
}

// Seen elsewhere: features taken from a stochastic pass. Asked twice they are the same, and they are f(W'x + b).
TEST(Stack, CodesAreMeansNotSamples) {
  for (const StackLayer& layer : {StackLayer(rbm(6, 4)), StackLayer(autoencoder(6, 4, "tanh"))}) {
    const Matrix x = Matrix::Constant(6, 2, Scalar(0.5));
    Matrix codes(4, 2), again(4, 2);
    encode_into(layer, x, codes);
    encode_into(layer, x, again);
    EXPECT_EQ(codes, again);
    Matrix expected = encoder_weights(layer).transpose() * x;
    expected.colwise() += encoder_bias(layer);
    encoder_activation(layer).apply(expected);
    EXPECT_LT((codes - expected).cwiseAbs().maxCoeff(), Scalar(1e-6));
  }
}

// Both kinds give back sigmoid(W h + b), here of codes that no case has.
TEST(Stack, DecodesByMeansOfVisibleUnits) {
  Rbm machine = rbm(6, 4);
  Autoencoder codes = autoencoder(6, 4, "tanh");
  machine.visible_bias.setLinSpaced(-1, 1);
  codes.decoder_bias.setLinSpaced(1, -1);
  const Matrix h = Matrix::Constant(4, 2, Scalar(0.25));
  const auto expected = [&](const Matrix& weights, const Vector& bias) {
    Matrix mean = weights * h;
    mean.colwise() += bias;
    activation("sigmoid").apply(mean);
    return mean;
  };
  EXPECT_LT((decode(machine, h) - expected(machine.weights, machine.visible_bias)).cwiseAbs().maxCoeff(), 1e-6);
  EXPECT_LT((decode(codes, h) - expected(codes.weights, codes.decoder_bias)).cwiseAbs().maxCoeff(), 1e-6);
}

TEST(Stack, KnowsBetweenWhichNumbersItsCasesLie) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(visible_range(rbm(6, 4)), (ValueRange{0, 1}));
  EXPECT_EQ(visible_range(make_rbm("gaussian", "bernoulli", 6, 4, kStream, 0.5)), (ValueRange{-infinity, infinity}));
  EXPECT_EQ(visible_range(autoencoder(6, 4, "tanh")), (ValueRange{0, 1}));
  EXPECT_EQ(visible_range(make_autoencoder(6, 4, "tanh", ReconstructionLoss::squared_error, true, kStream)),
            (ValueRange{-infinity, infinity}));
}

TEST(Stack, ChecksThatLayersFit) {
  EXPECT_NO_THROW((Stack{{rbm(6, 4), autoencoder(4, 3, "sigmoid")}}.check()));
  EXPECT_THROW((Stack{{rbm(6, 4), rbm(5, 3)}}.check()), InvalidArgument);
  EXPECT_THROW(Stack{}.check(), InvalidArgument);
}

}  // namespace
}  // namespace dbn
