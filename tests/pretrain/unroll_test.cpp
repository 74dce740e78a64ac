#include <dbn/pretrain/unroll.hpp>

#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

namespace dbn {
namespace {

TEST(Unroll, EncodersBecomeHiddenLayers) {
  const Stream stream(3, Purpose::initial_weights);
  Rbm rbm = make_rbm("bernoulli", "bernoulli", 6, 5, stream, 0.8);
  rbm.hidden_bias.setLinSpaced(Scalar(-1), Scalar(1));
  const Autoencoder top = make_autoencoder(5, 4, "tanh", ReconstructionLoss::cross_entropy, true, stream);
  const Mlp net = unroll({{rbm, top}}, 3, 9);
  ASSERT_EQ(net.layers.size(), 3U);
  EXPECT_EQ(net.layers[0].weights, rbm.weights);
  EXPECT_EQ(net.layers[0].bias, rbm.hidden_bias);
  EXPECT_EQ(net.layers[0].activation->name, "sigmoid");
  EXPECT_EQ(net.layers[1].weights, top.weights);
  EXPECT_EQ(net.layers[1].activation->name, "tanh");
  EXPECT_EQ(net.layers[2].activation->name, "linear");
  EXPECT_TRUE((net.layers[2].bias.array() == 0).all());
  EXPECT_LT(net.layers[2].weights.cwiseAbs().maxCoeff(), Scalar(0.06));  // six deviations of 0.01
  EXPECT_GT(net.layers[2].weights.cwiseAbs().minCoeff(), Scalar(0));
  EXPECT_NE(net.layers[2].weights, unroll({{rbm, top}}, 3, 10).layers[2].weights);
}

TEST(Unroll, RefusesWhatCannotBeANet) {
  EXPECT_THROW(unroll({}, 3, 0), InvalidArgument);
  const Stream stream(3, Purpose::initial_weights);
  EXPECT_THROW(unroll({{make_rbm("bernoulli", "bernoulli", 6, 5, stream)}}, 0, 0), InvalidArgument);
}

}  // namespace
}  // namespace dbn
