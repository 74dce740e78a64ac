#include <dbn/experiment/arrival.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

#include "tests/support/statistics.hpp"

namespace dbn {
namespace {

using Runs = std::vector<Arrival>;

Runs all_arrived(const std::vector<double>& times) {
  Runs runs;
  for (const double time : times) runs.push_back({time, true});
  return runs;
}

// Weeks in remission of 21 children each with 6-mercaptopurine and with placebo [Freireich et al. 1963].
const Runs kDrug = {{6, true},   {6, true},   {6, true},   {6, false},  {7, true},   {9, false},  {10, true},
                    {10, false}, {11, false}, {13, true},  {16, true},  {17, false}, {19, false}, {20, false},
                    {22, true},  {23, true},  {25, false}, {32, false}, {32, false}, {34, false}, {35, false}};
const Runs kPlacebo = all_arrived({1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23});

// The estimate and its standard error as in Klein & Moeschberger [2003, table 4.1].
TEST(Arrival, MatchesThePublishedSteps) {
  struct Row {
    double time, share, error;
  };
  const std::vector<Row> expected = {{6, 0.857, 0.0764},  {7, 0.807, 0.0869},  {10, 0.753, 0.0963}, {13, 0.690, 0.1068},
                                     {16, 0.627, 0.1141}, {22, 0.538, 0.1282}, {23, 0.448, 0.1346}};
  const auto steps = arrival_steps(kDrug);
  ASSERT_EQ(steps.size(), expected.size());
  for (std::size_t i = 0; i < steps.size(); ++i) {
    EXPECT_EQ(steps[i].time, expected[i].time);
    EXPECT_NEAR(steps[i].not_arrived, expected[i].share, 0.0006);
    EXPECT_NEAR(steps[i].not_arrived * std::sqrt(steps[i].relative_variance), expected[i].error, 0.00006);
  }
  EXPECT_EQ(steps[2].under_way, 15);
  EXPECT_EQ(steps[0].arrived, 3);
}

// Medians of 23 and 8 weeks, with limits from 13 weeks on and from 4 to 11, as SAS prints them for the scale of
// log(-log).
TEST(TimeToTarget, MatchesThePublishedMedians) {
  const auto drug = time_to_target(kDrug);
  EXPECT_EQ(drug.runs, 21);
  EXPECT_EQ(drug.arrived, 9);
  EXPECT_EQ(drug.median, 23);
  EXPECT_EQ(drug.low, 13);
  EXPECT_FALSE(drug.high);
  const auto placebo = time_to_target(kPlacebo);
  EXPECT_EQ(placebo.median, 8);
  EXPECT_EQ(placebo.low, 4);
  EXPECT_EQ(placebo.high, 11);
}

// Fewer than half of 21 arrived in the first trial above, and still there is a median: the others were not all watched
// so long. Watched equally long, it takes half.
TEST(TimeToTarget, HasAMedianWhenHalfOfThemArrive) {
  EXPECT_EQ(time_to_target(Runs{{3, true}, {5, true}, {9, false}, {9, false}}).median, 5);
  EXPECT_FALSE(time_to_target(Runs{{3, true}, {9, false}, {9, false}}).median);
  EXPECT_EQ(time_to_target(all_arrived({4, 1, 3})).median, 3);
  EXPECT_EQ(time_to_target(all_arrived({4, 1, 3, 2})).median, 2);
}

// 1 - 1/3 to 1 - 1/2 by many factors: whatever they round to, the sixth of twelve is the median.
TEST(TimeToTarget, IsNotMovedByRounding) {
  for (int n = 1; n <= 200; ++n) {
    Runs runs;
    for (int i = 1; i <= n; ++i) runs.push_back({static_cast<double>(i), true});
    EXPECT_EQ(time_to_target(runs).median, (n + 1) / 2) << n;
  }
}

TEST(TimeToTarget, HasNoAnswerWhenNobodyArrives) {
  const auto none = time_to_target(Runs{{5, false}, {5, false}});
  EXPECT_EQ(none.runs, 2);
  EXPECT_EQ(none.arrived, 0);
  EXPECT_FALSE(none.median);
  EXPECT_FALSE(none.low);
  EXPECT_FALSE(none.high);
  EXPECT_TRUE(arrival_steps(Runs{{5, false}}).empty());
}

TEST(TimeToTarget, OfOneRunHasNoInterval) {
  const auto one = time_to_target(all_arrived({7}));
  EXPECT_EQ(one.median, 7);
  EXPECT_FALSE(one.low);
  EXPECT_FALSE(one.high);
}

TEST(TimeToTarget, OfEqualTimesHasNoUpperLimit) {
  const auto equal = time_to_target(all_arrived({7, 7, 7}));
  EXPECT_EQ(equal.median, 7);
  EXPECT_EQ(equal.low, 7);
  EXPECT_FALSE(equal.high);
  EXPECT_EQ(time_to_target(all_arrived({0, 0})).median, 0);
}

TEST(Arrival, WithoutLossIsTheShareThatHasNotArrived) {
  const std::vector<double> times = {4, 1, 4, 9, 2, 2, 2, 7, 5, 5};
  for (const auto& step : arrival_steps(all_arrived(times))) {
    const auto later = std::count_if(times.begin(), times.end(), [&](double time) { return time > step.time; });
    const double share = static_cast<double>(later) / 10;
    EXPECT_NEAR(step.not_arrived, share, 1e-15);
    // Greenwood's variance is then the binomial's.
    if (later > 0) {
      EXPECT_NEAR(share * share * step.relative_variance, share * (1 - share) / 10, 1e-15);
    }
  }
}

// Runs that stop being watched when another arrives were under way then.
TEST(Arrival, CountsRunsThatStopAtTheTimeAsUnderWay) {
  const auto steps = arrival_steps(Runs{{5, false}, {5, true}, {6, true}});
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[0].under_way, 3);
  EXPECT_EQ(steps[1].under_way, 1);
  EXPECT_NEAR(steps[0].not_arrived, 2.0 / 3, 1e-15);
  EXPECT_EQ(steps[1].not_arrived, 0);
  EXPECT_TRUE(std::isinf(steps[1].relative_variance));
}

TEST(TimeToTarget, DoesNotAskForTheOrder) {
  Runs turned(kDrug.rbegin(), kDrug.rend());
  const auto found = time_to_target(turned);
  EXPECT_EQ(found.median, 23);
  EXPECT_EQ(found.low, 13);
}

// When all arrive, limits are order statistics, and what they cover is a binomial sum: the median lies from the k-th of
// n to before the l-th with the probability of k to l - 1 arrivals by then. That cannot be 95 % exactly; the normal
// scale puts each limit within one run of where it should be, which is worth the probability of one count at about two
// deviations, 0.054 of 2 / sqrt(n).
TEST(TimeToTarget, CoversTheMedian) {
  for (int n = 10; n <= 100; ++n) {
    Runs runs;
    for (int i = 1; i <= n; ++i) runs.push_back({static_cast<double>(i), true});
    const auto found = time_to_target(runs);
    ASSERT_TRUE(found.low && found.high) << n;
    double covered = 0;
    for (int k = static_cast<int>(*found.low); k < *found.high; ++k)
      covered += std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1) - n * std::log(2.0));
    EXPECT_NEAR(covered, 0.95, 2 * 0.054 * 2 / std::sqrt(n)) << n;
  }
}

TEST(TimeToTarget, RefusesWhatHasNoAnswer) {
  EXPECT_THROW(time_to_target({}), InvalidArgument);
  for (const double time : {-1.0, double{NAN}, double{INFINITY}})
    EXPECT_THROW(time_to_target(Runs{{1, true}, {time, false}}), InvalidArgument) << time;
}

}  // namespace
}  // namespace dbn
