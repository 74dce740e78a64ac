#pragma once
// Many small images as one picture: cases, draws, or the weights of hidden units.

#include <dbn/core/types.hpp>
#include <dbn/io/png.hpp>

namespace dbn {

/// How values become grey.
struct GreyScale {
  bool symmetric = false;  ///< image by image: 0 is mid-grey, and the value largest in size black or white
  Scalar least = 0;        ///< else what is black,
  Scalar most = 1;         ///< and what is white; values beyond are cut off
};

/// Sides of one image, whose pixels stand row after row.
struct ImageShape {
  Index height = 0;
  Index width = 0;
};

/// Grey around and between the images of a grid, and in its empty cells.
inline constexpr std::uint8_t kGridBorder = 64;

/// Lays out images (pixels x count), in rows from the top left, with a border of one pixel around each, so that the
/// picture is about as high as it is wide. Throws InvalidArgument when there is no image, the shape does not have as
/// many pixels, or `most` is not above `least`.
GreyImage image_grid(const ConstMatrixRef& images, ImageShape shape, const GreyScale& scale = {});

}  // namespace dbn
