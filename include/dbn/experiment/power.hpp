#pragma once
// How many seeds does it take to see a difference?

#include <optional>

#include <dbn/core/types.hpp>

namespace dbn {

/// The probability that the two-sided paired t test of level `alpha` sees a mean difference, when differences are
/// normal with this mean and standard deviation: noncentral t [Cohen 1988, section 2.3.5; Johnson & Welch 1940]. With a
/// deviation of 0 it is 1, or 0 when the difference is 0 as well. Throws InvalidArgument for fewer than 2 pairs, a
/// difference or deviation that is not finite, a negative deviation, and alpha outside (0, 1).
double paired_t_power(Index pairs, double difference, double deviation, double alpha = 0.05);

/// The fewest pairs with which paired_t_power reaches `power` (0.8 by convention [Cohen 1988, section 2.4]); 2 with a
/// deviation of 0. None for a difference of 0, and where 10^9 pairs are too few. What comes from an observed difference
/// is as uncertain as that is. Throws InvalidArgument as paired_t_power and for a power outside (0, 1).
std::optional<Index> pairs_needed(double difference, double deviation, double power = 0.8, double alpha = 0.05);

}  // namespace dbn
