#include "synthetic_pen.hpp"

#include <algorithm>
#include <cmath>

namespace dbn::detail {
namespace {

void lower_distances(const Segment& segment, float reach, Distances& distances) {
  const auto [a, b] = segment;
  const Point along = b - a;
  const float length2 = std::max(along.x * along.x + along.y * along.y, 1e-12F);
  const auto first = [&](float p, float q) { return std::max(0, static_cast<int>(std::min(p, q) - reach)); };
  const auto last = [&](float p, float q) {
    return std::min(kImageSide - 1, static_cast<int>(std::max(p, q) + reach));
  };
  const int right = last(a.x, b.x);
  const int bottom = last(a.y, b.y);
  for (int row = first(a.y, b.y); row <= bottom; ++row) {
    for (int column = first(a.x, b.x); column <= right; ++column) {
      const Point p = Point{static_cast<float>(column) + 0.5F, static_cast<float>(row) + 0.5F} - a;
      const float t = std::clamp((p.x * along.x + p.y * along.y) / length2, 0.0F, 1.0F);
      const Point away = p - t * along;
      float& distance = distances[static_cast<std::size_t>(row * kImageSide + column)];
      distance = std::min(distance, away.x * away.x + away.y * away.y);
    }
  }
}

}  // namespace

Distances distances_to(std::span<const Segment> curve, float reach) {
  Distances distances;
  distances.fill(reach * reach);
  for (const Segment& segment : curve) lower_distances(segment, reach, distances);
  return distances;
}

float coverage(float distance, float reach) { return std::min(1.0F, reach - std::sqrt(distance)); }

}  // namespace dbn::detail
