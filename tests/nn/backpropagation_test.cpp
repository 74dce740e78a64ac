#include <dbn/nn/backpropagation.hpp>

#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

#include "../support/finite_difference.hpp"
#include "../support/thread_count.hpp"

namespace dbn {
namespace {

Matrix waves(Index rows, Index cols) {
  Matrix x(rows, cols);
  for (Index i = 0; i < x.size(); ++i) x(i) = static_cast<Scalar>(std::sin(1.7 * static_cast<double>(i)));
  return x;
}

// One-hot for softmax; in [0, 1] for every loss.
Matrix one_hot(const std::vector<int>& labels = {0, 2, 1, 2, 0}) {
  Matrix targets = Matrix::Zero(3, static_cast<Index>(labels.size()));
  for (std::size_t c = 0; c < labels.size(); ++c) targets(labels[c], static_cast<Index>(c)) = 1;
  return targets;
}

const Loss& softmax() { return loss("softmax"); }

// Sizes 6, 5, 4, 3. A difference across a kink is no slope: where there are some, units are kept well on one side or
// the other of those at -1, 0 and 1.
Mlp smooth_net(const std::string& activation, bool kink = false) {
  constexpr double kSides[] = {2, -0.5, 0.5, -2};
  Mlp net = make_mlp({6, 5, 4, 3}, activation, "xavier", 11);
  for (auto& layer : net.layers) {
    layer.weights *= kink ? Scalar(0.05) : Scalar(1);
    layer.bias = Scalar(kink ? 0.1 : 0.3) * waves(layer.fan_out(), 1);
    for (Index i = 0; kink && i < layer.bias.size(); ++i) layer.bias[i] += Scalar(kSides[i % 4]);
  }
  return net;
}

void expect_slopes(Mlp& net, const Loss& loss, const Matrix& targets, const Dropout& dropout = {}) {
  const Matrix inputs = waves(6, 5);
  const TrainingBatch batch{inputs, targets, 4.5, 3};
  Backpropagation backpropagation(net, 5, loss, dropout);
  const auto ignore = [](std::size_t, Index, const ConstMatrixRef&) {};
  test::expect_gradient_is_slope(
      net.tensors(), [&] { return backpropagation.gradient(batch, ignore); },
      [&](GradientSink sink) { backpropagation.gradient(batch, sink); });
}

TEST(Backpropagation, GradientIsTheSlopeForEveryActivation) {
  for (const auto& f : activations()) {
    SCOPED_TRACE(f.name);
    const bool kink = f.name.find("lu") != std::string::npos || f.name.starts_with("hard") || f.name == "softsign";
    Mlp net = smooth_net(f.name, kink);
    expect_slopes(net, softmax(), one_hot());
  }
}

TEST(Backpropagation, GradientIsTheSlopeForEveryLoss) {
  for (const auto& row : losses()) {
    SCOPED_TRACE(row.name);
    Mlp net = smooth_net("tanh");
    const Matrix targets = Scalar(0.5) + Scalar(0.4) * waves(3, 5).array();
    expect_slopes(net, row, targets);
  }
}

// The masks of an update are fixed, so that its gradient is a slope too.
TEST(Backpropagation, GradientIsTheSlopeUnderDropout) {
  Mlp net = smooth_net("sigmoid");
  expect_slopes(net, softmax(), one_hot(), {.rates = {0.3, 0.4, 0.2}, .seed = 5});
}

// With the masks at hand, dropout is a product of matrices.
TEST(Backpropagation, DropoutMultipliesInputsByTheMask) {
  Mlp net = make_mlp({6, 5, 3}, "tanh", "xavier", 11);
  const Dropout dropout{.rates = {0.5, 0.25}, .seed = 7};
  const Matrix inputs = waves(6, 5);
  Matrix features(6, 5), hidden(5, 5);
  dropout.mask_into(0, 9, 0, features);
  dropout.mask_into(1, 9, 0, hidden);
  Mlp below{{net.layers[0]}};
  Mlp above{{net.layers[1]}};
  Matrix scores = above.scores(below.scores(inputs.cwiseProduct(features)).cwiseProduct(hidden));
  const double expected = softmax().value_and_gradient(scores, one_hot()) / 5;
  Backpropagation backpropagation(net, 5, softmax(), dropout);
  const auto ignore = [](std::size_t, Index, const ConstMatrixRef&) {};
  const Matrix targets = one_hot();
  EXPECT_NEAR(backpropagation.gradient({inputs, targets, 5, 9}, ignore), expected, 1e-5);
  EXPECT_NE(backpropagation.gradient({inputs, targets, 5, 10}, ignore),
            backpropagation.gradient({inputs, targets, 5, 9}, ignore));
}

TEST(Backpropagation, FrozenLayersGetNoGradientAndChangeNoOther) {
  Mlp net = make_mlp({6, 5, 4, 3}, "tanh", "xavier", 11);
  const Matrix inputs = waves(6, 5);
  const Matrix targets = one_hot();
  test::GradientStore whole(net.tensors());
  Backpropagation(net, 5, softmax()).gradient({inputs, targets, 5}, whole);
  for (const std::size_t lowest : {1U, 2U}) {
    test::GradientStore part(net.tensors());
    Backpropagation(net, 5, softmax()).gradient({inputs, targets, 5}, part, lowest);
    for (std::size_t t = 0; t < whole.gradients().size(); ++t) {
      if (t < 2 * lowest)
        EXPECT_TRUE(part.gradients()[t].isZero(0)) << t;
      else
        EXPECT_EQ(part.gradients()[t], whole.gradients()[t]) << t;
    }
  }
}

// Seen elsewhere: the last partial batch padded with zeros, or counted as full. Buffers for 50 cases give the bits of
// buffers for 5.
TEST(Backpropagation, PartialBatchIsItsOwnBatch) {
  Mlp net = make_mlp({6, 5, 3}, "tanh", "xavier", 11);
  const Matrix batch = waves(6, 5);
  test::GradientStore exact(net.tensors());
  test::GradientStore roomy(net.tensors());
  const Matrix targets = one_hot();
  const Dropout dropout{.rates = {0.2, 0.5}, .seed = 1};
  const double a = Backpropagation(net, 5, softmax(), dropout).gradient({batch, targets, 5}, exact);
  const double b = Backpropagation(net, 50, softmax(), dropout).gradient({batch, targets, 5}, roomy);
  EXPECT_EQ(a, b);
  for (std::size_t t = 0; t < exact.gradients().size(); ++t) EXPECT_EQ(exact.gradients()[t], roomy.gradients()[t]);
}

// A sink that changes the weights at once must not disturb the gradients of lower layers.
TEST(Backpropagation, UpdatingWhileGoingDownIsSafe) {
  Mlp net = make_mlp({6, 5, 4, 3}, "sigmoid", "xavier", 11);
  Mlp changing = net;
  const Matrix batch = waves(6, 5);
  test::GradientStore expected(net.tensors());
  const Matrix targets = one_hot();
  Backpropagation(net, 5, softmax()).gradient({batch, targets, 5}, expected);
  test::GradientStore seen(net.tensors());
  const TensorList tensors = changing.tensors();
  Backpropagation(changing, 5, softmax())
      .gradient({batch, targets, 5}, [&](std::size_t tensor, Index first, const ConstMatrixRef& gradient) {
        seen(tensor, first, gradient);
        Eigen::Map<Matrix> values = tensors[tensor].values;
        values.middleCols(first, gradient.cols()).array() += Scalar(1);
      });
  for (std::size_t t = 0; t < tensors.size(); ++t) EXPECT_EQ(seen.gradients()[t], expected.gradients()[t]) << t;
}

TEST(Backpropagation, SameBitsWithAnyThreads) {
  Mlp net = make_mlp({300, 700, 400, 3}, "relu", "he", 11);
  const Matrix batch = waves(300, 5);
  std::vector<Matrix> one;
  for (const int threads : {1, 2, 3, 7}) {
    const test::ThreadCount scope(threads);
    test::GradientStore store(net.tensors());
    const Matrix targets = one_hot();
    const Dropout dropout{.rates = {0.2, 0.5, 0.5}, .seed = 1};
    Backpropagation(net, 5, softmax(), dropout).gradient({batch, targets, 5}, store);
    if (threads == 1) one = store.gradients();
    for (std::size_t t = 0; t < one.size(); ++t) EXPECT_EQ(store.gradients()[t], one[t]) << threads << " threads";
  }
}

TEST(Backpropagation, RefusesBatchesThatDoNotFit) {
  const Mlp net = make_mlp({6, 5, 3}, "tanh", "xavier", 11);
  Backpropagation backpropagation(net, 4, softmax());
  const auto ignore = [](std::size_t, Index, const ConstMatrixRef&) {};
  const auto refused = [&](Index features, const Matrix& targets, Index cases) {
    const Matrix inputs = waves(features, cases);
    EXPECT_THROW(backpropagation.gradient({inputs, targets, 1}, ignore), InvalidArgument);
  };
  refused(7, one_hot({0, 1}), 2);
  refused(6, one_hot({0}), 2);
  refused(6, one_hot(), 5);
  refused(6, waves(2, 3), 3);
  EXPECT_THROW(Backpropagation(net, 4, softmax(), {.rates = {1}, .seed = 0}), InvalidArgument);
}

}  // namespace
}  // namespace dbn
