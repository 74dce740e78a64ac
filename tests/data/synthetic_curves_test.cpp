#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include <dbn/data/synthetic.hpp>

namespace dbn {
namespace {

using Image = Eigen::Map<const Eigen::Matrix<std::uint8_t, 28, 28, Eigen::RowMajor>>;

constexpr Index kSide = 28;

const Stream& stream() {
  static const Stream one(1, Purpose::synthetic_training);
  return one;
}

Image image(const Dataset& dataset, Index number) {
  return Image(std::get<Dataset::Bytes>(dataset.features).col(number).data());
}

/// The points that a case draws, x before y, in pixels: the middle 56 % of the frame.
Eigen::Matrix<double, 2, 3> points_of(Index number) {
  Eigen::Matrix<double, 2, 3> points;
  for (Index i = 0; i < 6; ++i) {
    const Position at{0, static_cast<std::uint32_t>(number), static_cast<std::uint32_t>(i)};
    points(i % 2, i / 2) = 28 * (0.22 + 0.56 * stream().uniform(at));
  }
  return points;
}

// The polynomial of degree 2 through the points at times 0, 1/2 and 1, by Lagrange's formula.
Eigen::Vector2d at_time(const Eigen::Matrix<double, 2, 3>& points, double t) {
  return points * Eigen::Vector3d((t - 0.5) * (t - 1) / 0.5, t * (t - 1) / -0.25, t * (t - 0.5) / 0.5);
}

TEST(SyntheticCurves, HaveNoLabels) {
  const Dataset curves = synthetic_dataset("curves").make(stream(), 3);
  EXPECT_FALSE(curves.labelled());
  EXPECT_TRUE(curves.classes.empty());
  EXPECT_EQ(curves.shape, (std::vector<Index>{kSide, kSide}));
}

// The points are at most 15.7 pixels apart in a coordinate. So a chord of 1/32 of the time is up to 177 / 8 / 32^2 =
// 0.022 pixels from the curve, by its second derivative, and samples stand up to 89 / 5000 pixels apart, by its first.
// In grey values, with rounding: 255 x (0.022 + 0.009) + 0.5 = 8.4.
TEST(SyntheticCurves, APixelFadesWithItsDistanceFromTheCurveThroughThreePoints) {
  constexpr Index kCases = 4;
  constexpr int kSamples = 5000;
  const Dataset curves = synthetic_dataset("curves").make(stream(), kCases);
  for (Index i = 0; i < kCases; ++i) {
    const auto points = points_of(i);
    Eigen::Matrix<double, kSide, kSide> square = Eigen::Matrix<double, kSide, kSide>::Ones();
    for (int s = 0; s <= kSamples; ++s) {
      const Eigen::Vector2d p = at_time(points, static_cast<double>(s) / kSamples);
      for (Index row = 0; row < kSide; ++row)
        for (Index column = 0; column < kSide; ++column) {
          const double x = static_cast<double>(column) + 0.5 - p.x();
          const double y = static_cast<double>(row) + 0.5 - p.y();
          square(row, column) = std::min(square(row, column), x * x + y * y);
        }
    }
    for (Index row = 0; row < kSide; ++row)
      for (Index column = 0; column < kSide; ++column)
        ASSERT_NEAR(image(curves, i)(row, column), 255 * (1 - std::sqrt(square(row, column))), 8.4)
            << "case " << i << ", row " << row << ", column " << column;
  }
}

// Through the middles of pixels the curve goes from a pixel to one that touches it, and the pen, a pixel wide, inks
// each of these: all ink hangs together. The curve passes the points' square by up to an eighth of it, 1.96 pixels, and
// so stays 4.2 from the frame's edge: three pixels there stay black.
TEST(SyntheticCurves, EveryPictureIsOneLineInsideTheFrame) {
  const Dataset curves = synthetic_dataset("curves").make(stream(), 500);
  for (Index i = 0; i < curves.case_count(); ++i) {
    Eigen::Matrix<bool, kSide, kSide> left = image(curves, i).array() > 0;
    ASSERT_TRUE(left.any()) << "case " << i;
    ASSERT_EQ(left.count(), left.block(3, 3, kSide - 6, kSide - 6).count()) << "case " << i;
    std::vector<std::pair<Index, Index>> open;
    const auto take = [&](Index row, Index column) {
      if (!left(row, column)) return;
      left(row, column) = false;
      open.emplace_back(row, column);
    };
    for (Index pixel = 0; open.empty(); ++pixel) take(pixel / kSide, pixel % kSide);
    while (!open.empty()) {
      const auto [row, column] = open.back();
      open.pop_back();
      for (Index r = row - 1; r <= row + 1; ++r)
        for (Index c = column - 1; c <= column + 1; ++c) take(r, c);
    }
    ASSERT_FALSE(left.any()) << "case " << i;
  }
}

// `unit` divides by the largest value: that of a thousand pictures is white, so pixels are what the paper's are.
TEST(SyntheticCurves, SomePixelIsWhite) {
  const Dataset curves = synthetic_dataset("curves").make(stream(), 1000);
  EXPECT_EQ(std::get<Dataset::Bytes>(curves.features).maxCoeff(), 255);
}

}  // namespace
}  // namespace dbn
