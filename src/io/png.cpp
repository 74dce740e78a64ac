#include <dbn/io/png.hpp>

#include <fmt/format.h>
#include <png.h>

#include <dbn/core/error.hpp>

namespace dbn {
namespace {

constexpr Index kLongestSide = 1'000'000;      // libpng's own limit
constexpr Index kMostPixels = Index{1} << 30;  // sizes below are computed in 32 bits

void check(const GreyImage& image) {
  for (const Index side : {image.width, image.height})
    if (side < 1 || side > kLongestSide)
      throw InvalidArgument(fmt::format("png: expected sides from 1 to {} pixels, found {} x {}", kLongestSide,
                                        image.width, image.height));
  const Index pixels = image.width * image.height;
  if (pixels > kMostPixels)
    throw InvalidArgument(fmt::format("png: expected at most {} pixels, found {} x {}; try fewer images", kMostPixels,
                                      image.width, image.height));
  if (image.pixels.size() != static_cast<std::size_t>(pixels))
    throw InvalidArgument(
        fmt::format("png: expected {} x {} pixels, found {}", image.width, image.height, image.pixels.size()));
}

}  // namespace

// Of libpng this is the interface whose calls return when they fail: the other one leaves by longjmp, over whatever has
// a destructor.
ByteBuffer encode_png(const GreyImage& image) {
  check(image);
  png_image header{};
  header.version = PNG_IMAGE_VERSION;
  header.width = static_cast<png_uint_32>(image.width);
  header.height = static_cast<png_uint_32>(image.height);
  header.format = PNG_FORMAT_GRAY;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(header);  // an upper bound; becomes the size
  ByteBuffer bytes(size);
  if (png_image_write_to_memory(&header, bytes.data(), &size, 0, image.pixels.data(), 0, nullptr) == 0)
    throw IoError(fmt::format("png: libpng cannot make a picture of {} x {}: {}", image.width, image.height,
                              static_cast<const char*>(header.message)));
  bytes.resize(size);
  return bytes;
}

void write_png(const std::string& path, const GreyImage& image) { write_file(path, encode_png(image)); }

}  // namespace dbn
