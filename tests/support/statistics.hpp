#pragma once
// Chi-square bounds for tests of samplers.

#include <vector>

#include <boost/math/distributions/chi_squared.hpp>

namespace dbn::test {

/// What a chi-square statistic exceeds once in a million fixed seeds when the sampler is right.
inline double chi_square_bound(std::size_t degrees) {
  const boost::math::chi_squared distribution(static_cast<double>(degrees));
  return quantile(complement(distribution, 1e-6));
}

/// sum (found - expected)^2 / expected; every expected count should be 5 or more.
inline double chi_square(const std::vector<double>& found, const std::vector<double>& expected) {
  double sum = 0;
  for (std::size_t i = 0; i < found.size(); ++i)
    sum += (found[i] - expected[i]) * (found[i] - expected[i]) / expected[i];
  return sum;
}

}  // namespace dbn::test
