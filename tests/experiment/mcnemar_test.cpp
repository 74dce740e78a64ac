#include <dbn/experiment/mcnemar.hpp>

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

#include "tests/support/statistics_fixture.hpp"

namespace dbn {
namespace {

// Probability of k of n by chance, from Pascal's triangle's own product.
double by_chance(int k, int n) {
  double p = std::exp2(-n);
  for (int i = 1; i <= k; ++i) p *= static_cast<double>(n - i + 1) / i;
  return p;
}

// Airway hyper-responsiveness before and after stem cell transplantation [Fagerland et al. 2013, table 1]: 1 and
// 7 children changed; 2 (1 + 8) / 256, and without the probability of one of eight.
TEST(McNemar, MatchesThePublishedExample) {
  const auto test = mcnemar(1, 7);
  EXPECT_DOUBLE_EQ(test.p_exact, 18.0 / 256);
  EXPECT_DOUBLE_EQ(test.p_mid, 10.0 / 256);
}

// Sums of binomial terms agree to a few hundred roundings; the largest counts' terms are taken by logarithms of numbers
// near 10^7, which costs seven digits of sixteen.
TEST(McNemar, AgreesWithSciPy) {
  for (const auto& row : test::statistics_fixture("mcnemar")) {
    const auto test = mcnemar(row.at("first").get<Index>(), row.at("second").get<Index>());
    EXPECT_NEAR(test.p_exact, row.at("p_exact").get<double>(), 1e-9) << row;
    EXPECT_NEAR(test.p_mid, row.at("p_mid").get<double>(), 1e-9) << row;
  }
}

TEST(McNemar, DoesNotAskWhichNetComesFirst) {
  for (int few = 0; few < 20; ++few) {
    EXPECT_EQ(mcnemar(few, 20).p_exact, mcnemar(20, few).p_exact);
    EXPECT_EQ(mcnemar(few, 20).p_mid, mcnemar(20, few).p_mid);
  }
}

TEST(McNemar, IsOneWithoutCasesThatTell) {
  EXPECT_EQ(mcnemar(0, 0).p_exact, 1);
  EXPECT_EQ(mcnemar(0, 0).p_mid, 1);
}

TEST(McNemar, OfEqualCountsLeavesHalfOfWhatWasSeen) {
  EXPECT_EQ(mcnemar(3, 3).p_exact, 1);
  EXPECT_DOUBLE_EQ(mcnemar(3, 3).p_mid, 1 - 0.5 * 20 / 64);
}

// Under chance, the exact p is at most its value with at most that probability, for every value; and p is the sum of
// all outcomes no likelier than the one seen.
TEST(McNemar, ExactPIsItsOwnLevel) {
  for (int n = 1; n <= 30; ++n)
    for (int seen = 0; seen <= n; ++seen) {
      const double p = mcnemar(seen, n - seen).p_exact;
      double as_far = 0;
      for (int k = 0; k <= n; ++k)
        if (std::abs(2 * k - n) >= std::abs(2 * seen - n)) as_far += by_chance(k, n);
      EXPECT_NEAR(p, as_far, 1e-13) << seen << " of " << n;
    }
}

// How often a test of level 5 % rejects by chance.
double level(int n, double McNemarTest::*p) {
  double rejected = 0;
  for (int k = 0; k <= n; ++k)
    if (mcnemar(k, n - k).*p <= 0.05) rejected += by_chance(k, n);
  return rejected;
}

TEST(McNemar, MidPIsNearerToItsLevel) {
  double exact = 0, mid = 0;
  for (int n = 6; n <= 105; ++n) {
    exact += level(n, &McNemarTest::p_exact) / 100;
    mid += level(n, &McNemarTest::p_mid) / 100;
  }
  EXPECT_LT(exact, 0.04);
  EXPECT_NEAR(mid, 0.05, 0.005);
}

// The binomial of 2 * 10^12 cases is normal to about 10^-6; two deviations, sqrt(n) cases, above the middle. Half a
// case of correction is far below that.
TEST(McNemar, TakesCountsOfAnySize) {
  const Index half = 1'000'000'000'000;
  const auto shift = static_cast<Index>(std::sqrt(2e12));
  const auto test = mcnemar(half - shift, half + shift);
  EXPECT_NEAR(test.p_exact, std::erfc(std::sqrt(2.0)), 1e-6);
  EXPECT_NEAR(test.p_mid, std::erfc(std::sqrt(2.0)), 1e-6);
  EXPECT_NEAR(mcnemar(0, half).p_exact, 0, std::numeric_limits<double>::min());
}

TEST(McNemar, RefusesNegativeCounts) {
  EXPECT_THROW(mcnemar(-1, 3), InvalidArgument);
  EXPECT_THROW(mcnemar(3, -1), InvalidArgument);
}

}  // namespace
}  // namespace dbn
