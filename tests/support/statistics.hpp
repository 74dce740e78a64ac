#pragma once
// Bounds for tests of what is drawn: each is passed once in a million fixed seeds when all is right.

#include <cmath>
#include <cstdint>
#include <vector>

#include <boost/math/distributions/chi_squared.hpp>

#include <dbn/core/random.hpp>

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

/// How far the mean of `n` independent values of this deviation may be from what is expected of it.
inline double mean_bound(double deviation, std::size_t n) {
  return 4.89 * deviation / std::sqrt(static_cast<double>(n));
}

/// The same for the share of `n` repetitions in which something of this probability happens.
inline double share_bound(double probability, std::size_t n) {
  return mean_bound(std::sqrt(probability * (1 - probability)), n);
}

/// Standard normals; each repetition has its own.
inline std::vector<double> normals(std::uint64_t seed, std::uint32_t repetition, std::size_t n) {
  const Stream stream(seed, Purpose::synthetic_test);
  std::vector<double> values(n);
  for (std::uint32_t i = 0; i < n; ++i) values[i] = stream.normal({.update = repetition, .unit = i});
  return values;
}

}  // namespace dbn::test
