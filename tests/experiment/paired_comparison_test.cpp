#include <dbn/experiment/paired_comparison.hpp>

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/experiment/power.hpp>

#include "tests/support/statistics_fixture.hpp"

namespace dbn {
namespace {

using Values = std::vector<double>;
using Limits = std::array<double, 2>;

TEST(PairedComparison, AgreesWithSciPy) {
  for (const auto& row : test::statistics_fixture("paired")) {
    const auto found =
        paired_comparison(row.at("a").get<Values>(), row.at("b").get<Values>(), row.at("margin").get<double>());
    EXPECT_EQ(found.seeds, static_cast<Index>(row.at("a").size()));
    EXPECT_NEAR(found.difference.mean, row.at("mean").get<double>(), 1e-13);
    test::expect_limits(*found.difference.interval, row.at("interval"), 1e-12);
    EXPECT_NEAR(found.p_t, row.at("p_t").get<double>(), 1e-12);
    if (row.contains("p_wilcoxon")) {
      EXPECT_NEAR(found.p_wilcoxon, row.at("p_wilcoxon").get<double>(), 1e-12);
    }
    EXPECT_NEAR(found.effect->d_z, row.at("effect").at("d_z").get<double>(), 1e-9);
    EXPECT_EQ(found.margin, row.at("margin").get<double>());
    EXPECT_NEAR(found.equivalence.p, row.at("p_equivalence").get<double>(), 1e-12);
    EXPECT_EQ(found.seeds_needed, pairs_needed(found.difference.mean, found.difference.deviation));
    EXPECT_EQ(found.bootstrap_interval,
              bootstrap_interval(paired_differences(row.at("a").get<Values>(), row.at("b").get<Values>())));
  }
}

TEST(PairedComparison, TurnsWithTheOrder) {
  const Values a = {1.31, 1.42, 1.28, 1.5, 1.37}, b = {1.4, 1.41, 1.36, 1.62, 1.52};
  const auto there = paired_comparison(a, b), back = paired_comparison(b, a);
  EXPECT_EQ(there.difference.mean, -back.difference.mean);
  EXPECT_EQ(there.p_t, back.p_t);
  EXPECT_EQ(there.p_wilcoxon, back.p_wilcoxon);
  EXPECT_EQ(there.equivalence.p, back.equivalence.p);
  EXPECT_EQ(there.seeds_needed, back.seeds_needed);
  EXPECT_EQ(there.effect->d_z, -back.effect->d_z);
  // Order statistics from the other end, between which is interpolated from the other side.
  EXPECT_NEAR((*there.bootstrap_interval)[0], -(*back.bootstrap_interval)[1], 1e-13);
}

TEST(PairedComparison, OfOneSeedIsADifferenceAndNoMore) {
  const auto one = paired_comparison(Values{1.5}, Values{1.25});
  EXPECT_EQ(one.seeds, 1);
  EXPECT_EQ(one.difference.mean, 0.25);
  EXPECT_FALSE(one.difference.interval);
  EXPECT_FALSE(one.bootstrap_interval);
  EXPECT_EQ(one.p_t, 1);
  EXPECT_EQ(one.p_wilcoxon, 1);
  EXPECT_FALSE(one.effect);
  EXPECT_EQ(one.equivalence.p, 1);
  EXPECT_FALSE(one.equivalence.interval);
  EXPECT_FALSE(one.seeds_needed);
}

TEST(PairedComparison, OfTwoSeedsIsUnsure) {
  const auto two = paired_comparison(Values{1.5, 1.75}, Values{1.25, 1.0});
  EXPECT_EQ(two.difference.mean, 0.5);
  EXPECT_LT((*two.difference.interval)[0], 0);
  EXPECT_EQ(two.bootstrap_interval, (Limits{0.25, 0.75}));
  EXPECT_EQ(two.p_wilcoxon, 0.5);
  // One degree: P(|T| > t) = 1 - 2 / pi atan(t), t = 2.
  EXPECT_NEAR(two.p_t, 1 - 2 / std::acos(-1.0) * std::atan(2.0), 1e-14);
  EXPECT_FALSE(two.effect->unbiased);
  EXPECT_GT(two.seeds_needed, 2);
}

TEST(PairedComparison, OfEqualSeriesFindsNothing) {
  const Values errors = {1.31, 1.42, 1.28};
  const auto equal = paired_comparison(errors, errors);
  EXPECT_FALSE(equal.difference.interval);
  EXPECT_FALSE(equal.bootstrap_interval);
  EXPECT_EQ(equal.p_t, 1);
  EXPECT_EQ(equal.p_wilcoxon, 1);
  EXPECT_FALSE(equal.effect);
  EXPECT_EQ(equal.equivalence.p, 1);
  EXPECT_FALSE(equal.seeds_needed);
}

// Differences of 0.1 that are not the same double: nothing may be made of their rounding.
TEST(PairedComparison, OfOneDifferenceLeavesItToWilcoxon) {
  const auto same = paired_comparison(Values{5.3, 4.2, 1.1}, Values{5.2, 4.1, 1.0}, 0.2);
  EXPECT_EQ(same.difference.deviation, 0);
  EXPECT_FALSE(same.difference.interval);
  EXPECT_EQ(same.p_t, 1);
  EXPECT_EQ(same.p_wilcoxon, 0.25);
  EXPECT_FALSE(same.effect);
  EXPECT_EQ(same.equivalence.p, 1);
  EXPECT_FALSE(same.seeds_needed);
}

// 0.1 and -0.1 but for rounding: no difference, and not one that 10^30 seeds would show.
TEST(PairedComparison, OfDifferencesThatCancelNeedsNoSeeds) {
  const auto none = paired_comparison(Values{5.3, 4.1}, Values{5.2, 4.2});
  EXPECT_EQ(none.difference.mean, 0);
  EXPECT_EQ(none.p_t, 1);
  EXPECT_FALSE(none.seeds_needed);
}

TEST(PairedComparison, DrawsByItsSeed) {
  const Values a = {1.31, 1.42, 1.28, 1.5, 1.37}, b = {1.4, 1.41, 1.36, 1.62, 1.52};
  const auto interval = [&](std::uint64_t seed, Index resamples) {
    return paired_comparison(a, b, 0.1, seed, resamples).bootstrap_interval;
  };
  EXPECT_EQ(interval(1, 999), interval(1, 999));
  EXPECT_NE(interval(1, 999), interval(2, 999));
  EXPECT_NE(interval(1, 999), interval(1, 499));
}

TEST(PairedComparison, RefusesWhatHasNoAnswer) {
  EXPECT_THROW(paired_comparison({}, {}), InvalidArgument);
  EXPECT_THROW(paired_comparison(Values{1, 2}, Values{1}), InvalidArgument);
  EXPECT_THROW(paired_comparison(Values{1, 2}, Values{1, NAN}), InvalidArgument);
  EXPECT_THROW(paired_comparison(Values{INFINITY, 2}, Values{INFINITY, 1}), InvalidArgument);
  EXPECT_THROW(paired_comparison(Values{1, 2}, Values{1, 2}, 0), InvalidArgument);
}

}  // namespace
}  // namespace dbn
