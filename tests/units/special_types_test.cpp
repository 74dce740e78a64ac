// What single unit types owe beside the laws of all: groups of one, counts, variances, noise.

#include <algorithm>
#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/math.hpp>
#include <dbn/units/unit_type.hpp>

#include "../support/statistics.hpp"

namespace dbn {
namespace {

constexpr auto kEpsilon = static_cast<double>(std::numeric_limits<Scalar>::epsilon());
/// Total inputs that Scalar holds exactly.
const std::vector<double> kInputs{-6, -2.25, -0.5, 0, 0.25, 1.5, 3, 5.75};

TEST(Softmax, IsOneOfItsGroupWithItsShare) {
  constexpr Index kCases = 20000;
  const auto type = unit_type("softmax");
  const Vector x = (Vector(4) << -1, 0.5, 2, 0).finished();
  Matrix mean = x.replicate(1, kCases), states(4, kCases);
  type->mean_and_states(Stream(1, Purpose::hidden_states), {}, mean, states);
  const Eigen::VectorXd expected =
      (x.cast<double>().array() - log_sum_exp(x.cast<double>())).exp().matrix() * double(kCases);
  std::vector<double> found(4);
  for (Index c = 0; c < kCases; ++c) {
    ASSERT_EQ(states.col(c).sum(), Scalar{1});
    Index on = 0;
    states.col(c).maxCoeff(&on);
    ++found[static_cast<std::size_t>(on)];
  }
  EXPECT_LT(test::chi_square(found, {expected.begin(), expected.end()}), test::chi_square_bound(3));
  EXPECT_LE((mean.col(0).cast<double>() * double(kCases) - expected).cwiseAbs().maxCoeff(), kCases * 8 * kEpsilon);
  EXPECT_NEAR(type->log_partition(x)[0], log_sum_exp(x.cast<double>()), 1e-12);
}

TEST(Softmax, EnumeratesItsStates) {
  const auto type = unit_type("softmax");
  ASSERT_EQ(type->state_count(3), 3);
  Vector state(3);
  type->state_into(1, state);
  EXPECT_TRUE(state == (Vector(3) << 0, 1, 0).finished());
}

TEST(Softmax, RefusesDataThatAreNoGroup) {
  const auto type = unit_type("softmax");
  const Vector third = Vector::Constant(3, Scalar(1) / 3);
  EXPECT_EQ(type->objection({third, third, Vector::Zero(3), Vector::Ones(3)}), "");
  EXPECT_THAT(type->objection({third * Scalar{2}, third, Vector::Zero(3), Vector::Ones(3)}),
              testing::HasSubstr("one of a group"));
}

// A document of four words has four draws, and their shares are the softmax's.
TEST(ReplicatedSoftmax, DrawsAsManyWordsAsTheDocumentHas) {
  constexpr Index kCases = 5000;
  const auto type = unit_type("replicated-softmax");
  const Vector x = (Vector(3) << -1, 0.5, 1).finished();
  const Vector counts = Vector::LinSpaced(kCases, 0, kCases - 1).unaryExpr([](Scalar c) {
    return static_cast<Scalar>(static_cast<int>(c) % 5);
  });
  Matrix mean = x.replicate(1, kCases), states(3, kCases);
  type->mean_and_states(Stream(1, Purpose::visible_states), {}, mean, states, {.counts = &counts});
  EXPECT_TRUE(states.colwise().sum().transpose() == counts);
  const Eigen::VectorXd expected =
      (x.cast<double>().array() - log_sum_exp(x.cast<double>())).exp().matrix() * static_cast<double>(counts.sum());
  const Eigen::VectorXd sums = states.cast<double>().rowwise().sum();
  EXPECT_LT(test::chi_square({sums.begin(), sums.end()}, {expected.begin(), expected.end()}),
            test::chi_square_bound(2));
  EXPECT_NEAR(mean.col(4).cast<double>().sum(), 4, 32 * kEpsilon);
}

// Twice the words of one document: log-partitions add up.
TEST(ReplicatedSoftmax, LogPartitionIsThatOfItsWords) {
  const auto type = unit_type("replicated-softmax");
  const Vector x = (Vector(3) << -1, 0.5, 1).finished();
  const Vector counts = Vector::Constant(1, 7);
  EXPECT_NEAR(type->log_partition(x, {.counts = &counts})[0], 7 * log_sum_exp(x.cast<double>()), 1e-12);
}

// The trapezoid rule over a grid of 1/8 deviations or less, as above.
TEST(GaussianLearned, ObeysTheLawsAtAnyVariance) {
  const auto type = unit_type("gaussian-learned");
  const Matrix grid = Vector::LinSpaced(6401, -80, 80).transpose();
  for (const double z : {-1.5, 0.0, 1.25}) {
    const Vector log_variance = Vector::Constant(1, static_cast<Scalar>(z));
    const UnitContext context{.log_variance = &log_variance};
    for (const double x : kInputs) {
      const Vector bias = Vector::Constant(1, static_cast<Scalar>(x));
      const double expected = log_sum_exp(-type->energy(grid, bias, context)) + std::log(0.025);
      // The grid's points are rounded to Scalar.
      EXPECT_NEAR(type->log_partition(bias, context)[0], expected, 1e-9 + 64 * kEpsilon * (1 + std::abs(expected)));
    }
    constexpr Index kCases = 20000;
    Matrix mean = Matrix::Constant(1, kCases, Scalar{2}), states(1, kCases);
    type->mean_and_states(Stream(1, Purpose::visible_states), {}, mean, states, context);
    const MeanAndVariance found = mean_and_variance(states);
    EXPECT_NEAR(found.mean, 2, 5 * std::sqrt(std::exp(z) / kCases));
    EXPECT_NEAR(found.variance, std::exp(z), 5 * std::exp(z) * std::sqrt(2.0 / kCases));
  }
}

// max(0, x + N(0, logistic(x))), against its distribution: the largest distance of n draws from it, times sqrt(n),
// passes 1.95 once in a thousand [Kolmogorov].
TEST(Relu, IsTheNoisyRectifiedUnit) {
  constexpr Index kCases = 4000;
  for (const auto& [name, cap] : {std::pair{"relu", 1e9}, std::pair{"relu6", 6.0}})
    for (const double x : {-1.0, 0.5, 5.75}) {
      Matrix mean = Matrix::Constant(1, kCases, static_cast<Scalar>(x)), states(1, kCases);
      unit_type(name)->mean_and_states(Stream(1, Purpose::hidden_states), {}, mean, states);
      Vector sorted = states.row(0).transpose();
      std::sort(sorted.begin(), sorted.end());
      double distance = 0;
      for (Index i = 0; i < kCases; ++i) {
        const auto s = static_cast<double>(sorted[i]);
        if (s <= 0 || s >= cap) continue;  // mass at the ends
        const double expected = std::erfc(-(s - x) / std::sqrt(2 * logistic(x))) / 2;
        distance = std::max(distance, std::abs(expected - static_cast<double>(i + 1) / kCases));
      }
      EXPECT_LT(distance * std::sqrt(double(kCases)), 1.95) << name << " at " << x;
      EXPECT_GE(static_cast<double>(sorted[0]), 0);
      EXPECT_LE(static_cast<double>(sorted[kCases - 1]), cap);
    }
}

TEST(Relu, CodesHaveNoNoise) {
  Matrix x(1, 3);
  x << -2, 0.5, 9;
  Matrix capped = x;
  unit_type("relu")->code_in_place(x);
  unit_type("relu6")->code_in_place(capped);
  EXPECT_TRUE(x == (Matrix(1, 3) << 0, 0.5, 9).finished());
  EXPECT_TRUE(capped == (Matrix(1, 3) << 0, 0.5, 6).finished());
}

}  // namespace
}  // namespace dbn
