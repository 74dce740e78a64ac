#pragma once
// Where among the resampled values the limits of a BCa interval stand [Efron 1987].

#include <array>

namespace dbn::detail {

/// Shares of the resamples below each limit of a 95 % interval, from the share of them below the estimate and from the
/// acceleration. Those of the percentile interval where they are undefined: when all resamples lie on one side of the
/// estimate, and when the acceleration times a normal quantile passes 1.
std::array<double, 2> bca_levels(double share_below, double acceleration);

}  // namespace dbn::detail
