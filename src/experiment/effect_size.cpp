#include <dbn/experiment/effect_size.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>

#include <boost/math/special_functions/gamma.hpp>
#include <boost/math/tools/toms748_solve.hpp>

#include <dbn/experiment/statistics.hpp>

#include "noncentral_t.hpp"

namespace dbn {
namespace {

using boost::math::tools::eps_tolerance;

// The noncentrality between `low` and `high` with which t or less has this probability.
double noncentrality(double t, double degrees, double probability, double low, double high) {
  std::uintmax_t steps = 200;
  const auto root = boost::math::tools::toms748_solve(
      [=](double x) { return detail::noncentral_t(t, degrees, x) - probability; }, low, high,
      eps_tolerance<double>(std::numeric_limits<double>::digits - 3), steps);
  return std::midpoint(root.first, root.second);
}

// For t >= 0. The brackets hold for every number of degrees: with a noncentrality of t, t or less has a probability
// between 0.3 and 0.5; with -10, t or less is all but certain; with 3t + 3, it takes a normal draw below -3 or a
// deviation more than three times the true one, with a probability below 0.005.
std::array<double, 2> noncentrality_interval(double t, double degrees) {
  return {noncentrality(t, degrees, 0.975, -10, t), noncentrality(t, degrees, 0.025, t, 3 * t + 3)};
}

// gamma(m / 2) / (sqrt(m / 2) gamma((m - 1) / 2))
double hedges_factor(double degrees) {
  return 1 / (std::sqrt(degrees / 2) * boost::math::tgamma_delta_ratio((degrees - 1) / 2, 0.5));
}

}  // namespace

std::optional<EffectSize> effect_size(std::span<const double> a, std::span<const double> b) {
  const MeanEstimate difference = paired_difference(a, b);
  if (difference.deviation == 0) return std::nullopt;
  const auto n = static_cast<double>(a.size());
  EffectSize effect;
  effect.d_z = difference.mean / difference.deviation;
  if (a.size() > 2) effect.unbiased = hedges_factor(n - 1) * effect.d_z;
  const auto [low, high] = noncentrality_interval(std::sqrt(n) * std::abs(effect.d_z), n - 1);
  effect.interval = {low / std::sqrt(n), high / std::sqrt(n)};
  if (effect.d_z < 0) effect.interval = {-effect.interval[1], -effect.interval[0]};
  return effect;
}

}  // namespace dbn
