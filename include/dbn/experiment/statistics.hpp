#pragma once
// Statistics of repeated runs: means with intervals, paired differences, tests. Distributions by Boost.Math.

#include <array>
#include <optional>
#include <span>
#include <vector>

namespace dbn {

/// A mean with its 95 % interval; no interval from fewer than two values.
struct MeanEstimate {
  double mean = 0;
  double deviation = 0;  ///< sample standard deviation (n - 1); 0 from one value
  std::optional<std::array<double, 2>> interval = {};
};

/// Mean and Student's t interval [Student 1908]. Throws InvalidArgument for no values.
MeanEstimate mean_estimate(std::span<const double> values);

/// mean_estimate of a[i] - b[i]: what two starts differ by on the same seeds. Throws InvalidArgument when the numbers
/// of values differ.
MeanEstimate paired_difference(std::span<const double> a, std::span<const double> b);

/// Two-sided p-value of Wilcoxon's signed-rank test [1945] of a[i] - b[i]: zero differences dropped, ties given their
/// mean rank; exact up to 25 differences, normal approximation with tie correction above. 1 when all differences are
/// zero.
double wilcoxon_signed_rank(std::span<const double> a, std::span<const double> b);

/// Holm's [1979] adjusted p-values, in the order of `p`.
std::vector<double> holm_adjusted(std::span<const double> p);

}  // namespace dbn
