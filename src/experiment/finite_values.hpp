#pragma once
// No statistic of values that are infinite or not a number: sorts and sums would make an answer out of them.

#include <cmath>
#include <span>

#include <fmt/format.h>

#include <dbn/core/error.hpp>

namespace dbn::detail {

inline void check_finite(std::span<const double> values, const char* what) {
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!std::isfinite(values[i]))
      throw InvalidArgument(fmt::format("{}: expected finite numbers, found {} as number {}", what, values[i], i + 1));
}

}  // namespace dbn::detail
