#include <dbn/units/unit_type.hpp>

#include <algorithm>
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

std::string test_name(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

std::vector<std::string> names_if(bool (*holds)(const UnitType&)) {
  std::vector<std::string> names;
  for (const auto& type : unit_types())
    if (holds(*type)) names.emplace_back(type->name());
  return names;
}

bool enumerable(const UnitType& type) { return std::isfinite(type.state_count(1)); }

/// States of one unit, and the width that each stands for in an integral: all of them, or a grid beyond which
/// e^{-energy} is far below rounding. The trapezoid rule with a step of 1/8 errs by e^{-2 pi^2 64} on a Gaussian.
struct States {
  Matrix values;
  double width;
};
States states_of_one_unit(const UnitType& type) {
  if (!enumerable(type)) return {Vector::LinSpaced(641, -40, 40).transpose(), 0.125};
  Matrix values(1, static_cast<Index>(type.state_count(1)));
  for (Index i = 0; i < values.cols(); ++i) type.state_into(i, values.col(i).head(1));
  return {values, 1};
}

/// The laws that every type obeys whose units are on their own.
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
};

INSTANTIATE_TEST_SUITE_P(All, UnitTypeLaw,
                         testing::ValuesIn(names_if([](const UnitType& type) { return type.separable(); })),
                         [](const auto& test) { return test_name(test.param); });

// Truncation is step^2/6 = 6e-7 times the third derivative of the log-partition, which is below 1 for all; of relu and
// relu6, whose table is interpolated, (1/64)^3 sqrt(3)/216 = 3e-8 of the fourth beside it. The sums are in double.
TEST_P(UnitTypeLaw, MeanIsTheSlopeOfTheLogPartition) {
  for (const double x : kInputs) {
    const double slope = (log_partition(x + kStep) - log_partition(x - kStep)) / (2 * kStep);
    EXPECT_NEAR(mean(x), slope, 1e-6 + 4 * kEpsilon * (1 + std::abs(x))) << x;
  }
}

TEST_P(UnitTypeLaw, LogPartitionIsThatOfTheEnergy) {
  const States states = states_of_one_unit(*type_);
  for (const double x : kInputs) {
    const Vector bias = Vector::Constant(1, static_cast<Scalar>(x));
    if (!type_->exact()) {
      EXPECT_THROW(type_->energy(states.values, bias), InvalidArgument);
      continue;
    }
    const double expected = log_sum_exp(-type_->energy(states.values, bias)) + std::log(states.width);
    EXPECT_NEAR(log_partition(x), expected, 1e-12 * (1 + std::abs(expected))) << x;
  }
}

TEST_P(UnitTypeLaw, ALayerIsTheSumOfItsUnits) {
  Matrix input(3, 2);
  input << -1, 0.5, 2, 0, 0.25, -3;
  const Matrix states = (input.array() > Scalar{0}).cast<Scalar>();
  const Vector bias = Vector::LinSpaced(3, -1, 1);
  Eigen::Vector2d partitions(0, 0), energies(0, 0);
  for (Index r = 0; r < 3; ++r) {
    partitions += type_->log_partition(input.row(r));
    if (type_->exact()) energies += type_->energy(states.row(r), bias.segment(r, 1));
  }
  EXPECT_TRUE(type_->log_partition(input).isApprox(partitions, 1e-12));
  if (type_->exact()) {
    EXPECT_TRUE(type_->energy(states, bias).isApprox(energies, 1e-12));
  }
}

// Means within five standard errors, taken from the sample where the type's variance is not the curvature of its
// log-partition; the variance's own error is taken from the sample's fourth moment.
TEST_P(UnitTypeLaw, SamplesHaveMeanAndVariance) {
  constexpr Index kCases = 20000;
  Matrix input(static_cast<Index>(kInputs.size()), kCases);
  for (Index r = 0; r < input.rows(); ++r) input.row(r).setConstant(static_cast<Scalar>(kInputs[std::size_t(r)]));
  Matrix states(input.rows(), kCases);
  type_->mean_and_states(Stream(1, Purpose::hidden_states), {}, input, states);
  for (Index r = 0; r < input.rows(); ++r) {
    const double x = kInputs[static_cast<std::size_t>(r)];
    const Eigen::ArrayXd s = states.row(r).cast<double>().array();
    const Eigen::ArrayXd squares = (s - s.mean()).square();
    if (!type_->exact()) {
      EXPECT_NEAR(s.mean(), mean(x), 5 * std::sqrt(squares.mean() / kCases) + 1e-12) << x;
      continue;
    }
    const double v = variance(x);
    EXPECT_NEAR(s.mean(), mean(x), 5 * std::sqrt(v / kCases)) << x;
    const double spread = std::sqrt((squares.square().mean() - std::pow(squares.mean(), 2)) / kCases);
    if (v * kCases < 1) continue;  // a bipolar unit that is as good as certain
    EXPECT_NEAR(squares.mean(), v, 5 * spread + 25 * v / kCases + 1e-9) << x;
    // Seen elsewhere: a unit "sampled" by argmax, as its most likely state.
    EXPECT_GT(squares.mean(), 0) << x;
  }
}

TEST_P(UnitTypeLaw, SamplingLeavesTheMeanBesideTheStates) {
  Matrix input = Matrix::Zero(20, 7);
  add_normal_noise(Stream(2, Purpose::initial_weights), {}, input);
  Matrix mean = input, both = input;
  type_->mean_in_place(mean);
  Matrix states(20, 7);
  type_->mean_and_states(Stream(3, Purpose::hidden_states), {}, input, states);
  EXPECT_TRUE(input == mean);
  type_->mean_and_states(Stream(3, Purpose::hidden_states), {}, both, both);
  EXPECT_TRUE(both == states) << "states may replace their means";
  const auto [least, most] = type_->range();
  EXPECT_GE(static_cast<double>(states.minCoeff()), least);
  EXPECT_LE(static_cast<double>(states.maxCoeff()), most);
  if (enumerable(*type_)) {
    EXPECT_TRUE((states.array() == static_cast<Scalar>(least) || states.array() == static_cast<Scalar>(most)).all());
  }
}

TEST_P(UnitTypeLaw, SamplesDoNotDependOnTilesAndDoOnTheSeed) {
  Matrix input = Matrix::Zero(24, 6);
  add_normal_noise(Stream(4, Purpose::initial_weights), {}, input);
  const Stream stream(5, Purpose::hidden_states, 3);
  const auto draw = [&](const Stream& from, Position at, Matrix x) {
    Matrix states(x.rows(), x.cols());
    type_->mean_and_states(from, at, x, states, {.first = static_cast<Index>(at.unit)});
    return states;
  };
  const Matrix whole = draw(stream, {.update = 2}, input);
  const Position at{.update = 2, .instance = 4, .unit = 16};
  EXPECT_TRUE(draw(stream, at, input.block(16, 4, 8, 2)) == whole.block(16, 4, 8, 2));
  EXPECT_FALSE(draw(Stream(6, Purpose::hidden_states, 3), {.update = 2}, input) == whole);
  EXPECT_FALSE(draw(stream, {.update = 3}, input) == whole);
}

TEST_P(UnitTypeLaw, BiasForMeanInvertsTheMean) {
  if (!type_->visible()) GTEST_SKIP() << "no data are of this type";
  for (const double m : {0.01, 0.1, 0.5, 0.75, 0.99}) {
    const Scalar bias = type_->bias_for_mean(static_cast<Scalar>(m));
    // The bias is rounded to Scalar, and no mean moves faster than its input here.
    EXPECT_NEAR(mean(static_cast<double>(bias)), m, 4 * kEpsilon * (1 + std::abs(static_cast<double>(bias)))) << m;
  }
}

// Seen elsewhere: a log-odds bias that is NaN at p = 0 or 1, a pixel never or always on.
TEST_P(UnitTypeLaw, BiasForMeanIsFiniteAtZeroAndOne) {
  if (!type_->visible()) GTEST_SKIP() << "no data are of this type";
  for (const double m : {0.0, 1.0}) {
    const double bias = static_cast<double>(type_->bias_for_mean(static_cast<Scalar>(m)));
    EXPECT_TRUE(std::isfinite(bias)) << m;
    EXPECT_LT(std::abs(bias), 10) << m;
    EXPECT_NEAR(mean(bias), m, 0.01) << m;
  }
}

// Three roundings apart: tanh(x) is made as 2 logistic(2x) - 1 for the units.
TEST_P(UnitTypeLaw, ActivationComputesTheCode) {
  Matrix input = Matrix::Zero(17, 3);
  add_normal_noise(Stream(7, Purpose::initial_weights), {}, input);
  Matrix output = input;
  type_->code_in_place(input);
  activation(type_->activation()).apply(output);
  EXPECT_LE((input - output).cwiseAbs().maxCoeff(), static_cast<Scalar>(8 * kEpsilon));
}

TEST_P(UnitTypeLaw, ExtremeInputsAreHeld) {
  const auto [least, most] = type_->range();
  for (const double x : {-1000.0, 1000.0}) {
    EXPECT_TRUE(std::isfinite(log_partition(x))) << "log(1 + e^x) overflows unless it is written with care";
    EXPECT_NEAR(mean(x), std::clamp(x, least, most), 1000 * kEpsilon) << x;
  }
}

TEST(UnitTypes, AreFoundByName) {
  for (const auto& name : unit_type_names()) EXPECT_EQ(unit_type(name)->name(), name);
  EXPECT_THAT(unit_type_names(), testing::IsSupersetOf({"bernoulli", "gaussian"}));
  EXPECT_THAT([] { unit_type("bernouli"); },
              testing::ThrowsMessage<InvalidArgument>(testing::AllOf(testing::HasSubstr("bernoulli, bipolar, gaussian"),
                                                                     testing::HasSubstr("'bernouli'"))));
}

TEST(UnitTypes, SuggestARateThatAnOptimizerTakes) {
  for (const auto& type : unit_types()) {
    EXPECT_GT(type->default_rate(), 0);
    EXPECT_LE(type->default_rate(), 1);
    EXPECT_TRUE(type->visible() || type->hidden());
  }
}

}  // namespace
}  // namespace dbn
