#include <dbn/pretrain/unroll.hpp>

#include <limits>

#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/nn/loss.hpp>

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

// A stack of every kind of layer that a net can compute, bottom up.
Stack small_stack(const std::string& data) {
  const Stream stream(3, Purpose::initial_weights);
  Rbm low = make_rbm(data, "bernoulli", 6, 5, stream, 0.8);
  low.visible_bias.setLinSpaced(Scalar(-1), Scalar(1));
  if (low.visible_log_variance.size() > 0) low.visible_log_variance.setLinSpaced(Scalar(-0.5), Scalar(0.5));
  Autoencoder tied = make_autoencoder(5, 4, "sigmoid", ReconstructionLoss::cross_entropy, true, stream);
  tied.decoder_bias.setLinSpaced(Scalar(-1), Scalar(1));
  Autoencoder untied = make_autoencoder(4, 4, "sigmoid", ReconstructionLoss::cross_entropy, false, stream);
  untied.decoder_weights *= Scalar(-2);
  return {{low, tied, untied, make_rbm("bernoulli", "gaussian", 4, 2, stream, 0.8)}};
}

// Up by the layers' codes, down by their decoders, which is what the net computes in one go. Each of eight layers sums
// at most 6 products; errors of the total inputs pass on with slopes below 3.
TEST(UnrollAutoencoder, GivesBackWhatTheStackDoes) {
  for (const std::string data : {"bernoulli", "gaussian", "gaussian-learned"}) {
    const Stack stack = small_stack(data);
    const Mlp net = unroll_autoencoder(stack);
    ASSERT_EQ(net.layers.size(), 8U);
    const Matrix cases = Matrix::Constant(6, 2, Scalar(0.4));
    Matrix seen = cases;
    for (const auto& layer : stack.layers) {
      Matrix codes(hidden_count(layer), 2);
      encode_into(layer, seen, codes);
      seen = codes;
    }
    for (auto layer = stack.layers.rbegin(); layer != stack.layers.rend(); ++layer) {
      Matrix visible(visible_count(*layer), 2);
      if (const auto* rbm = std::get_if<Rbm>(&*layer))
        rbm->visible_mean_into(seen, visible);
      else
        std::get<Autoencoder>(*layer).decode_into(seen, visible);
      seen = visible;
    }
    Matrix back = net.scores(cases);
    loss(reconstruction_loss_of(stack)).predict(back);
    const double tolerance = 1e3 * static_cast<double>(std::numeric_limits<Scalar>::epsilon());
    EXPECT_LT((back - seen).cwiseAbs().maxCoeff(), tolerance) << data;
    EXPECT_EQ(net.layers[3].activation->name, "linear");
    EXPECT_EQ(net.layers.back().activation->name, "linear");
    EXPECT_GT((back.rowwise() - back.colwise().mean()).norm(), 0) << "all features alike: the check is empty";
  }
}

TEST(UnrollAutoencoder, ItsLossIsThatOfTheData) {
  EXPECT_EQ(reconstruction_loss_of(small_stack("bernoulli")), "binary-cross-entropy");
  EXPECT_EQ(reconstruction_loss_of(small_stack("gaussian-learned")), "squared-error");
  const Stream stream(3, Purpose::initial_weights);
  const auto of = [&](ReconstructionLoss loss) {
    return reconstruction_loss_of({{make_autoencoder(5, 4, "tanh", loss, true, stream)}});
  };
  EXPECT_EQ(of(ReconstructionLoss::cross_entropy), "binary-cross-entropy");
  EXPECT_EQ(of(ReconstructionLoss::squared_error), "squared-error");
}

TEST(UnrollAutoencoder, RefusesUnitsThatNoNetGivesBack) {
  const Stream stream(3, Purpose::initial_weights);
  for (const char* data : {"softmax", "replicated-softmax", "bipolar"})
    EXPECT_THROW(unroll_autoencoder({{make_rbm(data, "bernoulli", 6, 5, stream)}}), InvalidArgument) << data;
  EXPECT_THROW(unroll_autoencoder({}), InvalidArgument);
}

}  // namespace
}  // namespace dbn
