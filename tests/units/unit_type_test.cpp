#include <dbn/units/unit_type.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/core/math.hpp>
#include <dbn/nn/activation.hpp>

#include "../support/statistics.hpp"

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

/// Types whose units go together.
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

/// A layer of groups is its groups, whatever is asked of it.
class MixedUnits : public testing::Test {
 protected:
  std::shared_ptr<const UnitType> type_ = unit_type("gaussian-learned:0-2,softmax:3-6,bernoulli:7-");
  Vector log_variance_ = Vector::LinSpaced(10, -1, 1);
  UnitContext context_{.log_variance = &log_variance_};
  Matrix input_ = [] {
    Matrix input = Matrix::Zero(10, 5);
    add_normal_noise(Stream(2, Purpose::initial_weights), {}, input);
    return input;
  }();
};

TEST_F(MixedUnits, TreatEachGroupByItsType) {
  Matrix mean = input_;
  type_->mean_in_place(mean, context_);
  Matrix softmax = input_.middleRows(3, 4), bernoulli = input_.bottomRows(3);
  unit_type("softmax")->mean_in_place(softmax);
  unit_type("bernoulli")->mean_in_place(bernoulli);
  EXPECT_TRUE(mean.topRows(3) == input_.topRows(3));
  EXPECT_TRUE(mean.middleRows(3, 4) == softmax);
  EXPECT_TRUE(mean.bottomRows(3) == bernoulli);
  const Eigen::VectorXd parts = unit_type("gaussian-learned")->log_partition(input_.topRows(3), context_) +
                                unit_type("softmax")->log_partition(input_.middleRows(3, 4)) +
                                unit_type("bernoulli")->log_partition(input_.bottomRows(3));
  EXPECT_TRUE(type_->log_partition(input_, context_).isApprox(parts, 1e-12));
  EXPECT_TRUE(type_->learns_variance(2));
  EXPECT_FALSE(type_->learns_variance(3));
}

TEST_F(MixedUnits, DrawEachGroupFromNumbersOfItsOwn) {
  Matrix mean = input_, states(10, 5);
  type_->mean_and_states(Stream(3, Purpose::visible_states), {}, mean, states, context_);
  for (Index c = 0; c < 5; ++c) EXPECT_EQ(states.col(c).segment(3, 4).sum(), Scalar{1});
  EXPECT_TRUE((states.bottomRows(3).array() == Scalar{0} || states.bottomRows(3).array() == Scalar{1}).all());
  // The groups' draws do not overlap: normals of units 0 to 3, a uniform of 4, uniforms of 8 to 10.
  Matrix bernoulli = input_.bottomRows(3), drawn(3, 5);
  unit_type("bernoulli")->mean_and_states(Stream(3, Purpose::visible_states), {.unit = 8}, bernoulli, drawn);
  EXPECT_TRUE(states.bottomRows(3) == drawn);
}

TEST(MixedUnitsText, IsCheckedAgainstTheLayer) {
  EXPECT_NO_THROW(unit_type("bernoulli:0-3,gaussian:4-5")->check(6));
  EXPECT_NO_THROW(unit_type("bernoulli:0-3,gaussian:4-")->check(6));
  EXPECT_NO_THROW(unit_type("gaussian:0,bernoulli:1-")->check(2));
  EXPECT_THROW(unit_type("bernoulli:0-3,gaussian:4-5")->check(7), InvalidArgument);
  EXPECT_THROW(unit_type("bernoulli:0-3,gaussian:4-")->check(4), InvalidArgument);
  for (const char* text :
       {"bernoulli:1-3", "bernoulli:0-3,gaussian:5-", "bernoulli:0-3,gaussian:3-", "bernoulli:0-,gaussian:4-",
        "bernoulli:3-0", "bernoulli:", "bernoulli:a-b", "binary:0-3", "bernoulli:0-3,", "relu:0-3",
        "replicated-softmax:0-3", "bernoulli:0-3,gaussian", "bernoulli:0-99999999999999999999"})
    EXPECT_THROW(unit_type(text), InvalidArgument) << text;
}

TEST(MixedUnitsText, NamesTheGroupThatDataDoNotSuit) {
  const auto type = unit_type("gaussian:0-1,bernoulli:2-");
  const Vector any = Vector::Constant(4, Scalar{0.5});
  const Vector least = (Vector(4) << -5, -5, 0, 0).finished();
  EXPECT_EQ(type->objection({any, any, least, Vector::Ones(4)}), "");
  EXPECT_THAT(type->objection({any, any, least, (Vector(4) << 1, 1, 1, 2).finished()}),
              testing::HasSubstr("features 2 to 3"));
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
