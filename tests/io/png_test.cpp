#include <dbn/io/png.hpp>

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <png.h>

#include <dbn/core/error.hpp>

#include "tests/support/temp_dir.hpp"

namespace dbn {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

// All greys, and sides that are no powers of two.
GreyImage gradient() {
  GreyImage image{.width = 37, .height = 23, .pixels = {}};
  for (Index i = 0; i < image.width * image.height; ++i) image.pixels.push_back(static_cast<std::uint8_t>(i * 7));
  return image;
}

GreyImage decoded(const ByteBuffer& bytes) {
  png_image header{};
  header.version = PNG_IMAGE_VERSION;
  if (png_image_begin_read_from_memory(&header, bytes.data(), bytes.size()) == 0) {
    ADD_FAILURE() << header.message;
    return {};
  }
  EXPECT_EQ(header.format, static_cast<png_uint_32>(PNG_FORMAT_GRAY));
  header.format = PNG_FORMAT_GRAY;
  GreyImage image{.width = static_cast<Index>(header.width),
                  .height = static_cast<Index>(header.height),
                  .pixels = ByteBuffer(PNG_IMAGE_SIZE(header))};
  EXPECT_NE(png_image_finish_read(&header, nullptr, image.pixels.data(), 0, nullptr), 0) << header.message;
  return image;
}

void expect_same(const GreyImage& found, const GreyImage& expected) {
  EXPECT_EQ(found.width, expected.width);
  EXPECT_EQ(found.height, expected.height);
  EXPECT_EQ(found.pixels, expected.pixels);
}

TEST(Png, PixelsComeBack) {
  expect_same(decoded(encode_png(gradient())), gradient());
  const GreyImage dot{.width = 1, .height = 1, .pixels = {200}};
  expect_same(decoded(encode_png(dot)), dot);
}

// Signature, length and name of the first chunk, sides, then 8 bits a pixel of type 0, which is grey.
TEST(Png, IsEightBitGrey) {
  const ByteBuffer bytes = encode_png(gradient());
  const ByteBuffer expected{0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0,  13, 'I',
                            'H',  'D', 'R', 0,   0,    0,    37,   0,    0, 0, 23, 8,  0};
  ASSERT_GT(bytes.size(), expected.size());
  EXPECT_EQ(ByteBuffer(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(expected.size())), expected);
}

TEST(Png, TheFileHoldsTheSameBytes) {
  const test::TempDir dir;
  write_png(dir.path("a.png"), gradient());
  EXPECT_EQ(read_file(dir.path("a.png")), encode_png(gradient()));
}

// Noise does not compress: the bound on the size must hold for it too.
TEST(Png, HoldsWhatDoesNotCompress) {
  GreyImage noise{.width = 300, .height = 200, .pixels = {}};
  std::uint32_t state = 1;
  for (Index i = 0; i < noise.width * noise.height; ++i) {
    state = state * 1664525U + 1013904223U;
    noise.pixels.push_back(static_cast<std::uint8_t>(state >> 24));
  }
  expect_same(decoded(encode_png(noise)), noise);
}

TEST(Png, APathThatCannotBeWrittenIsAnErrorOfTheSystem) {
  const test::TempDir dir;
  EXPECT_THROW(write_png(dir.path("none/a.png"), gradient()), IoError);
  EXPECT_THROW(write_png(dir.folder().string(), gradient()), IoError);
}

TEST(Png, RefusesSidesAndPixelsThatCannotBe) {
  const auto refused = [](Index width, Index height, std::size_t pixels, const std::string& reason) {
    EXPECT_THAT([&] { encode_png({.width = width, .height = height, .pixels = ByteBuffer(pixels)}); },
                ThrowsMessage<InvalidArgument>(HasSubstr(reason)));
  };
  refused(0, 5, 0, "found 0 x 5");
  refused(5, -1, 0, "found 5 x -1");
  refused(1'000'001, 1, 1'000'001, "1 to 1000000");
  refused(1'000'000, 1'000'000, 0, "at most");
  refused(4, 3, 11, "4 x 3 pixels, found 11");
}

}  // namespace
}  // namespace dbn
