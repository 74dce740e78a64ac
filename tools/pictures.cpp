#include "pictures.hpp"

#include <cmath>

#include <fmt/format.h>

#include <dbn/core/error.hpp>

using namespace dbn;

OutputFormat output_format(const std::string& out) {
  if (out.ends_with(".npy")) return OutputFormat::npy;
  if (out.ends_with(".png")) return OutputFormat::png;
  throw InvalidArgument(fmt::format("--out: expected a file that ends in .npy or .png, found '{}'", out));
}

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

GreyScale grey_scale(const StackLayer& first, const ConstMatrixRef& values) {
  if (const auto* rbm = std::get_if<Rbm>(&first)) {
    const auto [least, most] = rbm->visible->range();
    if (std::isfinite(least) && std::isfinite(most))
      return {.symmetric = false, .least = static_cast<Scalar>(least), .most = static_cast<Scalar>(most)};
  } else if (std::get<Autoencoder>(first).loss == ReconstructionLoss::cross_entropy) {
    return {};
  }
  const Scalar least = values.minCoeff(), most = values.maxCoeff();
  return {.symmetric = false, .least = least, .most = most > least ? most : least + 1};
}
