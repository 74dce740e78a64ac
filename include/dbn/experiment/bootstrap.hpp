#pragma once
// An interval of a mean that assumes no distribution: values drawn again from the values themselves.

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include <dbn/core/types.hpp>

namespace dbn {

/// 2.5 % of one more is a whole number, so that a percentile limit is one of the resampled means [Davison & Hinkley
/// 1997, chapter 5]; ten thousand are enough for routine use [Hesterberg 2015]: limits of another seed then differ by a
/// few hundredths of a standard error.
constexpr Index kBootstrapResamples = 9999;

/// 95 % interval of the mean by the bootstrap, bias-corrected and accelerated: BCa [Efron 1987]; its bias
/// counts half of the resamples that equal the mean. The percentile interval [Efron 1979] where BCa is undefined,
/// because all resamples lie on one side of the mean. None from fewer than two values, and from equal ones.
/// It never reaches beyond the least and the largest value, so from few values it is too short: from two it covers the
/// mean half of the time. The same bits for the same values in the same order and the same seed. Throws
/// InvalidArgument for no values, for values that are not finite, and for fewer than 39 resamples or more than 10^7.
std::optional<std::array<double, 2>> bootstrap_interval(std::span<const double> values, std::uint64_t seed = 0,
                                                        Index resamples = kBootstrapResamples);

}  // namespace dbn
