#include <dbn/experiment/arrival.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <boost/math/distributions/normal.hpp>

#include <dbn/core/error.hpp>

namespace dbn {
namespace {

// A product of shares such as 3/4 and 2/3 is a half but for rounding.
constexpr double kHalf = 0.5 * (1 + 1e-12);

void check(std::span<const Arrival> runs) {
  if (runs.empty()) throw InvalidArgument("time to target: expected at least one run, found none");
  for (const Arrival& run : runs)
    if (!(run.time >= 0) || !std::isfinite(run.time))
      throw InvalidArgument(fmt::format("time to target: expected finite times from 0, found {}", run.time));
}

// A limit of the share, `z` deviations of log(-log share) away. No run left: the estimate is 0 without a deviation, and
// so is its lower limit; there is no upper one.
double limit(const ArrivalStep& step, double z) {
  if (step.not_arrived == 0) return z > 0 ? 0 : 1;
  const double log_share = std::log(step.not_arrived);
  return std::exp(log_share * std::exp(z * std::sqrt(step.relative_variance) / -log_share));
}

template <typename Share>
std::optional<double> first_at_half(const std::vector<ArrivalStep>& steps, Share&& share) {
  const auto found = std::find_if(steps.begin(), steps.end(), [&](const auto& step) { return share(step) <= kHalf; });
  return found == steps.end() ? std::nullopt : std::optional(found->time);
}

}  // namespace

std::vector<ArrivalStep> arrival_steps(std::span<const Arrival> runs) {
  check(runs);
  std::vector<Arrival> sorted(runs.begin(), runs.end());
  std::sort(sorted.begin(), sorted.end(), [](const Arrival& a, const Arrival& b) { return a.time < b.time; });
  std::vector<ArrivalStep> steps;
  ArrivalStep step;
  for (auto run = sorted.begin(); run != sorted.end();) {
    const auto next = std::find_if(run, sorted.end(), [=](const Arrival& other) { return other.time > run->time; });
    step.time = run->time;
    step.under_way = sorted.end() - run;
    step.arrived = std::count_if(run, next, [](const Arrival& other) { return other.arrived; });
    run = next;
    if (step.arrived == 0) continue;
    const auto before = static_cast<double>(step.under_way);
    const auto after = static_cast<double>(step.under_way - step.arrived);
    step.not_arrived *= after / before;
    step.relative_variance += static_cast<double>(step.arrived) / (before * after);
    steps.push_back(step);
  }
  return steps;
}

TimeToTarget time_to_target(std::span<const Arrival> runs) {
  const auto steps = arrival_steps(runs);
  TimeToTarget result;
  result.runs = static_cast<Index>(runs.size());
  for (const ArrivalStep& step : steps) result.arrived += step.arrived;
  result.median = first_at_half(steps, [](const ArrivalStep& step) { return step.not_arrived; });
  if (runs.size() < 2) return result;
  const double z = quantile(boost::math::normal(), 0.975);
  result.low = first_at_half(steps, [=](const ArrivalStep& step) { return limit(step, z); });
  result.high = first_at_half(steps, [=](const ArrivalStep& step) { return limit(step, -z); });
  return result;
}

}  // namespace dbn
