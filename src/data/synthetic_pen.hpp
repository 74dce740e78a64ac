#pragma once
// What the generators of drawn pictures share: curves as chains of segments, and how far each pixel is from them.

#include <array>
#include <span>

#include "synthetic_generators.hpp"

namespace dbn::detail {

struct Point {
  float x, y;
};

inline Point operator+(Point a, Point b) { return {a.x + b.x, a.y + b.y}; }
inline Point operator-(Point a, Point b) { return {a.x - b.x, a.y - b.y}; }
inline Point operator*(float s, Point a) { return {s * a.x, s * a.y}; }

struct Segment {
  Point from, to;
};

inline constexpr std::size_t kPixels = kImageSide * kImageSide;

/// Squared, from the middle of each pixel to the curve, row by row.
using Distances = std::array<float, kPixels>;

/// Distances to a curve in a frame whose corner is (0, 0) and whose pixels are 1 x 1; those from `reach` on count as
/// `reach`.
Distances distances_to(std::span<const Segment> curve, float reach);

/// How much of a pixel a pen covers that reaches so far, at that squared distance, below reach * reach: as far as the
/// edge of the pen reaches into the pixel. This is what smooths the outline.
float coverage(float distance, float reach);

}  // namespace dbn::detail
