#include <dbn/experiment/statistics.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

#include "tests/support/statistics.hpp"

namespace dbn {
namespace {

using Values = std::vector<double>;

// A few roundings of numbers near 1 to 10, in double.
constexpr double kRounding = 1e-14;

// Student's t has closed forms. Two degrees of freedom: the 0.975 quantile is 0.95 / sqrt(2 * 0.975 * 0.025).
const double kQuantileOfTwo = 0.95 / std::sqrt(0.04875);

// Nine degrees of freedom: the probability within +-t, by the angle atan(t / 3).
double within_of_nine(double t) {
  const double angle = std::atan(t / 3);
  const double c = std::cos(angle);
  const double series = c + 2.0 / 3 * std::pow(c, 3) + 8.0 / 15 * std::pow(c, 5) + 16.0 / 35 * std::pow(c, 7);
  return 2 / std::acos(-1.0) * (angle + std::sin(angle) * series);
}

double wilcoxon(const Values& differences) {
  return wilcoxon_signed_rank(differences, Values(differences.size(), 0.0));
}

TEST(MeanEstimate, MatchesAWorkedExample) {
  // 1, 2, 3: mean 2, deviation 1, half-width t(0.975, 2) / sqrt(3).
  const auto estimate = mean_estimate(Values{1, 2, 3});
  EXPECT_DOUBLE_EQ(estimate.mean, 2);
  EXPECT_DOUBLE_EQ(estimate.deviation, 1);
  const double half = kQuantileOfTwo / std::sqrt(3.0);
  ASSERT_TRUE(estimate.interval);
  EXPECT_NEAR((*estimate.interval)[0], 2 - half, kRounding);
  EXPECT_NEAR((*estimate.interval)[1], 2 + half, kRounding);
}

TEST(MeanEstimate, MatchesAWorkedExampleOfTen) {
  // 1 ... 10: mean 5.5, squared deviations sum to 82.5, half-width t(0.975, 9) sqrt(82.5 / 9 / 10), t near 2.262.
  Values values(10);
  std::iota(values.begin(), values.end(), 1.0);
  const auto estimate = mean_estimate(values);
  EXPECT_DOUBLE_EQ(estimate.mean, 5.5);
  EXPECT_NEAR(estimate.deviation, std::sqrt(82.5 / 9), kRounding);
  const double t = ((*estimate.interval)[1] - 5.5) / std::sqrt(82.5 / 90);
  EXPECT_NEAR(t, 2.262, 0.0005);
  EXPECT_NEAR(within_of_nine(t), 0.95, kRounding);
}

TEST(MeanEstimate, OneValueHasNoInterval) {
  const auto estimate = mean_estimate(Values{4.5});
  EXPECT_EQ(estimate.mean, 4.5);
  EXPECT_EQ(estimate.deviation, 0);
  EXPECT_FALSE(estimate.interval);
}

// Errors of few test cases are often equal, and are not known exactly for that.
TEST(MeanEstimate, EqualValuesHaveNoInterval) {
  const auto estimate = mean_estimate(Values{3, 3, 3});
  EXPECT_EQ(estimate.mean, 3);
  EXPECT_FALSE(estimate.interval);
}

// Sums of 0.1 are not multiples of 0.1: taken from the first value, they do not matter.
TEST(MeanEstimate, EqualValuesHaveNoDeviationWhateverTheirSumRoundsTo) {
  for (const std::size_t n : {2U, 3U, 7U, 10U}) {
    const auto estimate = mean_estimate(Values(n, 0.1));
    EXPECT_EQ(estimate.mean, 0.1) << n;
    EXPECT_EQ(estimate.deviation, 0) << n;
  }
}

TEST(MeanEstimate, TakesAnotherLevel) {
  // The 0.95 quantile of two degrees is 0.9 / sqrt(2 * 0.95 * 0.05).
  const auto interval = *mean_estimate(Values{1, 2, 3}, 0.90).interval;
  EXPECT_NEAR(interval[1] - 2, 0.9 / std::sqrt(0.095) / std::sqrt(3.0), kRounding);
  EXPECT_NEAR(interval[0] + interval[1], 4, kRounding);
}

TEST(MeanEstimate, CoversAsOftenAsItSays) {
  constexpr std::size_t kRepetitions = 4000;
  for (const double level : {0.95, 0.90}) {
    std::size_t covered = 0;
    for (std::uint32_t r = 0; r < kRepetitions; ++r) {
      const auto interval = *mean_estimate(test::normals(11, r, 3), level).interval;
      covered += interval[0] <= 0 && 0 <= interval[1];
    }
    EXPECT_NEAR(static_cast<double>(covered) / kRepetitions, level, test::share_bound(level, kRepetitions));
  }
}

TEST(MeanEstimate, RefusesWhatHasNoMean) {
  EXPECT_THROW(mean_estimate({}), InvalidArgument);
  EXPECT_THROW(mean_estimate(Values{1, NAN}), InvalidArgument);
  EXPECT_THROW(mean_estimate(Values{-INFINITY}), InvalidArgument);
  EXPECT_THROW(mean_estimate(Values{1, 2}, 0), InvalidArgument);
  EXPECT_THROW(mean_estimate(Values{1, 2}, 1), InvalidArgument);
}

TEST(PairedDifferences, OfWhatOnlyRoundingTellsApartAreTheSame) {
  const Values d = paired_differences(Values{5.3, 4.1, 1.1, 7.5, 0.3}, Values{5.2, 4.2, 1, 7.3, 0.1 + 0.2});
  EXPECT_EQ(d[1], -d[0]);
  EXPECT_EQ(d[2], d[0]);
  EXPECT_NEAR(d[0], 0.1, 1e-15);
  EXPECT_NEAR(d[3], 0.2, 1e-15);
  EXPECT_EQ(d[4], 0);
}

TEST(PairedDifferences, RefusesWhatIsNotFinite) {
  for (const double bad : {double{NAN}, double{INFINITY}}) {
    EXPECT_THROW(paired_differences(Values{1, bad}, Values{1, 2}), InvalidArgument);
    EXPECT_THROW(wilcoxon_signed_rank(Values{1, 2}, Values{bad, 2}), InvalidArgument);
  }
}

TEST(PairedDifference, IsTheEstimateOfTheDifferences) {
  // Values that vary by 100 and differ by 1, 2, 3: pairing leaves the small variance of the differences.
  const auto estimate = paired_difference(Values{1, 102, 203}, Values{0, 100, 200});
  EXPECT_DOUBLE_EQ(estimate.mean, 2);
  EXPECT_DOUBLE_EQ(estimate.deviation, 1);
  EXPECT_NEAR((*estimate.interval)[0], 2 - kQuantileOfTwo / std::sqrt(3.0), kRounding);
  EXPECT_THROW(paired_difference(Values{1, 2}, Values{1}), InvalidArgument);
}

TEST(Wilcoxon, MatchesThePublishedSmallTables) {
  EXPECT_DOUBLE_EQ(wilcoxon({1, 2, 3, 4, 5}), 0.0625);
  EXPECT_DOUBLE_EQ(wilcoxon({-1, -2, -3, -4, -5}), 0.0625);
  EXPECT_DOUBLE_EQ(wilcoxon({1, 2, 3, 4, 5, 6}), 0.03125);
  EXPECT_DOUBLE_EQ(wilcoxon({-1, 2, 3, 4, 5, 6}), 0.0625);  // rank sum 1: 2 of 64 patterns on each side
  EXPECT_DOUBLE_EQ(wilcoxon({7}), 1);
  EXPECT_DOUBLE_EQ(wilcoxon({1, -2, 3}), 2 * 0.375);  // rank sum 2 or less: {}, {1}, {2} of 8
}

TEST(Wilcoxon, DropsZerosAndSharesTheRanksOfTies) {
  EXPECT_DOUBLE_EQ(wilcoxon({0, 1, 2, 3, 4, 5, 0}), 0.0625);
  EXPECT_DOUBLE_EQ(wilcoxon({0, 0}), 1);
  // |d| = 1, 1, 2, 2 have ranks 1.5, 1.5, 3.5, 3.5. The negative sum is 1.5; sums of 1.5 or less have 3 of the 16
  // patterns, and as many at the other end.
  EXPECT_DOUBLE_EQ(wilcoxon({-1, 1, 2, 2}), 6.0 / 16);
}

// Error rates are multiples of 100 / cases, so equal differences are common, but 5.3 - 5.2 and 4.2 - 4.1 are not the
// same double. Ranks that hung on such rounding would tell apart what the data do not: |d| = 0.1, 0.1, 0.2, 0.2 again.
TEST(Wilcoxon, DifferencesThatOnlyRoundingTellsApartAreTies) {
  ASSERT_NE(5.3 - 5.2, 4.2 - 4.1);
  EXPECT_DOUBLE_EQ(wilcoxon_signed_rank(Values{5.2, 4.2, 7.9, 3.4}, Values{5.3, 4.1, 7.7, 3.2}), 6.0 / 16);
}

// Nine patients' scores before and after a tranquilizer [Hollander & Wolfe 1973, section 3.1]: the rank sum is 40, and
// 10 of the 512 sign patterns have 40 or more.
TEST(Wilcoxon, MatchesThePublishedExample) {
  EXPECT_DOUBLE_EQ(wilcoxon_signed_rank(Values{1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30},
                                        Values{0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29}),
                   20.0 / 512);
}

// Every sign pattern is as likely as every other, so a p value is at most x for a share x of them, for every x that it
// takes; with ties and without.
TEST(Wilcoxon, ExactPIsItsOwnLevel) {
  for (const Values& sizes : {Values{1, 2, 3, 4, 5, 6, 7, 8}, Values{1, 1, 1, 2, 2, 5, 6, 6}}) {
    Values p;
    for (unsigned pattern = 0; pattern < 256; ++pattern) {
      Values d = sizes;
      for (unsigned i = 0; i < 8; ++i)
        if ((pattern >> i & 1) != 0) d[i] = -d[i];
      p.push_back(wilcoxon(d));
    }
    for (const double x : p) {
      const auto share = std::count_if(p.begin(), p.end(), [=](double other) { return other <= x; });
      EXPECT_DOUBLE_EQ(static_cast<double>(share) / 256, x);
    }
  }
}

// Of thirty differences; the normal distribution is off by at most the 0.0142 that is derived below.
TEST(Wilcoxon, HasItsLevelByTheNormalDistribution) {
  constexpr std::size_t kRepetitions = 4000;
  std::size_t rejected = 0;
  for (std::uint32_t r = 0; r < kRepetitions; ++r) rejected += wilcoxon(test::normals(12, r, 30)) <= 0.05;
  EXPECT_NEAR(static_cast<double>(rejected) / kRepetitions, 0.05, test::share_bound(0.05, kRepetitions) + 0.0142);
}

// The share of the 2^n sign patterns of ranks 1 ... n whose rank sum is at most `sum`, by counting.
double lower_tail(int n, int sum) {
  std::vector<double> share(static_cast<std::size_t>(n * (n + 1) / 2 + 1), 0.0);
  share[0] = 1;
  for (int rank = 1; rank <= n; ++rank) {
    std::vector<double> next(share.size(), 0.0);
    for (std::size_t s = 0; s < share.size(); ++s) {
      next[s] += share[s] / 2;
      if (s + static_cast<std::size_t>(rank) < share.size()) next[s + static_cast<std::size_t>(rank)] += share[s] / 2;
    }
    share = next;
  }
  return std::accumulate(share.begin(), share.begin() + sum + 1, 0.0);
}

// Differences of size 1 ... n of which those in `negative` are negative.
Values signed_ranks(int n, const std::vector<int>& negative) {
  Values d(static_cast<std::size_t>(n));
  std::iota(d.begin(), d.end(), 1.0);
  for (const int rank : negative) d[static_cast<std::size_t>(rank - 1)] *= -1;
  return d;
}

TEST(Wilcoxon, IsExactUpToTwentyFiveDifferences) {
  EXPECT_NEAR(wilcoxon(signed_ranks(25, {3, 10, 20, 25})), 2 * lower_tail(25, 58), kRounding);
  EXPECT_NEAR(wilcoxon(signed_ranks(12, {1, 2, 5})), 2 * lower_tail(12, 8), kRounding);
}

TEST(Wilcoxon, IsNearlyExactForThirtyDifferences) {
  for (const std::vector<int>& negative :
       {std::vector<int>{10, 20, 30, 28, 25, 22, 15}, {30, 29, 28, 27, 26}, {5, 10, 15, 20, 25, 30}, {1, 2, 3, 30}}) {
    const int sum = std::accumulate(negative.begin(), negative.end(), 0);
    const double exact = 2 * lower_tail(30, sum);
    // Without continuity correction the two-sided p lacks half the probability of the sum itself on each side, at most
    // the largest density of the normal, 1 / (sd sqrt(2 pi)) with sd^2 = n (n + 1) (2n + 1) / 24 = 2363.75, so 0.0082.
    // The first Edgeworth term, |excess kurtosis| / 24 * max |x^3 - 3x| phi(x) <= 0.12 / 24 * 0.56, adds 0.006 for
    // both.
    EXPECT_NEAR(wilcoxon(signed_ranks(30, negative)), exact, 0.0142) << sum;
  }
}

// All thirty differences of one size: half of 30 (30^2 - 1) / 24 fewer variance, which the tie correction must take.
TEST(Wilcoxon, CorrectsTheVarianceForTies) {
  Values d(30, 1.0);
  for (std::size_t i = 0; i < 10; ++i) d[i] = -1;
  // Ranks are all 15.5: the positive sum is 15.5 times a binomial count of 20, z = (20 - 15) / sqrt(30 / 4).
  const double z = 5 / std::sqrt(7.5);
  EXPECT_NEAR(wilcoxon(d), std::erfc(z / std::sqrt(2.0)), kRounding);
}

TEST(Wilcoxon, RefusesUnequalCounts) { EXPECT_THROW(wilcoxon_signed_rank(Values{1}, Values{}), InvalidArgument); }

TEST(Holm, MatchesAWorkedExample) {
  // Sorted .005 .01 .03 .04 times 4, 3, 2, 1: .02 .03 .06 .04, made monotone.
  EXPECT_THAT(holm_adjusted(Values{0.01, 0.04, 0.03, 0.005}),
              testing::ElementsAre(testing::DoubleEq(0.03), testing::DoubleEq(0.06), testing::DoubleEq(0.06),
                                   testing::DoubleEq(0.02)));
  EXPECT_THAT(holm_adjusted(Values{0.5, 0.9}), testing::ElementsAre(1, 1));
  EXPECT_THAT(holm_adjusted(Values{0.04}), testing::ElementsAre(0.04));
  EXPECT_TRUE(holm_adjusted({}).empty());
}

}  // namespace
}  // namespace dbn
