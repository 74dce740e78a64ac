#include <dbn/nn/lsuv.hpp>

#include <cmath>
#include <limits>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/core/product.hpp>

namespace dbn {
namespace {

Matrix cases(Index features, Index count) {
  Matrix x = Matrix::Constant(features, count, Scalar{2});
  add_normal_noise(Stream(3, Purpose::synthetic_training), {}, x);
  return x;
}

// Variances of the layers' total inputs, in double.
std::vector<double> variances(const Mlp& net, Matrix in) {
  std::vector<double> found;
  for (const auto& layer : net.layers) {
    Matrix out(layer.fan_out(), in.cols());
    multiply_add_into(transposed(layer.weights), plain(in), layer.bias, out, kNoEpilogue);
    const Eigen::ArrayXXd doubles = out.cast<double>().array();
    found.push_back((doubles - doubles.mean()).square().mean());
    layer.activation->apply(out);
    in = std::move(out);
  }
  return found;
}

// Rescaling once leaves the rounding of Scalar, far inside the paper's tolerance.
TEST(Lsuv, EveryLayerReachesUnitVariance) {
  const Matrix batch = cases(20, 80);
  for (const auto& f : activations()) {
    Mlp net = make_mlp({20, 30, 25, 30, 4}, f.name, "lsuv", 1);
    lsuv(net, batch);
    for (const double v : variances(net, batch)) EXPECT_NEAR(v, 1, 1e-3) << f.name;
  }
}

TEST(Lsuv, OnlyScalesTheOrthonormalStart) {
  const Mlp before = make_mlp({20, 30, 4}, "relu", "lsuv", 1);
  EXPECT_EQ(before.layers[0].weights, make_mlp({20, 30, 4}, "relu", "orthogonal", 1).layers[0].weights);
  Mlp after = before;
  lsuv(after, cases(20, 80));
  for (std::size_t i = 0; i < 2; ++i) {
    const Scalar ratio = after.layers[i].weights(0, 0) / before.layers[i].weights(0, 0);
    EXPECT_TRUE(
        after.layers[i].weights.isApprox(ratio * before.layers[i].weights, 8 * std::numeric_limits<Scalar>::epsilon()));
    EXPECT_TRUE((after.layers[i].bias.array() == 0).all());
  }
}

// Biases add a variance of their own, so that one pass is not enough.
TEST(Lsuv, BiasesAreReckonedWith) {
  const Matrix batch = cases(20, 80);
  Mlp net = make_mlp({20, 30, 4}, "tanh", "lsuv", 1);
  net.layers[0].bias.setLinSpaced(Scalar(-1.2), Scalar(1.2));
  lsuv(net, batch);
  EXPECT_NEAR(variances(net, batch)[0], 1, 0.1);
}

TEST(Lsuv, RefusesCasesThatTellNothing) {
  Mlp net = make_mlp({20, 30, 4}, "relu", "lsuv", 1);
  EXPECT_THAT([&] { lsuv(net, Matrix::Zero(20, 5)); },
              testing::ThrowsMessage<InvalidArgument>(testing::HasSubstr("layer 1")));
  Matrix broken = cases(20, 5);
  broken(3, 3) = std::numeric_limits<Scalar>::quiet_NaN();
  EXPECT_THROW(lsuv(net, broken), InvalidArgument);
  EXPECT_THROW(lsuv(net, cases(19, 5)), InvalidArgument);
}

// Cases that are sorted by class, the first half all zeros.
class SortedCases final : public CaseSource {
 public:
  Index case_count() const override { return 1000; }
  Index feature_count() const override { return 20; }
  void gather_into(std::span<const Index> chosen, MatrixRef out) const override {
    for (std::size_t i = 0; i < chosen.size(); ++i)
      out.col(static_cast<Index>(i)) = (chosen[i] < 500 ? Scalar{0} : Scalar{1}) * all_.col(chosen[i]);
  }

 private:
  Matrix all_ = cases(20, 1000);
};

TEST(FitStart, LooksAtCasesOfTheWholeFileAndOnlyWhereTheStartNeedsThem) {
  const Mlp before = make_mlp({20, 30, 4}, "relu", "lsuv", 1);
  for (const auto& row : initializers()) {
    Mlp net = before;
    fit_start(net, row, SortedCases());
    EXPECT_EQ(net.layers[0].weights != before.layers[0].weights, row.needs_data) << row.name;
  }
}

}  // namespace
}  // namespace dbn
