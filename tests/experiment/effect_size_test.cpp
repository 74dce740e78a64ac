#include <dbn/experiment/effect_size.hpp>

#include <cmath>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>
#include <boost/math/distributions/chi_squared.hpp>

#include <dbn/core/error.hpp>
#include <dbn/experiment/statistics.hpp>

#include "tests/support/statistics.hpp"
#include "tests/support/statistics_fixture.hpp"

namespace dbn {
namespace {

using Values = std::vector<double>;

std::optional<EffectSize> effect(const Values& differences) {
  return effect_size(differences, Values(differences.size(), 0.0));
}

TEST(EffectSize, MatchesAWorkedExample) {
  // 1, 2, 3: mean 2, deviation 1. Two degrees: gamma(1) / gamma(1/2) = 1 / sqrt(pi).
  const auto found = effect({1, 2, 3});
  ASSERT_TRUE(found && found->unbiased);
  EXPECT_DOUBLE_EQ(found->d_z, 2);
  EXPECT_NEAR(*found->unbiased, 2 / std::sqrt(std::acos(-1.0)), 1e-14);
}

// Table 1 of Hedges [1981]: c(m) by degrees of freedom.
TEST(EffectSize, HasThePublishedCorrections) {
  for (const auto& [degrees, factor] : {std::pair{2, 0.5642}, {3, 0.7236}, {4, 0.7979}, {5, 0.8408}, {10, 0.9228}}) {
    Values d(static_cast<std::size_t>(degrees) + 1);
    std::iota(d.begin(), d.end(), 1.0);
    const auto found = effect(d);
    EXPECT_NEAR(*found->unbiased / found->d_z, factor, 0.0001) << degrees;
  }
}

// Both invert the noncentral t distribution to 1e-12 or so; SciPy's side is quadrature to 1e-13 relatively.
TEST(EffectSize, AgreesWithSciPy) {
  for (const auto& row : test::statistics_fixture("paired")) {
    const auto found = effect_size(row.at("a").get<Values>(), row.at("b").get<Values>());
    const auto& expected = row.at("effect");
    ASSERT_TRUE(found);
    const double d_z = expected.at("d_z").get<double>();
    EXPECT_NEAR(found->d_z, d_z, 1e-11 * (1 + std::abs(d_z)));
    test::expect_limits(found->interval, expected.at("interval"), 1e-9 * (1 + std::abs(d_z)));
    ASSERT_EQ(found->unbiased.has_value(), !expected.at("unbiased").is_null());
    if (found->unbiased) {
      EXPECT_NEAR(*found->unbiased, expected.at("unbiased").get<double>(), 1e-11 * (1 + std::abs(d_z)));
    }
  }
}

TEST(EffectSize, TurnsWithTheSign) {
  const auto plus = effect({0.1, 0.4, 0.2, -0.1}), minus = effect({-0.1, -0.4, -0.2, 0.1});
  EXPECT_EQ(plus->d_z, -minus->d_z);
  EXPECT_EQ(*plus->unbiased, -*minus->unbiased);
  EXPECT_EQ(plus->interval, (std::array<double, 2>{-minus->interval[1], -minus->interval[0]}));
}

TEST(EffectSize, OfNoDifferenceIsSymmetric) {
  const auto found = effect({-1, 1, -2, 2});
  EXPECT_EQ(found->d_z, 0);
  EXPECT_NEAR(found->interval[0] + found->interval[1], 0, 1e-12);
  // Noncentrality x with P(T <= 0) = P(Z <= -x) = 0.025.
  EXPECT_NEAR(found->interval[1], 1.959963984540054 / 2, 1e-12);
}

TEST(EffectSize, IsNoneWithoutADeviation) {
  EXPECT_FALSE(effect({0.3}));
  EXPECT_FALSE(effect({0, 0, 0}));
  EXPECT_FALSE(effect_size(Values{5.3, 4.2, 1.1}, Values{5.2, 4.1, 1}));
}

TEST(EffectSize, OfTwoPairsHasNoUnbiasedValue) {
  const auto found = effect({0.1, 0.3});
  EXPECT_FALSE(found->unbiased);
  EXPECT_DOUBLE_EQ(found->d_z, std::sqrt(2.0));
}

// Far from 0 only the deviation's own spread counts: d_z times sqrt(chi^2 / degrees). The mean's adds the square of
// 1 / t, relatively; on either side of a noncentrality of 1000, where the computation changes, and far beyond.
TEST(EffectSize, OfALargeDifferenceHasTheIntervalOfTheDeviation) {
  for (const double shift : {1e3, 1.2e3, 1.5e3, 2e3, 1e5, 1e9}) {
    const auto found = effect({shift - 1, shift, shift + 1});
    for (std::size_t side = 0; side < 2; ++side) {
      const double ratio = std::sqrt(quantile(boost::math::chi_squared(2), side == 0 ? 0.025 : 0.975) / 2);
      EXPECT_NEAR(found->interval[side] / found->d_z / ratio, 1, 2e-5) << shift;
    }
  }
}

// 95 % of the intervals hold the true effect, of any size: the inversion is exact. The unbiased estimate has the true
// effect as its mean.
TEST(EffectSize, IsUnbiasedAndItsIntervalCovers) {
  constexpr std::size_t kRepetitions = 1000;
  for (const double truth : {0.0, 1.5}) {
    std::size_t covered = 0;
    Values estimates;
    for (std::uint32_t r = 0; r < kRepetitions; ++r) {
      Values d = test::normals(41, r, 6);
      for (double& x : d) x += truth;
      const auto found = effect(d);
      covered += found->interval[0] <= truth && truth <= found->interval[1];
      estimates.push_back(*found->unbiased);
    }
    EXPECT_NEAR(static_cast<double>(covered) / kRepetitions, 0.95, test::share_bound(0.95, kRepetitions));
    const auto estimate = mean_estimate(estimates);
    EXPECT_NEAR(estimate.mean, truth, test::mean_bound(estimate.deviation, kRepetitions));
  }
}

TEST(EffectSize, RefusesWhatHasNoAnswer) {
  EXPECT_THROW(effect_size(Values{1}, Values{1, 2}), InvalidArgument);
  EXPECT_THROW(effect_size({}, {}), InvalidArgument);
  EXPECT_THROW(effect_size(Values{1, NAN}, Values{1, 2}), InvalidArgument);
}

}  // namespace
}  // namespace dbn
