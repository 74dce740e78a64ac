#include <dbn/nn/mlp.hpp>

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

#include "../support/thread_count.hpp"

namespace dbn {
namespace {

// The forward pass as three loops.
Matrix naive_scores(const Mlp& net, const Matrix& batch) {
  Matrix in = batch;
  for (const auto& layer : net.layers) {
    Matrix out(layer.fan_out(), in.cols());
    for (Index c = 0; c < in.cols(); ++c)
      for (Index o = 0; o < layer.fan_out(); ++o) {
        double sum = static_cast<double>(layer.bias[o]);
        for (Index i = 0; i < layer.fan_in(); ++i)
          sum += static_cast<double>(layer.weights(i, o)) * static_cast<double>(in(i, c));
        out(o, c) = static_cast<Scalar>(sum);
      }
    layer.activation->apply(out);
    in = out;
  }
  return in;
}

Matrix ramp(Index rows, Index cols) {
  Matrix x(rows, cols);
  for (Index i = 0; i < x.size(); ++i) x(i) = static_cast<Scalar>(i % 17) / Scalar(17);
  return x;
}

TEST(Mlp, ForwardEqualsTheNaiveTwin) {
  for (const auto& name : activation_names()) {
    Mlp net = make_mlp({33, 300, 7, 5}, name, "xavier", 3);
    for (auto& layer : net.layers) layer.bias.setLinSpaced(Scalar(-0.5), Scalar(0.5));
    const Matrix x = ramp(33, 9);
    // Sums of at most 300 products of size below 1: rounding of some sqrt(300) units in the last place.
    const double tolerance = 300 * std::numeric_limits<Scalar>::epsilon();
    EXPECT_LT((net.scores(x) - naive_scores(net, x)).cwiseAbs().maxCoeff(), tolerance) << name;
  }
}

TEST(Mlp, ProbabilitiesSumToOne) {
  const Mlp net = make_mlp({4, 6, 3}, "relu", "he", 1);
  const Matrix p = net.probabilities(ramp(4, 10));
  for (Index c = 0; c < p.cols(); ++c) EXPECT_NEAR(p.col(c).sum(), 1, 4 * std::numeric_limits<Scalar>::epsilon());
}

TEST(Mlp, SameBitsWithAnyThreads) {
  const Mlp net = make_mlp({100, 700, 300, 10}, "sigmoid", "xavier", 1);
  const Matrix x = ramp(100, 50);
  Matrix one;
  for (const int threads : {1, 2, 3, 7}) {
    const test::ThreadCount scope(threads);
    if (threads == 1) one = net.scores(x);
    EXPECT_EQ(net.scores(x), one) << threads << " threads";
  }
}

TEST(Mlp, TensorsAreViewsOfTheParameters) {
  Mlp net = make_mlp({4, 6, 3}, "relu", "he", 1);
  const auto list = net.tensors();
  ASSERT_EQ(list.size(), 4U);
  EXPECT_EQ(list[2].name, "2.weight");
  EXPECT_EQ(list[2].values.data(), net.layers[1].weights.data());
  EXPECT_EQ(list[3].values.rows(), 3);
}

// Seen elsewhere: uninitialised biases; a seed that does not reach the weights.
TEST(Mlp, StartsHaveZeroBiasesAndTheirOwnSeed) {
  const Mlp a = make_mlp({4, 6, 3}, "relu", "he", 1);
  const Mlp b = make_mlp({4, 6, 3}, "relu", "he", 2);
  EXPECT_NE(a.layers[0].weights, b.layers[0].weights);
  for (const auto& layer : a.layers) EXPECT_TRUE((layer.bias.array() == 0).all());
  EXPECT_EQ(a.layers.back().activation->name, "linear");
}

bool same_as(const DenseLayer& layer, const std::string& name, std::uint32_t number,
             const InitializerOptions& options) {
  Matrix expected(layer.fan_in(), layer.fan_out());
  initializer(name).fill(Stream(1, Purpose::initial_weights, number), expected, options);
  return layer.weights == expected;
}

// A start that is compared over all layers would mean little if its output layer were another one.
TEST(Mlp, OutputLayerStartsByXavierUnlessAStartIsForWholeNets) {
  for (const auto& row : initializers()) {
    const Mlp net = make_mlp({20, 16, 18}, "relu", row.name, 1);
    EXPECT_TRUE(same_as(net.layers[0], row.name, 0, {})) << row.name;
    const bool whole = row.name == "zeros" || row.name == "ones" || row.name == "constant" || row.name == "lsuv" ||
                       row.name == "pytorch";
    EXPECT_TRUE(same_as(net.layers[1], whole ? row.name : "xavier", 1, {})) << row.name;
    EXPECT_EQ((net.layers[1].bias.array() != 0).any(), row.name == "pytorch") << row.name;
    const Mlp asked = make_mlp({20, 16, 18}, "relu", row.name, 1, {.output = row.name});
    EXPECT_TRUE(same_as(asked.layers[1], row.name, 1, {})) << row.name;
  }
}

TEST(Mlp, GainsHoldForTheInitializerTheyWereGivenFor) {
  const InitializerOptions twice{.gain = 2, .scale = 0.5};
  const Mlp net = make_mlp({20, 16, 18}, "tanh", "lecun", 1, twice);
  EXPECT_TRUE(same_as(net.layers[0], "lecun", 0, twice));
  EXPECT_TRUE(same_as(net.layers[1], "xavier", 1, {}));
  const Mlp all = make_mlp({20, 16, 18}, "tanh", "normal", 1, {.scale = 0.5, .output = "normal"});
  EXPECT_TRUE(same_as(all.layers[1], "normal", 1, twice));
}

// torch.nn.init.kaiming_normal_ with nonlinearity='leaky_relu', a=0.01.
TEST(Mlp, HeMakesUpForWhatALeakLetsThrough) {
  const InitializerOptions leaky{.gain = std::sqrt(2 / 1.0001)};
  EXPECT_TRUE(same_as(make_mlp({20, 16, 18}, "leaky-relu", "he", 1).layers[0], "he", 0, leaky));
  EXPECT_TRUE(same_as(make_mlp({20, 16, 18}, "leaky-relu", "he", 1, {.gain = 3}).layers[0], "he", 0, {.gain = 3}));
  EXPECT_TRUE(same_as(make_mlp({20, 16, 18}, "leaky-relu", "xavier", 1).layers[0], "xavier", 0, {}));
  for (const char* name : {"sigmoid", "elu", "gelu", "relu"})
    EXPECT_TRUE(same_as(make_mlp({20, 16, 18}, name, "he", 1).layers[0], "he", 0, {})) << name;
}

TEST(Mlp, RefusesShapesAndNames) {
  EXPECT_THROW(make_mlp({4}, "relu", "he", 1), InvalidArgument);
  EXPECT_THROW(make_mlp({4, 0, 3}, "relu", "he", 1), InvalidArgument);
  EXPECT_THROW(make_mlp({4, 3}, "relu", "hee", 1), InvalidArgument);
  EXPECT_THROW(make_mlp({4, 6, 3}, "relu", "he", 1).scores(Matrix::Zero(5, 2)), InvalidArgument);
}

TEST(ParameterCount, IsThatOfTheNetAndHasNoLargest) {
  Mlp net = make_mlp({7, 5, 3}, "relu", "he", 1);
  double count = 0;
  for (const auto& tensor : net.tensors()) count += static_cast<double>(tensor.values.size());
  EXPECT_EQ(parameter_count({7, 5, 3}), count);
  EXPECT_DOUBLE_EQ(parameter_count(std::vector<Index>(21, 1000000000)), 20 * (1e18 + 1e9));
}

}  // namespace
}  // namespace dbn
