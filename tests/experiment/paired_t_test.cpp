#include <dbn/experiment/paired_t.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/experiment/statistics.hpp>

#include "tests/support/statistics.hpp"
#include "tests/support/statistics_fixture.hpp"

namespace dbn {
namespace {

using Values = std::vector<double>;
using Limits = std::array<double, 2>;

Values zeros(const Values& values) { return Values(values.size(), 0.0); }

// Hours of sleep that two drugs gained for ten patients [Student 1908, section IX]: the differences have a mean of
// -1.58 and t = -4.0621, whose two-sided p is 0.002833. Student's table gave 0.9985 for one side.
const Values kFirst = {0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2.0};
const Values kSecond = {1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4};

TEST(PairedT, MatchesStudentsSleepers) {
  EXPECT_NEAR(paired_t_test(kFirst, kSecond), 0.002833, 5e-7);
  EXPECT_NEAR(paired_t_test(kSecond, kFirst), 0.002833, 5e-7);
}

// Two degrees: P(T > t) = (1 - t / sqrt(t^2 + 2)) / 2. Differences 1, 2, 3 have t = 2 sqrt(3).
TEST(PairedT, MatchesTheClosedFormOfTwoDegrees) {
  const Values d = {1, 2, 3};
  EXPECT_NEAR(paired_t_test(d, zeros(d)), 1 - std::sqrt(12.0 / 14), 1e-15);
}

// Everything is a few roundings of t, which is at most 180 and whose p varies by less than that relatively.
TEST(PairedT, AgreesWithSciPy) {
  for (const auto& row : test::statistics_fixture("paired")) {
    const auto a = row.at("a").get<Values>(), b = row.at("b").get<Values>();
    const auto equivalence = equivalence_test(a, b, row.at("margin").get<double>());
    EXPECT_NEAR(paired_t_test(a, b), row.at("p_t").get<double>(), 1e-12) << row;
    EXPECT_NEAR(equivalence.p, row.at("p_equivalence").get<double>(), 1e-12) << row;
    ASSERT_TRUE(equivalence.interval);
    test::expect_limits(*equivalence.interval, row.at("equivalence_interval"), 1e-12);
  }
}

TEST(PairedT, KnowsNothingFromOnePair) {
  EXPECT_EQ(paired_t_test(Values{3}, Values{1}), 1);
  const auto equivalence = equivalence_test(Values{3}, Values{3}, 0.1);
  EXPECT_EQ(equivalence.p, 1);
  EXPECT_FALSE(equivalence.interval);
}

TEST(PairedT, OfEqualSeriesIsOne) {
  const Values errors = {1.37, 1.42, 1.29};
  EXPECT_EQ(paired_t_test(errors, errors), 1);
  const auto equivalence = equivalence_test(errors, errors, 0.1);
  EXPECT_EQ(equivalence.p, 0);
  EXPECT_FALSE(equivalence.interval);
}

// 5.3 - 5.2, 4.2 - 4.1 and 1.1 - 1 are three doubles, but one difference.
TEST(PairedT, OfOneDifferenceIsZeroWhateverRoundingMakesOfIt) {
  const Values a = {5.3, 4.2, 1.1}, b = {5.2, 4.1, 1};
  EXPECT_EQ(paired_t_test(a, b), 0);
  EXPECT_EQ(equivalence_test(a, b, 0.2).p, 0);
  EXPECT_EQ(equivalence_test(a, b, 0.1).p, 1) << "on the margin";
  EXPECT_EQ(equivalence_test(b, a, 0.05).p, 1) << "beyond it";
}

// 90 % within +-margin is the same statement as p < 0.05.
TEST(Equivalence, AgreesWithItsInterval) {
  int within = 0;
  for (std::uint32_t r = 0; r < 200; ++r) {
    const Values d = test::normals(31, r, 6);
    const auto test = equivalence_test(d, zeros(d), 1);
    const bool inside = (*test.interval)[0] > -1 && (*test.interval)[1] < 1;
    EXPECT_EQ(test.p < 0.05, inside);
    within += inside;
  }
  EXPECT_GT(within, 20);
  EXPECT_LT(within, 180);
}

TEST(Equivalence, DoesNotAskForTheSign) {
  EXPECT_EQ(equivalence_test(kFirst, kSecond, 2).p, equivalence_test(kSecond, kFirst, 2).p);
}

// On the margin, and with the other margin so far that it never matters, the p value is uniform: the nearer test is a t
// test of a true hypothesis.
TEST(Equivalence, HasItsLevelOnTheMargin) {
  constexpr std::size_t kRepetitions = 4000;
  for (const double side : {-1.0, 1.0}) {
    std::size_t rejected = 0;
    for (std::uint32_t r = 0; r < kRepetitions; ++r) {
      Values d = test::normals(32, r, 5);
      for (double& x : d) x = x / 20 + side;
      rejected += equivalence_test(d, zeros(d), 1).p <= 0.05;
    }
    EXPECT_NEAR(static_cast<double>(rejected) / kRepetitions, 0.05, test::share_bound(0.05, kRepetitions));
  }
}

TEST(PairedT, HasItsLevel) {
  constexpr std::size_t kRepetitions = 4000;
  std::size_t rejected = 0;
  for (std::uint32_t r = 0; r < kRepetitions; ++r) {
    const Values d = test::normals(33, r, 4);
    rejected += paired_t_test(d, zeros(d)) <= 0.05;
  }
  EXPECT_NEAR(static_cast<double>(rejected) / kRepetitions, 0.05, test::share_bound(0.05, kRepetitions));
}

TEST(PairedT, RefusesWhatHasNoAnswer) {
  EXPECT_THROW(paired_t_test(Values{1}, Values{1, 2}), InvalidArgument);
  EXPECT_THROW(paired_t_test({}, {}), InvalidArgument);
  EXPECT_THROW(paired_t_test(Values{1, NAN}, Values{1, 2}), InvalidArgument);
  EXPECT_THROW(equivalence_test(Values{1, 2}, Values{1, INFINITY}, 0.1), InvalidArgument);
  for (const double margin : {0.0, -0.1, double{NAN}, double{INFINITY}})
    EXPECT_THROW(equivalence_test(Values{1, 2}, Values{1, 2}, margin), InvalidArgument) << margin;
}

}  // namespace
}  // namespace dbn
