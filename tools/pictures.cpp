#include "pictures.hpp"

#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <dbn/core/error.hpp>

using namespace dbn;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace

OptionField width_field(Index* width) {
  return {.name = "width",
          .value = width,
          .help = "width of a picture of all features, whose rows stand one after another (0: pictures are square)",
          .range = {0, 1e6}};
}

ImageShape image_shape(Index features, Index width) {
  if (width == 0) {
    const auto side = static_cast<Index>(std::lround(std::sqrt(static_cast<double>(features))));
    if (side * side == features) return {.height = side, .width = side};
    throw InvalidArgument(
        fmt::format("--width: {} features make no square picture; say how wide it is, or write a .npy file", features));
  }
  if (features % width != 0)
    throw InvalidArgument(
        fmt::format("--width: expected a divisor of {}, the number of features, found {}", features, width));
  return {.height = features / width, .width = width};
}

ValueRange value_range(const Loss& loss) {
  return loss.probabilities ? ValueRange{0, 1} : ValueRange{-kInfinity, kInfinity};
}

GreyScale grey_scale(const ValueRange& range, const ConstMatrixRef& values) {
  if (std::isfinite(range.first) && std::isfinite(range.second))
    return {.symmetric = false, .least = static_cast<Scalar>(range.first), .most = static_cast<Scalar>(range.second)};
  const Scalar least = values.minCoeff(), most = values.maxCoeff();
  return {.symmetric = false, .least = least, .most = most > least ? most : least + 1};
}
