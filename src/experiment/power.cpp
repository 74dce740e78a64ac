#include <dbn/experiment/power.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>
#include <boost/math/distributions/students_t.hpp>

#include <dbn/core/error.hpp>

#include "noncentral_t.hpp"

namespace dbn {
namespace {

constexpr Index kFewest = 2;
constexpr Index kMost = 1'000'000'000;

void check_share(double value, const char* what) {
  if (!(value > 0 && value < 1))
    throw InvalidArgument(fmt::format("power: expected {} between 0 and 1, found {}", what, value));
}

}  // namespace

double paired_t_power(Index pairs, double difference, double deviation, double alpha) {
  if (pairs < kFewest) throw InvalidArgument(fmt::format("power: expected at least 2 pairs, found {}", pairs));
  if (!std::isfinite(difference) || !std::isfinite(deviation) || deviation < 0)
    throw InvalidArgument(fmt::format("power: expected a finite difference and a deviation from 0, found {} and {}",
                                      difference, deviation));
  check_share(alpha, "alpha");
  if (deviation == 0) return difference == 0 ? 0 : 1;
  const auto n = static_cast<double>(pairs);
  const double critical = quantile(complement(boost::math::students_t(n - 1), alpha / 2));
  const double noncentrality = std::sqrt(n) * std::abs(difference / deviation);
  return 1 - detail::noncentral_t(critical, n - 1, noncentrality) +
         detail::noncentral_t(-critical, n - 1, noncentrality);
}

// Power grows with the number of pairs: doubled until it is enough, then halved between.
std::optional<Index> pairs_needed(double difference, double deviation, double power, double alpha) {
  check_share(power, "power");
  const auto enough = [&](Index pairs) { return paired_t_power(pairs, difference, deviation, alpha) >= power; };
  const bool fewest_are_enough = enough(kFewest);  // or throws
  if (difference == 0) return std::nullopt;
  if (fewest_are_enough) return kFewest;
  Index too_few = kFewest;
  while (!enough(std::min(2 * too_few, kMost))) {
    too_few *= 2;
    if (too_few >= kMost) return std::nullopt;
  }
  Index many = std::min(2 * too_few, kMost);
  while (many - too_few > 1) {
    const Index middle = std::midpoint(too_few, many);
    (enough(middle) ? many : too_few) = middle;
  }
  return many;
}

}  // namespace dbn
