#pragma once
// A draw from a list of probabilities.

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

}  // namespace dbn::detail
