#include <dbn/units/unit_type.hpp>

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/core/math.hpp>
#include <dbn/nn/activation.hpp>

namespace dbn {
namespace {

constexpr auto kEpsilon = static_cast<double>(std::numeric_limits<Scalar>::epsilon());

/// Total inputs that Scalar holds exactly, with a small step on either side.
const std::vector<double> kInputs{-6, -2.25, -0.5, 0, 0.25, 1.5, 3, 5.75};
constexpr double kStep = 0x1p-9;

/// The laws that every row of the table obeys.
class UnitTypeLaw : public testing::TestWithParam<std::string> {
 protected:
  std::shared_ptr<const UnitType> type_ = unit_type(GetParam());

  double log_partition(double input) const {
    return type_->log_partition(Matrix::Constant(1, 1, static_cast<Scalar>(input)))[0];
  }
  double mean(double input) const {
    Matrix x = Matrix::Constant(1, 1, static_cast<Scalar>(input));
    type_->mean_in_place(x);
    return static_cast<double>(x(0, 0));
  }
  double variance(double input) const {
    return (log_partition(input + kStep) - 2 * log_partition(input) + log_partition(input - kStep)) / (kStep * kStep);
  }

  /// log of the sum or integral of e^{-energy}, which is far below rounding outside the grid. The trapezoid rule with
  /// a step of 1/8 errs by e^{-2 pi^2 64} on a Gaussian.
  double log_partition_from_energy(double bias) const {
    const double step = type_->binary() ? 1 : 0.125;
    const double least = type_->binary() ? 0 : -40;
    const Index points = type_->binary() ? 2 : 641;
    Matrix states(1, points);
    for (Index i = 0; i < points; ++i) states(0, i) = static_cast<Scalar>(least + step * static_cast<double>(i));
    return log_sum_exp(-type_->energy(states, Vector::Constant(1, static_cast<Scalar>(bias)))) + std::log(step);
  }
};

INSTANTIATE_TEST_SUITE_P(All, UnitTypeLaw, testing::ValuesIn(unit_type_names()),
                         [](const auto& test) { return test.param; });

// Truncation is step^2/6 = 6e-7 times the third derivative (at most 0.1 for a logistic); the sums are in double.
TEST_P(UnitTypeLaw, MeanIsTheSlopeOfTheLogPartition) {
  for (const double x : kInputs) {
    const double slope = (log_partition(x + kStep) - log_partition(x - kStep)) / (2 * kStep);
    EXPECT_NEAR(mean(x), slope, 1e-7 + 4 * kEpsilon * (1 + std::abs(x))) << x;
  }
}

TEST_P(UnitTypeLaw, LogPartitionIsThatOfTheEnergy) {
  for (const double x : kInputs)
    EXPECT_NEAR(log_partition(x), log_partition_from_energy(x), 1e-12 * (1 + std::abs(log_partition(x)))) << x;
}

TEST_P(UnitTypeLaw, ALayerIsTheSumOfItsUnits) {
  Matrix input(3, 2);
  input << -1, 0.5, 2, 0, 0.25, -3;
  const Matrix states = type_->binary() ? Matrix((input.array() > Scalar{0}).cast<Scalar>()) : input;
  const Vector bias = Vector::LinSpaced(3, -1, 1);
  Eigen::Vector2d partitions(0, 0), energies(0, 0);
  for (Index r = 0; r < 3; ++r) {
    partitions += type_->log_partition(input.row(r));
    energies += type_->energy(states.row(r), bias.segment(r, 1));
  }
  EXPECT_TRUE(type_->log_partition(input).isApprox(partitions, 1e-12));
  EXPECT_TRUE(type_->energy(states, bias).isApprox(energies, 1e-12));
}

// Means within five standard errors; the variance's own error is taken from the sample's fourth moment.
TEST_P(UnitTypeLaw, SamplesHaveMeanAndVariance) {
  constexpr Index kCases = 20000;
  Matrix input(static_cast<Index>(kInputs.size()), kCases);
  for (Index r = 0; r < input.rows(); ++r) input.row(r).setConstant(static_cast<Scalar>(kInputs[std::size_t(r)]));
  Matrix states(input.rows(), kCases);
  type_->mean_and_states(Stream(1, Purpose::hidden_states), {}, input, states);
  for (Index r = 0; r < input.rows(); ++r) {
    const double x = kInputs[static_cast<std::size_t>(r)];
    const Eigen::ArrayXd s = states.row(r).cast<double>().array();
    const double v = variance(x);
    EXPECT_NEAR(s.mean(), mean(x), 5 * std::sqrt(v / kCases)) << x;
    const Eigen::ArrayXd squares = (s - s.mean()).square();
    const double spread = std::sqrt((squares.square().mean() - std::pow(squares.mean(), 2)) / kCases);
    EXPECT_NEAR(squares.mean(), v, 5 * spread + 25 * v / kCases) << x;
    // Seen elsewhere: a unit "sampled" by argmax, as its most likely state.
    EXPECT_GT(squares.mean(), 0) << x;
  }
}

TEST_P(UnitTypeLaw, SamplingLeavesTheMeanBesideTheStates) {
  Matrix input = Matrix::Zero(20, 7);
  add_normal_noise(Stream(2, Purpose::initial_weights), {}, input);
  Matrix mean = input;
  type_->mean_in_place(mean);
  Matrix states(20, 7);
  type_->mean_and_states(Stream(3, Purpose::hidden_states), {}, input, states);
  EXPECT_TRUE(input == mean);
  EXPECT_TRUE(!type_->binary() || (states.array() == Scalar{0} || states.array() == Scalar{1}).all());
}

TEST_P(UnitTypeLaw, SamplesDoNotDependOnTilesAndDoOnTheSeed) {
  Matrix input = Matrix::Zero(24, 6);
  add_normal_noise(Stream(4, Purpose::initial_weights), {}, input);
  const Stream stream(5, Purpose::hidden_states, 3);
  const auto draw = [&](const Stream& from, Position at, Matrix x) {
    Matrix states(x.rows(), x.cols());
    type_->mean_and_states(from, at, x, states);
    return states;
  };
  const Matrix whole = draw(stream, {.update = 2}, input);
  const Position at{.update = 2, .instance = 4, .unit = 16};
  EXPECT_TRUE(draw(stream, at, input.block(16, 4, 8, 2)) == whole.block(16, 4, 8, 2));
  EXPECT_FALSE(draw(Stream(6, Purpose::hidden_states, 3), {.update = 2}, input) == whole);
  EXPECT_FALSE(draw(stream, {.update = 3}, input) == whole);
}

TEST_P(UnitTypeLaw, BiasForMeanInvertsTheMean) {
  for (const double m : {0.01, 0.1, 0.5, 0.75, 0.99}) {
    const Scalar bias = type_->bias_for_mean(static_cast<Scalar>(m));
    // The bias is rounded to Scalar, and no mean moves faster than its input here.
    EXPECT_NEAR(mean(static_cast<double>(bias)), m, 4 * kEpsilon * (1 + std::abs(static_cast<double>(bias)))) << m;
  }
}

// Seen elsewhere: a log-odds bias that is NaN at p = 0 or 1, a pixel never or always on.
TEST_P(UnitTypeLaw, BiasForMeanIsFiniteAtZeroAndOne) {
  for (const double m : {0.0, 1.0}) {
    const double bias = static_cast<double>(type_->bias_for_mean(static_cast<Scalar>(m)));
    EXPECT_TRUE(std::isfinite(bias)) << m;
    EXPECT_LT(std::abs(bias), 10) << m;
    EXPECT_NEAR(mean(bias), m, 0.01) << m;
  }
}

TEST_P(UnitTypeLaw, ActivationComputesTheMean) {
  Matrix input = Matrix::Zero(17, 3);
  add_normal_noise(Stream(7, Purpose::initial_weights), {}, input);
  Matrix output = input;
  type_->mean_in_place(input);
  activation(type_->activation()).apply(output);
  EXPECT_TRUE(input == output);
}

TEST_P(UnitTypeLaw, ExtremeInputsAreHeld) {
  for (const double x : {-1000.0, 1000.0}) {
    EXPECT_TRUE(std::isfinite(mean(x)));
    EXPECT_TRUE(std::isfinite(log_partition(x))) << "log(1 + e^x) overflows unless it is written with care";
    EXPECT_NEAR(mean(x), type_->binary() ? (x > 0 ? 1 : 0) : x, kEpsilon);
  }
}

TEST_P(UnitTypeLaw, SuggestsARateThatAnOptimizerTakes) {
  EXPECT_GT(type_->default_rate(), 0);
  EXPECT_LE(type_->default_rate(), 1);
}

TEST(UnitTypes, AreFoundByName) {
  for (const auto& name : unit_type_names()) EXPECT_EQ(unit_type(name)->name(), name);
  EXPECT_THAT(unit_type_names(), testing::IsSupersetOf({"bernoulli", "gaussian"}));
  EXPECT_THAT([] { unit_type("bernouli"); },
              testing::ThrowsMessage<InvalidArgument>(
                  testing::AllOf(testing::HasSubstr("bernoulli, gaussian"), testing::HasSubstr("'bernouli'"))));
}

}  // namespace
}  // namespace dbn
