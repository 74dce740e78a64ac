#include <dbn/nn/start_profile.hpp>

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/core/math.hpp>
#include <dbn/nn/lsuv.hpp>

namespace dbn {
namespace {

constexpr double kEpsilon = std::numeric_limits<Scalar>::epsilon();

Matrix normal_cases(Index features, Index cases) {
  Matrix x = Matrix::Zero(features, cases);
  add_normal_noise(Stream(3, Purpose::synthetic_training), {}, x);
  return x;
}

std::vector<int> labels_of(Index cases, int classes) {
  std::vector<int> labels;
  for (Index i = 0; i < cases; ++i) labels.push_back(static_cast<int>(i) % classes);
  return labels;
}

std::vector<LayerProfile> profile_of(const std::string& activation, const std::string& initializer,
                                     const std::vector<Index>& sizes = {50, 40, 40, 40, 5}, Index cases = 60) {
  return start_profile(make_mlp(sizes, activation, initializer, 1), normal_cases(sizes.front(), cases),
                       labels_of(cases, static_cast<int>(sizes.back())));
}

// One case through two layers, by hand: z = (0.5, -1), h = (0.5, 0), scores 0.5 and 0; p = (a, 1 - a) with a =
// logistic(0.5), label 0.
TEST(StartProfile, EqualsASmallNetByHand) {
  Mlp net = make_mlp({1, 2, 2}, "relu", "he", 1);
  net.layers[0].weights << Scalar(0.5), Scalar(-1);
  net.layers[1].weights << Scalar(1), Scalar(0), Scalar(0), Scalar(2);
  const auto profile = start_profile(net, Matrix::Ones(1, 1), std::vector<int>{0});
  const double d = logistic(0.5) - 1;  // gradients of the scores are d and -d
  EXPECT_NEAR(profile[1].gradient_mean, 0, kEpsilon);
  EXPECT_NEAR(profile[1].gradient_variance, d * d, 4 * kEpsilon);
  EXPECT_NEAR(profile[0].gradient_mean, d / 2, 4 * kEpsilon);  // d and, behind the inactive unit, 0
  EXPECT_NEAR(profile[0].gradient_variance, d * d / 4, 4 * kEpsilon);
  EXPECT_NEAR(profile[0].activation_mean, 0.25, kEpsilon);
  EXPECT_NEAR(profile[0].activation_variance, 0.0625, kEpsilon);
  EXPECT_EQ(profile[0].saturated, 0.5);
  EXPECT_EQ(profile[0].dead, 0.5);
  EXPECT_EQ(profile[0].alike, 0);
  EXPECT_EQ(profile[1].saturated, 0);
  EXPECT_NEAR(profile[1].largest_singular_value, 2, 1e-12);
  EXPECT_NEAR(profile[1].smallest_singular_value, 1, 1e-12);
  EXPECT_NEAR(profile[0].largest_singular_value, std::sqrt(1.25), 1e-12) << "one row: the only one";
}

// The gradient of the total inputs, summed over cases, is that of the bias: against differences of the summed loss.
TEST(StartProfile, GradientsAreSlopesOfTheLossForEveryActivation) {
  const Matrix batch = normal_cases(5, 7);
  const auto labels = labels_of(7, 3);
  for (const auto& f : activations()) {
    Mlp net = make_mlp({5, 6, 4, 3}, f.name, "xavier", 2);
    const auto profile = start_profile(net, batch, labels);
    const auto loss = [&] {
      const Eigen::MatrixXd p = net.probabilities(batch).cast<double>();
      double sum = 0;
      for (Index c = 0; c < 7; ++c) sum -= std::log(p(labels[static_cast<std::size_t>(c)], c));
      return sum;
    };
    for (std::size_t layer = 0; layer < 3; ++layer) {
      // All biases at once: the sum of all gradients is units x cases times their mean. The step is small beside the
      // distances to kinks, of which hundreds of total inputs cross a few; each costs at most its step.
      auto& bias = net.layers[layer].bias;
      const Vector at = bias;
      constexpr double h = 1e-3;
      bias = at.array() + static_cast<Scalar>(h);
      const double above = loss();
      bias = at.array() - static_cast<Scalar>(h);
      const double below = loss();
      bias = at;
      const double sum = profile[layer].gradient_mean * static_cast<double>(bias.size()) * 7;
      const double rounding = 7 * 8 * kEpsilon / h;
      EXPECT_NEAR((above - below) / (2 * h), sum, 2e-3 * (1 + std::abs(sum)) + rounding) << f.name << layer;
    }
  }
}

TEST(StartProfile, SingularValuesAreThoseOfTheWeights) {
  const auto orthogonal = profile_of("tanh", "orthogonal");
  for (std::size_t i = 0; i + 1 < orthogonal.size(); ++i) {
    EXPECT_NEAR(orthogonal[i].largest_singular_value, 1, 1e-6);
    EXPECT_NEAR(orthogonal[i].smallest_singular_value, 1, 1e-6);
  }
  const auto ones = profile_of("tanh", "ones");  // rank one: sqrt(rows x columns)
  EXPECT_NEAR(ones[0].largest_singular_value, std::sqrt(50.0 * 40), 1e-6);
  EXPECT_NEAR(ones[0].smallest_singular_value, 0, 1e-6 * std::sqrt(50.0 * 40));
}

TEST(StartProfile, SharesTellWhatIsWrongWithAStart) {
  for (const char* name : {"zeros", "ones", "constant"})
    for (const auto& layer : profile_of("tanh", name)) EXPECT_EQ(layer.alike, 1) << name;
  for (const auto& layer : profile_of("tanh", "xavier")) EXPECT_EQ(layer.alike, 0);
  EXPECT_GT(profile_of("sigmoid", "ones")[2].saturated, 0.9);
  EXPECT_GT(profile_of("tanh", "ones")[0].saturated, 0.5);
  EXPECT_NEAR(profile_of("relu", "he")[0].saturated, 0.5, 0.05) << "half of a ReLU's outputs by design";
  EXPECT_EQ(profile_of("relu", "he")[0].dead, 0);
  EXPECT_EQ(profile_of("linear", "xavier")[0].saturated, 0);
  // A bias that no total input reaches.
  Mlp net = make_mlp({50, 40, 5}, "relu", "he", 1);
  net.layers[0].bias.head(10).setConstant(Scalar{-100});
  EXPECT_EQ(start_profile(net, normal_cases(50, 60), labels_of(60, 5))[0].dead, 0.25);
}

// Wide layers that are fed N(0, 1): what the papers promise of their start, within the spread of 200 units.
TEST(StartProfile, RecommendedStartsKeepVariances) {
  const std::vector<Index> wide{200, 200, 200, 200, 200, 5};
  const auto he = profile_of("relu", "he", wide);
  EXPECT_NEAR(activation_factor(he), 1, 0.2);
  EXPECT_NEAR(gradient_factor(he), 1, 0.2);
  const auto xavier = profile_of("relu", "xavier", wide);
  EXPECT_NEAR(activation_factor(xavier), 0.5, 0.1) << "Xavier halves it";
  EXPECT_NEAR(gradient_factor(xavier), 0.5, 0.1);
  EXPECT_THAT(start_faults(he), testing::IsEmpty());
}

TEST(StartFaults, SayWhatStandsOut) {
  using testing::HasSubstr;
  const std::vector<Index> deep{50, 40, 40, 40, 40, 5};
  const auto text = [&](const char* activation, const char* start) {
    std::string all;
    for (const auto& fault : start_faults(profile_of(activation, start, deep))) all += fault + "\n";
    return all;
  };
  EXPECT_THAT(text("relu", "normal"), testing::AllOf(HasSubstr("fade"), HasSubstr("vanish")));
  EXPECT_THAT(text("relu", "sparse"), testing::AllOf(HasSubstr("grow"), HasSubstr("explode")));
  EXPECT_THAT(text("tanh", "zeros"), testing::AllOf(HasSubstr("alike"), HasSubstr("no gradient")));
  EXPECT_THAT(text("sigmoid", "ones"), HasSubstr("saturated"));
  EXPECT_THAT(text("sigmoid", "xavier"), HasSubstr("vanish")) << "no random start cures a sigmoid";
  EXPECT_THAT(start_faults({}), testing::IsEmpty());
}

TEST(StartProfile, RefusesWhatDoesNotFit) {
  const Mlp net = make_mlp({5, 4, 3}, "relu", "he", 1);
  const Matrix batch = normal_cases(5, 2);
  EXPECT_THROW(start_profile(net, normal_cases(6, 2), std::vector<int>{0, 1}), InvalidArgument);
  EXPECT_THROW(start_profile(net, batch, std::vector<int>{0}), InvalidArgument);
  EXPECT_THROW(start_profile(net, batch, std::vector<int>{0, 3}), InvalidArgument);
  EXPECT_THROW(start_profile(net, batch, std::vector<int>{0, -1}), InvalidArgument);
  Mlp broken = net;
  broken.layers[1].weights(0, 0) = std::numeric_limits<Scalar>::quiet_NaN();
  EXPECT_THAT(
      [&] {
        start_profile(broken, batch, std::vector<int>{0, 1});
      },
      testing::ThrowsMessage<InvalidArgument>(testing::HasSubstr("layer 2")));
}

}  // namespace
}  // namespace dbn
