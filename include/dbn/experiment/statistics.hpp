#pragma once
// Statistics of repeated runs: means with intervals, paired differences, tests. Distributions by Boost.Math.

#include <array>
#include <optional>
#include <span>
#include <vector>

namespace dbn {

/// A mean with its interval; none from fewer than two values, and from equal ones, which have no spread to judge by.
struct MeanEstimate {
  double mean = 0;
  double deviation = 0;  ///< sample standard deviation (n - 1); 0 from one value
  std::optional<std::array<double, 2>> interval = {};
};

/// Mean and Student's t interval [Student 1908] of that level. Throws InvalidArgument for no values, for values that
/// are not finite, and for a level outside (0, 1).
MeanEstimate mean_estimate(std::span<const double> values, double level = 0.95);

/// a[i] - b[i]: what two starts differ by on the same seeds. Differences that only rounding tells apart, or tells from
/// 0, are made the same number, so that what is equal has a deviation of 0 and a tie is a tie. Throws InvalidArgument
/// when the numbers of values differ and for values that are not finite.
std::vector<double> paired_differences(std::span<const double> a, std::span<const double> b);

/// mean_estimate of paired_differences.
MeanEstimate paired_difference(std::span<const double> a, std::span<const double> b);

/// Two-sided p-value of Wilcoxon's signed-rank test [1945] of a[i] - b[i]: zero differences dropped, ties given their
/// mean rank; exact up to 25 differences, normal approximation with tie correction above. 1 when all differences are
/// zero. Throws as paired_differences.
double wilcoxon_signed_rank(std::span<const double> a, std::span<const double> b);

/// Holm's [1979] adjusted p-values, in the order of `p`.
std::vector<double> holm_adjusted(std::span<const double> p);

}  // namespace dbn
