#pragma once
// Is the mean of paired differences other than 0, or is it near enough to 0? By Student's t.

#include <array>
#include <optional>
#include <span>

namespace dbn {

/// Two-sided p-value of Student's [1908] paired t test of a[i] - b[i]. 1 from fewer than two pairs or when all
/// differences are 0; 0 when all are the same other number, which a t test cannot judge: look at Wilcoxon's p then.
/// Throws InvalidArgument when the numbers of values differ, for no values and for values that are not finite.
double paired_t_test(std::span<const double> a, std::span<const double> b);

/// What two one-sided tests say about "the difference is smaller than the margin".
struct EquivalenceTest {
  double p = 1;  ///< small: the mean difference lies within the margin
  /// 90 %: it lies within +-margin exactly when p < 0.05. None from fewer than two pairs, and from equal differences.
  std::optional<std::array<double, 2>> interval = {};
};

/// Two one-sided paired t tests of a[i] - b[i] against -margin and +margin [Schuirmann 1987]. p is 1 from
/// fewer than two pairs; when all differences are the same number it is 0 within the margin, 1 on it or beyond. Throws
/// InvalidArgument as paired_t_test and for a margin that is not above 0.
EquivalenceTest equivalence_test(std::span<const double> a, std::span<const double> b, double margin);

}  // namespace dbn
