#include <dbn/experiment/bootstrap.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>

#include <dbn/core/error.hpp>
#include <dbn/core/random.hpp>
#include <dbn/experiment/statistics.hpp>

#include "experiment/bca_levels.hpp"
#include "tests/support/statistics.hpp"
#include "tests/support/statistics_fixture.hpp"

namespace dbn {
namespace {

using Values = std::vector<double>;
using Limits = std::array<double, 2>;

double mean(const Values& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// By the definition, with the jackknife's leave-one-out means and no thought for rounding.
Limits naive_bca(const Values& values, std::uint64_t seed, std::size_t resamples) {
  const boost::math::normal normal;
  const Stream stream(seed, Purpose::bootstrap);
  const double seen = mean(values);
  Values means, left_out;
  double below = 0;
  for (std::uint32_t r = 0; r < resamples; ++r) {
    Values drawn;
    for (std::uint32_t i = 0; i < values.size(); ++i)
      drawn.push_back(values[stream.below(static_cast<std::uint32_t>(values.size()), {.update = r, .unit = i})]);
    means.push_back(mean(drawn));
    if (std::abs(means.back() - seen) < 1e-12)
      below += 0.5;
    else if (means.back() < seen)
      ++below;
  }
  std::sort(means.begin(), means.end());
  for (std::size_t i = 0; i < values.size(); ++i) {
    Values others = values;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
    left_out.push_back(mean(others));
  }
  double squares = 0, cubes = 0;
  for (const double x : left_out) {
    squares += std::pow(mean(left_out) - x, 2);
    cubes += std::pow(mean(left_out) - x, 3);
  }
  const double a = cubes / (6 * std::pow(squares, 1.5));
  const double z0 = quantile(normal, below / static_cast<double>(resamples));
  Limits limits{};
  for (std::size_t side = 0; side < 2; ++side) {
    const double z = quantile(normal, side == 0 ? 0.025 : 0.975);
    const double level = cdf(normal, z0 + (z0 + z) / (1 - a * (z0 + z)));
    const double place = level * (static_cast<double>(resamples) + 1) - 1;  // counted from 0
    const auto whole = static_cast<std::size_t>(place);
    limits[side] = means[whole] + (place - std::floor(place)) * (means[whole + 1] - means[whole]);
  }
  return limits;
}

const Values kSkewed = {0.02, 0.11, 0.15, 0.31, 0.42, 0.47, 0.6, 0.95, 1.3, 1.62, 2.4, 4.8};

// Among 999 resamples both limits have neighbours on either side. Beside the draws, which are the same, there are a few
// dozen roundings of numbers below 5.
TEST(Bootstrap, IsTheNaiveTwinWithTheSameDraws) {
  for (const auto& values : {kSkewed, Values{5.3 - 5.2, 4.2 - 4.1, 0.3, -0.2, 0}, Values{-1, 2, -3, 4, -5, 6, 7}}) {
    const auto found = bootstrap_interval(values, 7, 999);
    const Limits expected = naive_bca(values, 7, 999);
    ASSERT_TRUE(found);
    EXPECT_NEAR((*found)[0], expected[0], 1e-13);
    EXPECT_NEAR((*found)[1], expected[1], 1e-13);
  }
}

// SciPy draws 400 000 resamples of its own. A limit at the 2.5 % quantile of B resampled means varies by sqrt(0.025 *
// 0.975 / B) / 0.058 = 2.7 / sqrt(B) of their deviation where they are nearly normal, and by 2 * 1.25 / sqrt(B) with
// the bias, whose share varies by 0.5 / sqrt(B): with B = 99 999 by 0.012 together. Five times that, twice as much
// where the tail is thinner.
TEST(Bootstrap, AgreesWithSciPy) {
  for (const auto& row : test::statistics_fixture("bootstrap")) {
    const auto values = row.at("values").get<Values>();
    const double deviation = mean_estimate(values).deviation / std::sqrt(static_cast<double>(values.size()));
    const auto found = bootstrap_interval(values, 3, 99999);
    ASSERT_TRUE(found);
    test::expect_limits(*found, row.at("interval"), 0.12 * deviation);
  }
}

TEST(Bootstrap, LimitsOfAnotherSeedDifferByAFewHundredthsOfAStandardError) {
  const double deviation = mean_estimate(kSkewed).deviation / std::sqrt(12.0);
  const auto a = *bootstrap_interval(kSkewed, 1);
  const auto b = *bootstrap_interval(kSkewed, 2);
  EXPECT_NE(a, b);
  for (std::size_t side = 0; side < 2; ++side) EXPECT_NEAR(a[side], b[side], 0.2 * deviation);
}

TEST(Bootstrap, HasTheSameBitsAlways) { EXPECT_EQ(bootstrap_interval(kSkewed, 5), bootstrap_interval(kSkewed, 5)); }

TEST(Bootstrap, OfOneValueIsNone) { EXPECT_FALSE(bootstrap_interval(Values{4.5})); }

TEST(Bootstrap, OfEqualValuesIsNone) {
  EXPECT_FALSE(bootstrap_interval(Values(7, 0.1)));
  EXPECT_FALSE(bootstrap_interval(Values(3, 0.0)));
}

// A quarter of the resamples is the one value twice, a quarter the other.
TEST(Bootstrap, OfTwoValuesIsFromOneToTheOther) {
  const auto found = *bootstrap_interval(Values{1.5, -0.25});
  EXPECT_DOUBLE_EQ(found[0], -0.25);
  EXPECT_DOUBLE_EQ(found[1], 1.5);
}

// Half of the resamples of two values are their mean: counted as a half, they leave no bias. Counted on one side, the
// levels would be those of a share of 1/4 or 3/4, and of {0, 1, 2} the interval would lie aslant.
TEST(Bootstrap, OfSymmetricValuesIsSymmetric) {
  const auto found = *bootstrap_interval(Values{0, 1, 2, 3, 4}, 0, 99999);
  // The levels are within 2 * 1.25 / sqrt(99999) of their normal quantile, and means are multiples of 0.2.
  EXPECT_NEAR(found[0] + found[1], 4, 0.2 + 1e-12);
}

TEST(Bootstrap, FollowsScaleShiftAndSign) {
  Values scaled = kSkewed, negative = kSkewed;
  for (double& x : scaled) x = 4 * x - 3;
  for (double& x : negative) x = -x;
  const auto plain = *bootstrap_interval(kSkewed, 9);
  const auto moved = *bootstrap_interval(scaled, 9);
  const auto turned = *bootstrap_interval(negative, 9);
  for (std::size_t side = 0; side < 2; ++side) {
    EXPECT_NEAR(moved[side], 4 * plain[side] - 3, 1e-12);
    EXPECT_NEAR(turned[side], -plain[1 - side], 1e-12);
  }
}

// The interval of means +-1.96 deviations of the resampled means, sqrt((n - 1) / n) s / sqrt(n), covers with the
// probability that |t| of n - 1 degrees is below 1.96 sqrt((n - 1) / n); BCa differs from it by terms of 1 / n.
TEST(Bootstrap, CoversAsOftenAsItShould) {
  constexpr std::size_t kRepetitions = 1000, kValues = 30;
  std::size_t covered = 0;
  for (std::uint32_t r = 0; r < kRepetitions; ++r) {
    const auto found = *bootstrap_interval(test::normals(21, r, kValues), r, 399);
    covered += found[0] <= 0 && 0 <= found[1];
  }
  const double limit = 1.96 * std::sqrt(29.0 / 30);
  const double expected = 1 - 2 * cdf(complement(boost::math::students_t(29), limit));
  EXPECT_NEAR(static_cast<double>(covered) / kRepetitions, expected,
              test::share_bound(expected, kRepetitions) + 0.5 / kValues);
}

// Of skewed values the t interval misses the mean far more often on one side. Acceleration and bias are there to mend
// that; without them the percentile interval mends half of it.
TEST(Bootstrap, MissesOnBothSidesMoreEvenlyThanStudentsT) {
  int bca = 0, t = 0;
  for (std::uint32_t r = 0; r < 1000; ++r) {
    Values values = test::normals(22, r, 20);
    for (double& x : values) x = std::exp(x);
    const double truth = std::exp(0.5);
    const auto side = [&](const Limits& limits) { return (truth > limits[1]) - (truth < limits[0]); };
    bca += side(*bootstrap_interval(values, r, 199));
    t += side(*mean_estimate(values).interval);
  }
  EXPECT_GT(t, 100);
  EXPECT_LT(bca, 0.8 * t);
}

TEST(BcaLevels, ArePercentilesWithoutBiasAndAcceleration) {
  const auto levels = detail::bca_levels(0.5, 0);
  EXPECT_NEAR(levels[0], 0.025, 1e-15);
  EXPECT_NEAR(levels[1], 0.975, 1e-15);
}

TEST(BcaLevels, ArePercentilesWhereUndefined) {
  for (const auto& [share, acceleration] : {std::pair{0.0, 0.1}, {1.0, 0.1}, {0.5, 0.6}, {0.5, -0.6}})
    EXPECT_EQ(detail::bca_levels(share, acceleration), (Limits{0.025, 0.975})) << share << ", " << acceleration;
}

// Bias of half a deviation: both normal quantiles go up by twice that.
TEST(BcaLevels, MoveByTwiceTheBias) {
  const boost::math::normal normal;
  const auto levels = detail::bca_levels(cdf(normal, 0.5), 0);
  EXPECT_NEAR(levels[0], cdf(normal, 1 - 1.959963984540054), 1e-14);
  EXPECT_NEAR(levels[1], cdf(normal, 1 + 1.959963984540054), 1e-14);
}

TEST(Bootstrap, RefusesWhatHasNoAnswer) {
  EXPECT_THROW(bootstrap_interval({}), InvalidArgument);
  EXPECT_THROW(bootstrap_interval(Values{1, NAN}), InvalidArgument);
  EXPECT_THROW(bootstrap_interval(Values{1, INFINITY}), InvalidArgument);
  for (const Index resamples : {Index{-1}, Index{0}, Index{38}, Index{10'000'001}})
    EXPECT_THROW(bootstrap_interval(Values{1, 2}, 0, resamples), InvalidArgument) << resamples;
  EXPECT_TRUE(bootstrap_interval(Values{1, 2}, 0, 39));
}

}  // namespace
}  // namespace dbn
