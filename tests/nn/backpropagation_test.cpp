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

const std::vector<int> kLabels{0, 2, 1, 2, 0};

constexpr double kSides[] = {2, -0.5, 0.5, -2};

TEST(Backpropagation, GradientIsTheSlopeForEveryActivation) {
  for (const auto& f : activations()) {
    SCOPED_TRACE(f.name);
    Mlp net = make_mlp({6, 5, 4, 3}, f.name, "xavier", 11);
    if (f.slope_from_input) continue;  // a forward pass keeps outputs only
    // A difference across a kink is no slope: units are kept well on one side or the other of those at -1, 0 and 1.
    const bool kink = f.name.find("lu") != std::string::npos || f.name.starts_with("hard") || f.name == "softsign";
    for (auto& layer : net.layers) {
      layer.weights *= kink ? Scalar(0.05) : Scalar(1);
      layer.bias = Scalar(kink ? 0.1 : 0.3) * waves(layer.fan_out(), 1);
      for (Index i = 0; kink && i < layer.bias.size(); ++i) layer.bias[i] += Scalar(kSides[i % 4]);
    }
    const Matrix batch = waves(6, 5);
    Backpropagation backpropagation(net, 5);
    const auto ignore = [](std::size_t, Index, const ConstMatrixRef&) {};
    test::expect_gradient_is_slope(
        net.tensors(), [&] { return backpropagation.gradient(batch, kLabels, ignore); },
        [&](GradientSink sink) { backpropagation.gradient(batch, kLabels, sink); });
  }
}

// Seen elsewhere: the last partial batch padded with zeros, or counted as full. Buffers for 50 cases give the bits of
// buffers for 5.
TEST(Backpropagation, PartialBatchIsItsOwnBatch) {
  Mlp net = make_mlp({6, 5, 3}, "tanh", "xavier", 11);
  const Matrix batch = waves(6, 5);
  test::GradientStore exact(net.tensors());
  test::GradientStore roomy(net.tensors());
  const double a = Backpropagation(net, 5).gradient(batch, kLabels, exact);
  const double b = Backpropagation(net, 50).gradient(batch, kLabels, roomy);
  EXPECT_EQ(a, b);
  for (std::size_t t = 0; t < exact.gradients().size(); ++t) EXPECT_EQ(exact.gradients()[t], roomy.gradients()[t]);
}

// A sink that changes the weights at once must not disturb the gradients of lower layers.
TEST(Backpropagation, UpdatingWhileGoingDownIsSafe) {
  Mlp net = make_mlp({6, 5, 4, 3}, "sigmoid", "xavier", 11);
  Mlp changing = net;
  const Matrix batch = waves(6, 5);
  test::GradientStore expected(net.tensors());
  Backpropagation(net, 5).gradient(batch, kLabels, expected);
  test::GradientStore seen(net.tensors());
  const TensorList tensors = changing.tensors();
  Backpropagation(changing, 5)
      .gradient(batch, kLabels, [&](std::size_t tensor, Index first, const ConstMatrixRef& gradient) {
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
    Backpropagation(net, 5).gradient(batch, kLabels, store);
    if (threads == 1) one = store.gradients();
    for (std::size_t t = 0; t < one.size(); ++t) EXPECT_EQ(store.gradients()[t], one[t]) << threads << " threads";
  }
}

TEST(Backpropagation, RefusesBatchesThatDoNotFit) {
  const Mlp net = make_mlp({6, 5, 3}, "tanh", "xavier", 11);
  Backpropagation backpropagation(net, 4);
  const auto ignore = [](std::size_t, Index, const ConstMatrixRef&) {};
  EXPECT_THROW(backpropagation.gradient(waves(7, 2), std::vector<int>{0, 1}, ignore), InvalidArgument);
  EXPECT_THROW(backpropagation.gradient(waves(6, 2), std::vector<int>{0}, ignore), InvalidArgument);
  EXPECT_THROW(backpropagation.gradient(waves(6, 5), kLabels, ignore), InvalidArgument);
}

}  // namespace
}  // namespace dbn
