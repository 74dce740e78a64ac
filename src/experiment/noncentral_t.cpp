#include "noncentral_t.hpp"

#include <cmath>

#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/non_central_t.hpp>

namespace dbn::detail {
namespace {

constexpr double kMostExact = 1000;

}  // namespace

double noncentral_t(double t, double degrees, double noncentrality) {
  if (noncentrality < 0) return 1 - noncentral_t(-t, degrees, -noncentrality);
  if (noncentrality <= kMostExact) return cdf(boost::math::non_central_t(degrees, noncentrality), t);
  if (t <= 0) return 0;
  // noncentrality / sqrt(chi^2 / degrees) <= t
  const double least = degrees * std::pow(noncentrality / t, 2);
  return std::isfinite(least) ? cdf(complement(boost::math::chi_squared(degrees), least)) : 0;
}

}  // namespace dbn::detail
