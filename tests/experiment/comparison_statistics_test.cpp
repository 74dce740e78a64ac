// What a comparison says of real runs is right as often as it claims: of starts that are the same, and of starts that
// differ by a known amount.

#include <array>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include <dbn/experiment/comparison_result.hpp>
#include <dbn/experiment/power.hpp>

#include "../support/made_record.hpp"
#include "../support/small_comparison.hpp"

namespace dbn {
namespace {

constexpr Index kRepetitions = 40;
constexpr Index kSeeds = 4;  ///< of each start in each repetition

/// Test errors of one start with seeds that nobody shares, so that any two sets of them are of identical starts.
std::vector<double> errors_of_many_seeds() {
  auto options = test::tiny_options({"xavier"});
  options.pretrain.layers = {10};
  options.labels = {"100"};
  options.seeds = kRepetitions * 2 * kSeeds;
  std::vector<double> errors;
  for (const auto& run : test::compare(options).runs) errors.push_back(run.test_error);
  return errors;
}

/// The interval that a verdict goes by in one repetition: one name's errors against another's, which is better by
/// `planted` points.
std::array<double, 2> interval(const std::vector<double>& errors, Index number, double planted) {
  const auto first = errors.begin() + number * 2 * kSeeds;
  const std::vector<double> a(first, first + kSeeds);
  std::vector<double> b(first + kSeeds, first + 2 * kSeeds);
  for (double& error : b) error -= planted;
  const auto result = summarize(test::made(b, a));
  return result.pair("he", "rbm", result.cells[0].treatment.layers, result.cells[0].treatment.labels)
      .joint_interval.value();
}

Index found(const std::vector<double>& errors, double planted) {
  Index count = 0;
  for (Index r = 0; r < kRepetitions; ++r) {
    const auto [low, high] = interval(errors, r, planted);
    count += low > 0 || high < 0;
  }
  return count;
}

/// Three standard deviations of the number of repetitions in which something of this probability happens.
double noise(double probability) { return 3 * std::sqrt(kRepetitions * probability * (1 - probability)); }

TEST(ComparisonStatistics, AreAsSureAsTheySay) {
  const auto errors = errors_of_many_seeds();
  EXPECT_LE(static_cast<double>(found(errors, 0)), kRepetitions * 0.05 + noise(0.05)) << "identical starts told apart";

  std::vector<double> differences;
  for (Index r = 0; r < kRepetitions; ++r)
    for (Index i = 0; i < kSeeds; ++i) {
      const auto at = static_cast<std::size_t>(r * 2 * kSeeds + i);
      differences.push_back(errors[at] - errors[at + kSeeds]);
    }
  const double deviation = mean_estimate(differences).deviation;
  ASSERT_GT(deviation, 0);
  for (const double planted : {deviation, 2 * deviation, 4 * deviation}) {
    const double power = paired_t_power(kSeeds, planted, deviation);
    EXPECT_NEAR(static_cast<double>(found(errors, planted)), kRepetitions * power, noise(power)) << planted;
  }
}

}  // namespace
}  // namespace dbn
