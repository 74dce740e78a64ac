#include <dbn/io/image_grid.hpp>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <dbn/core/error.hpp>

namespace dbn {
namespace {

void check(const ConstMatrixRef& images, ImageShape shape, const GreyScale& scale) {
  if (images.cols() < 1) throw InvalidArgument("image grid: expected at least one image, found none");
  if (shape.height < 1 || shape.width < 1 || shape.height * shape.width != images.rows())
    throw InvalidArgument(fmt::format("image grid: expected images of {} x {} pixels, found {} numbers an image",
                                      shape.height, shape.width, images.rows()));
  if (!scale.symmetric && !(scale.least < scale.most))
    throw InvalidArgument(
        fmt::format("image grid: expected white above black, found {} and {}", scale.most, scale.least));
}

// The grey of the share `t` of the way from black to white; of what is no number, black.
std::uint8_t grey(double t) {
  if (!(t > 0)) return 0;
  return static_cast<std::uint8_t>(std::lround(255 * std::min(t, 1.0)));
}

/// Where black and white lie for one image.
struct Ends {
  double black, white;
};

Ends ends_of(const ConstVectorRef& image, const GreyScale& scale) {
  if (!scale.symmetric) return {static_cast<double>(scale.least), static_cast<double>(scale.most)};
  const auto largest = static_cast<double>(image.cwiseAbs().maxCoeff());
  return largest > 0 ? Ends{-largest, largest} : Ends{-1, 1};
}

// As many columns as make the picture about square.
Index column_count(Index images, ImageShape shape) {
  const double columns =
      std::sqrt(static_cast<double>(images) * static_cast<double>(shape.height) / static_cast<double>(shape.width));
  return std::clamp(static_cast<Index>(std::ceil(columns)), Index{1}, images);
}

}  // namespace

GreyImage image_grid(const ConstMatrixRef& images, ImageShape shape, const GreyScale& scale) {
  check(images, shape, scale);
  const Index columns = column_count(images.cols(), shape);
  const Index rows = (images.cols() + columns - 1) / columns;
  GreyImage grid{.width = columns * (shape.width + 1) + 1, .height = rows * (shape.height + 1) + 1, .pixels = {}};
  grid.pixels.assign(static_cast<std::size_t>(grid.width * grid.height), kGridBorder);
  for (Index i = 0; i < images.cols(); ++i) {
    const Ends ends = ends_of(images.col(i), scale);
    const Index top = i / columns * (shape.height + 1) + 1;
    const Index left = i % columns * (shape.width + 1) + 1;
    for (Index p = 0; p < images.rows(); ++p) {
      const Index at = (top + p / shape.width) * grid.width + left + p % shape.width;
      grid.pixels[static_cast<std::size_t>(at)] =
          grey((static_cast<double>(images(p, i)) - ends.black) / (ends.white - ends.black));
    }
  }
  return grid;
}

}  // namespace dbn
