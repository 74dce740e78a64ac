#pragma once
// What units that share one whole have in common: draws, and biases.

#include <algorithm>
#include <cmath>

#include <dbn/core/types.hpp>

namespace dbn::detail {

/// The category whose share of [0, 1) holds `uniform`. Rounding leaves the last one with a share of what is missing.
inline Index draw_category(const ConstVectorRef& probabilities, double uniform) {
  double below = 0;
  for (Index k = 0; k + 1 < probabilities.size(); ++k) {
    below += static_cast<double>(probabilities[k]);
    if (uniform < below) return k;
  }
  return probabilities.size() - 1;
}

/// Bias at which a unit has this share of its group, held within that of one in a thousand.
inline Scalar log_of_share(Scalar share) {
  constexpr double kLeast = 1e-3;
  return static_cast<Scalar>(std::log(std::max(static_cast<double>(share), kLeast)));
}

}  // namespace dbn::detail
