#include <dbn/experiment/mcnemar.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <boost/math/distributions/binomial.hpp>

#include <dbn/core/error.hpp>

namespace dbn {

McNemarTest mcnemar(Index only_first, Index only_second) {
  if (only_first < 0 || only_second < 0)
    throw InvalidArgument(
        fmt::format("McNemar's test: expected counts from 0, found {} and {}", only_first, only_second));
  if (only_first == 0 && only_second == 0) return {};
  const auto fewer = static_cast<double>(std::min(only_first, only_second));
  const boost::math::binomial by_chance(static_cast<double>(only_first) + static_cast<double>(only_second), 0.5);
  const double seen = pdf(by_chance, fewer);
  // At equal counts both tails hold what was seen, of which one half is left out.
  if (only_first == only_second) return {1, 1 - seen / 2};
  const double tails = std::min(1.0, 2 * cdf(by_chance, fewer));
  return {tails, tails - seen};
}

}  // namespace dbn
