#include "bca_levels.hpp"

#include <boost/math/distributions/normal.hpp>

namespace dbn::detail {

std::array<double, 2> bca_levels(double share_below, double acceleration) {
  constexpr std::array<double, 2> percentile = {0.025, 0.975};
  if (share_below <= 0 || share_below >= 1) return percentile;
  const boost::math::normal normal;
  const double bias = quantile(normal, share_below);
  std::array<double, 2> levels{};
  for (std::size_t side = 0; side < levels.size(); ++side) {
    const double z = bias + quantile(normal, percentile[side]);
    const double shrink = 1 - acceleration * z;
    if (shrink <= 0) return percentile;
    levels[side] = cdf(normal, bias + z / shrink);
  }
  return levels;
}

}  // namespace dbn::detail
