#include <dbn/pretrain/stack.hpp>

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

TEST(Stack, ChecksThatLayersFit) {
  EXPECT_NO_THROW((Stack{{rbm(6, 4), autoencoder(4, 3, "sigmoid")}}.check()));
  EXPECT_THROW((Stack{{rbm(6, 4), rbm(5, 3)}}.check()), InvalidArgument);
  EXPECT_THROW(Stack{}.check(), InvalidArgument);
}

}  // namespace
}  // namespace dbn
