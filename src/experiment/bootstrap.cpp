#include <dbn/experiment/bootstrap.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/random.hpp>
#include <dbn/experiment/statistics.hpp>

#include "bca_levels.hpp"

namespace dbn {
namespace {

constexpr Index kFewest = 39;  // 2.5 % of one more is the first
constexpr Index kMost = 10'000'000;

// Means of values drawn with replacement, in order.
std::vector<double> resampled_means(std::span<const double> values, std::uint64_t seed, Index resamples) {
  const Stream stream(seed, Purpose::bootstrap);
  const auto n = static_cast<std::uint32_t>(values.size());
  std::vector<double> means(static_cast<std::size_t>(resamples));
  for (std::uint32_t r = 0; r < means.size(); ++r) {
    double sum = 0;
    for (std::uint32_t i = 0; i < n; ++i) sum += values[stream.below(n, {.update = r, .unit = i})];
    means[r] = sum / n;
  }
  std::sort(means.begin(), means.end());
  return means;
}

// Share of the means below 0, with half of those at 0; within `tolerance` of it is at it.
double share_below_zero(const std::vector<double>& means, double tolerance) {
  const auto below = std::lower_bound(means.begin(), means.end(), -tolerance) - means.begin();
  const auto up_to = std::upper_bound(means.begin(), means.end(), tolerance) - means.begin();
  return static_cast<double>(below + up_to) / (2 * static_cast<double>(means.size()));
}

// Of a mean: from the jackknife's values, which are the distances from the mean but for a factor.
double acceleration(std::span<const double> centred) {
  double squares = 0, cubes = 0;
  for (const double x : centred) {
    squares += x * x;
    cubes += x * x * x;
  }
  return cubes / (6 * std::pow(squares, 1.5));
}

// The quantile that falls into each of the resamples + 1 gaps equally often [Hyndman & Fan 1996, definition 6].
double quantile_of(const std::vector<double>& sorted, double level) {
  const auto size = static_cast<double>(sorted.size());
  const double place = std::clamp(level * (size + 1), 1.0, size) - 1;
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], place - static_cast<double>(below));
}

}  // namespace

std::optional<std::array<double, 2>> bootstrap_interval(std::span<const double> values, std::uint64_t seed,
                                                        Index resamples) {
  if (resamples < kFewest || resamples > kMost)
    throw InvalidArgument(
        fmt::format("bootstrap: expected from {} to {} resamples, found {}", kFewest, kMost, resamples));
  const MeanEstimate estimate = mean_estimate(values);
  if (!estimate.interval) return std::nullopt;
  std::vector<double> centred(values.begin(), values.end());
  double largest = 0;
  for (double& x : centred) {
    largest = std::max(largest, std::abs(x));
    x -= estimate.mean;
  }
  const auto means = resampled_means(centred, seed, resamples);
  // What n roundings can make of a mean that is 0.
  const double tolerance = static_cast<double>(values.size()) * std::numeric_limits<double>::epsilon() * largest;
  const auto levels = detail::bca_levels(share_below_zero(means, tolerance), acceleration(centred));
  return {{estimate.mean + quantile_of(means, levels[0]), estimate.mean + quantile_of(means, levels[1])}};
}

}  // namespace dbn
