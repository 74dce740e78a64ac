#include <dbn/experiment/paired_t.hpp>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <boost/math/distributions/students_t.hpp>

#include <dbn/core/error.hpp>
#include <dbn/experiment/statistics.hpp>

namespace dbn {
namespace {

// The probability that n values of this deviation have a mean so far above theirs, or farther.
double upper_tail(double distance, double deviation, std::size_t n) {
  if (n < 2) return 1;
  if (deviation == 0) return distance > 0 ? 0 : 1;
  const auto count = static_cast<double>(n);
  return cdf(complement(boost::math::students_t(count - 1), distance / deviation * std::sqrt(count)));
}

}  // namespace

double paired_t_test(std::span<const double> a, std::span<const double> b) {
  const MeanEstimate difference = paired_difference(a, b);
  return std::min(1.0, 2 * upper_tail(std::abs(difference.mean), difference.deviation, a.size()));
}

EquivalenceTest equivalence_test(std::span<const double> a, std::span<const double> b, double margin) {
  if (!(margin > 0) || !std::isfinite(margin))
    throw InvalidArgument(fmt::format("equivalence test: expected a margin above 0, found {}", margin));
  const MeanEstimate difference = mean_estimate(paired_differences(a, b), 0.90);
  // The test of the nearer margin has the larger p. What only rounding keeps from it is on it.
  double distance = margin - std::abs(difference.mean);
  if (std::abs(distance) <= 1e-9 * margin) distance = 0;
  return {upper_tail(distance, difference.deviation, a.size()), difference.interval};
}

}  // namespace dbn
