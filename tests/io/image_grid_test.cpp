#include <dbn/io/image_grid.hpp>

#include <limits>

#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

namespace dbn {
namespace {

constexpr std::uint8_t B = kGridBorder;

TEST(ImageGrid, OneImageHasABorderAroundIt) {
  Matrix image(6, 1);
  image << 0, 1, Scalar(0.5), Scalar(0.2), Scalar(0.4), 1;  // two rows of three
  const GreyImage grid = image_grid(image, {.height = 2, .width = 3});
  EXPECT_EQ(grid.width, 5);
  EXPECT_EQ(grid.height, 4);
  EXPECT_EQ(grid.pixels, (ByteBuffer{B, B,  B,   B,   B,  //
                                     B, 0,  255, 128, B,  //
                                     B, 51, 102, 255, B,  //
                                     B, B,  B,   B,   B}));
}

TEST(ImageGrid, ImagesStandInRowsAndEmptyCellsAreBorder) {
  Matrix images(1, 3);
  images << 1, 0, Scalar(0.2);
  const GreyImage grid = image_grid(images, {.height = 1, .width = 1});
  EXPECT_EQ(grid.width, 5);
  EXPECT_EQ(grid.height, 5);
  EXPECT_EQ(grid.pixels, (ByteBuffer{B, B,   B, B, B,  //
                                     B, 255, B, 0, B,  //
                                     B, B,   B, B, B,  //
                                     B, 51,  B, B, B,  //
                                     B, B,   B, B, B}));
}

TEST(ImageGrid, IsAboutSquareWhateverTheImages) {
  const auto sides = [](Index count, Index height, Index width) {
    const GreyImage grid = image_grid(Matrix::Zero(height * width, count), {height, width});
    return std::pair{grid.width, grid.height};
  };
  EXPECT_EQ(sides(100, 28, 28), std::pair(Index{291}, Index{291}));
  EXPECT_EQ(sides(101, 28, 28), std::pair(Index{320}, Index{291})) << "eleven columns, ten rows";
  EXPECT_EQ(sides(8, 2, 1), std::pair(Index{9}, Index{7})) << "four columns, two rows";
  EXPECT_EQ(sides(2, 9, 1), std::pair(Index{5}, Index{11})) << "no more columns than images";
}

TEST(ImageGrid, AFixedRangeCutsOffWhatIsBeyond) {
  Matrix image(4, 1);
  image << -3, -1, 1, 7;
  const GreyImage grid = image_grid(image, {1, 4}, {.symmetric = false, .least = -1, .most = 1});
  EXPECT_EQ(grid.pixels, (ByteBuffer{B, B, B, B, B, B,      //
                                     B, 0, 0, 255, 255, B,  //
                                     B, B, B, B, B, B}));
}

// Each by its own largest value, so that a weak filter shows as well as a strong one.
TEST(ImageGrid, ASymmetricScaleIsThatOfEachImage) {
  Matrix images(2, 3);
  images << -4, 0.25, 0,  //
      2, 0.125, 0;
  const GreyImage grid = image_grid(images, {1, 2}, {.symmetric = true, .least = 0, .most = 1});
  // Two columns and two rows: -1 and 1/2; 1 and 1/2; 0 and 0, in units of the largest.
  EXPECT_EQ(grid.pixels, (ByteBuffer{B, B,   B,   B, B,   B,   B,  //
                                     B, 0,   191, B, 255, 191, B,  //
                                     B, B,   B,   B, B,   B,   B,  //
                                     B, 128, 128, B, B,   B,   B,  //
                                     B, B,   B,   B, B,   B,   B}));
}

TEST(ImageGrid, WhatIsNoNumberIsBlackOrWhite) {
  constexpr Scalar infinity = std::numeric_limits<Scalar>::infinity();
  Matrix image(3, 1);
  image << std::numeric_limits<Scalar>::quiet_NaN(), infinity, -infinity;
  const GreyImage grid = image_grid(image, {1, 3});
  EXPECT_EQ(grid.pixels[6], 0);
  EXPECT_EQ(grid.pixels[7], 255);
  EXPECT_EQ(grid.pixels[8], 0);
}

TEST(ImageGrid, RefusesWhatDoesNotFit) {
  EXPECT_THROW(image_grid(Matrix(4, 0), {2, 2}), InvalidArgument);
  EXPECT_THROW(image_grid(Matrix::Zero(6, 1), {2, 2}), InvalidArgument);
  EXPECT_THROW(image_grid(Matrix::Zero(4, 1), {-2, -2}), InvalidArgument);
  EXPECT_THROW(image_grid(Matrix::Zero(4, 1), {2, 2}, {.symmetric = false, .least = 1, .most = 1}), InvalidArgument);
}

}  // namespace
}  // namespace dbn
