#pragma once
// Grey-scale pictures as PNG files, by libpng.

#include <string>

#include <dbn/core/types.hpp>
#include <dbn/io/file.hpp>

namespace dbn {

/// A grey-scale picture.
struct GreyImage {
  Index width = 0;
  Index height = 0;
  ByteBuffer pixels;  ///< (height x width), row after row from the top; 0 is black, 255 white
};

/// The bytes of a PNG file of one grey channel of 8 bits. Throws InvalidArgument for sides outside 1 to 1 000 000, more
/// than 2^30 pixels, or pixels that are not as many as the sides say; IoError when libpng fails.
ByteBuffer encode_png(const GreyImage& image);

/// Writes such a file, atomically. Throws what encode_png throws, or IoError.
void write_png(const std::string& path, const GreyImage& image);

}  // namespace dbn
