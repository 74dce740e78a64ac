#include <dbn/experiment/power.hpp>

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>
#include <boost/math/distributions/students_t.hpp>

#include <dbn/core/error.hpp>
#include <dbn/experiment/paired_t.hpp>

#include "experiment/noncentral_t.hpp"
#include "tests/support/statistics.hpp"
#include "tests/support/statistics_fixture.hpp"

namespace dbn {
namespace {

TEST(NoncentralT, IsStudentsWithoutNoncentrality) {
  for (const double t : {-3.0, -0.5, 0.0, 1.0, 4.0})
    EXPECT_NEAR(detail::noncentral_t(t, 4, 0), cdf(boost::math::students_t(4), t), 1e-14) << t;
}

TEST(NoncentralT, IsNormalAtZero) {
  for (const double x : {-2.0, -0.5, 1.0})
    EXPECT_NEAR(detail::noncentral_t(0, 3, x), 0.5 * std::erfc(x / std::sqrt(2.0)), 1e-14) << x;
}

// Where the computation changes, it is off by the square of 1 / 1000 times a small number.
TEST(NoncentralT, GoesOnBeyondAThousand) {
  for (const double degrees : {1.0, 5.0, 30.0})
    for (const double t : {400.0, 1000.0, 1500.0})
      EXPECT_NEAR(detail::noncentral_t(t, degrees, 1000), detail::noncentral_t(t, degrees, 1000.0001), 2e-5)
          << degrees << " degrees, t " << t;
  EXPECT_EQ(detail::noncentral_t(2, 5, std::numeric_limits<double>::infinity()), 0);
  EXPECT_EQ(detail::noncentral_t(-2, 5, 1e6), 0);
  EXPECT_EQ(detail::noncentral_t(2, 5, -1e6), 1);
}

TEST(Power, AgreesWithSciPy) {
  for (const auto& row : test::statistics_fixture("power"))
    EXPECT_NEAR(paired_t_power(row.at("pairs").get<Index>(), row.at("difference").get<double>(),
                               row.at("deviation").get<double>(), row.at("alpha").get<double>()),
                row.at("power").get<double>(), 1e-10)
        << row;
}

// Dalgaard, Introductory Statistics with R [2008, section 9.3]: 10 of 10 sqrt(2) at a power of 0.85 takes 19.97 pairs.
// Cohen [1988, section 2.4]: 0.2, 0.5 and 0.8 at 0.8, of a t test of one sample; exact numbers as by G*Power.
TEST(PairsNeeded, MatchesPublishedExamples) {
  EXPECT_EQ(pairs_needed(10, 10 * std::sqrt(2.0), 0.85), 20);
  EXPECT_EQ(pairs_needed(0.2, 1), 199);
  EXPECT_EQ(pairs_needed(0.5, 1), 34);
  EXPECT_EQ(pairs_needed(-0.8, 1), 15);
}

TEST(PairsNeeded, AreTheFewestThatAreEnough) {
  for (const double difference : {0.01, 0.07, 0.3, 1.0, 3.0, 30.0, 1000.0})
    for (const double power : {0.5, 0.8, 0.99}) {
      const auto pairs = pairs_needed(difference, 1, power);
      ASSERT_TRUE(pairs);
      EXPECT_GE(paired_t_power(*pairs, difference, 1), power) << difference;
      if (*pairs > 2) {
        EXPECT_LT(paired_t_power(*pairs - 1, difference, 1), power) << difference;
      }
    }
}

// Many pairs know the deviation: ((1.96 + 0.84) / difference)^2 of them, and 1.96^2 / 2 more for not quite knowing it.
// One more for the next whole number, one for terms of 1 / n and for the far tail, which sees a millionth of the power.
TEST(PairsNeeded, AreThoseOfTheNormalWhenThereAreMany) {
  const double normal = std::pow((1.959963984540054 + 0.8416212335729143) / 0.03, 2);
  EXPECT_NEAR(static_cast<double>(*pairs_needed(0.03, 1)), normal + 1.92, 2);
}

TEST(PairsNeeded, HasAnAnswerForEverything) {
  EXPECT_FALSE(pairs_needed(0, 1));
  EXPECT_FALSE(pairs_needed(0, 0));
  EXPECT_FALSE(pairs_needed(0, 1, 0.01)) << "though any two pairs would reach that power";
  EXPECT_EQ(pairs_needed(0.1, 0), 2);
  EXPECT_EQ(pairs_needed(1e300, 1e-300), 2);
  EXPECT_FALSE(pairs_needed(1e-17, 0.1)) << "a difference that is rounding";
  EXPECT_FALSE(pairs_needed(1e-300, 1e300));
  EXPECT_TRUE(pairs_needed(0.0001, 1));
}

TEST(Power, OfNoDifferenceIsTheLevel) {
  for (const double alpha : {0.001, 0.05, 0.3}) EXPECT_NEAR(paired_t_power(7, 0, 0.4, alpha), alpha, 1e-14);
}

TEST(Power, WithoutDeviationIsCertain) {
  EXPECT_EQ(paired_t_power(2, -0.1, 0), 1);
  EXPECT_EQ(paired_t_power(2, 0, 0), 0);
}

TEST(Power, GrowsWithDifferenceAndPairs) {
  double before = 0;
  for (const double difference : {0.0, 0.1, 0.5, 1.0, 5.0, 50.0, 400.0, 1000.0, 1e5}) {
    const double power = paired_t_power(3, difference, 1);
    EXPECT_GE(power, before - 1e-12);
    EXPECT_EQ(power, paired_t_power(3, -difference, 1));
    before = power;
  }
  EXPECT_NEAR(before, 1, 1e-9);
  for (Index n = 2; n < 40; ++n) EXPECT_GT(paired_t_power(n + 1, 0.5, 1), paired_t_power(n, 0.5, 1));
}

// What the test rejects when there is such a difference.
TEST(Power, IsHowOftenTheTestRejects) {
  constexpr std::size_t kRepetitions = 4000;
  for (const auto& [pairs, difference] : {std::pair{Index{3}, 1.5}, {Index{6}, 1.0}, {Index{12}, 0.4}}) {
    std::size_t rejected = 0;
    const std::vector<double> zeros(static_cast<std::size_t>(pairs), 0.0);
    for (std::uint32_t r = 0; r < kRepetitions; ++r) {
      std::vector<double> d = test::normals(51, r, zeros.size());
      for (double& x : d) x = 0.5 * (x + difference);
      rejected += paired_t_test(d, zeros) <= 0.05;
    }
    const double power = paired_t_power(pairs, 0.5 * difference, 0.5);
    EXPECT_NEAR(static_cast<double>(rejected) / kRepetitions, power, test::share_bound(power, kRepetitions)) << pairs;
  }
}

TEST(Power, RefusesWhatHasNoAnswer) {
  EXPECT_THROW(paired_t_power(1, 1, 1), InvalidArgument);
  EXPECT_THROW(paired_t_power(5, NAN, 1), InvalidArgument);
  EXPECT_THROW(paired_t_power(5, 1, -1), InvalidArgument);
  EXPECT_THROW(paired_t_power(5, 1, INFINITY), InvalidArgument);
  for (const double share : {0.0, 1.0, -0.5, double{NAN}}) {
    EXPECT_THROW(paired_t_power(5, 1, 1, share), InvalidArgument) << share;
    EXPECT_THROW(pairs_needed(1, 1, share), InvalidArgument) << share;
  }
}

}  // namespace
}  // namespace dbn
