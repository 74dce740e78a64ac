#pragma once
// The distribution of Student's t when there is a difference.

namespace dbn::detail {

/// Probability of at most t with this noncentrality. Beyond a noncentrality of 1000 what the mean varies by is left out
/// beside what the deviation does: right to about a millionth, where Boost's series would be slow and then fail.
double noncentral_t(double t, double degrees, double noncentrality);

}  // namespace dbn::detail
