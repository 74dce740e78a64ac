#pragma once
// How large a paired difference is beside its spread from seed to seed.

#include <array>
#include <optional>
#include <span>

namespace dbn {

/// Mean of paired differences in units of their standard deviation.
struct EffectSize {
  double d_z = 0;  ///< [Cohen 1988, section 2.3.5]
  /// Without d_z's bias: exact factor of Hedges [1981, equation 6]. None from two pairs, whose d_z has no expectation.
  std::optional<double> unbiased = {};
  /// 95 % interval of what d_z estimates, for normal differences: inversion of the noncentral t distribution [Steiger &
  /// Fouladi 1997].
  std::array<double, 2> interval{0, 0};
};

/// Of a[i] - b[i]. None from fewer than two pairs and when all differences are equal. Throws InvalidArgument when the
/// numbers of values differ, for no values and for values that are not finite.
std::optional<EffectSize> effect_size(std::span<const double> a, std::span<const double> b);

}  // namespace dbn
