#pragma once
// What the generators of synthetic data sets share: the frame they draw in and the draws of one case.

#include <cstdint>
#include <string>
#include <vector>

#include <dbn/core/random.hpp>
#include <dbn/data/dataset.hpp>

namespace dbn::detail {

/// Rows and columns of every generated image.
inline constexpr int kImageSide = 28;

/// The numbers that one case draws, one after the other: units 0, 1, 2, ... of its instance.
class CaseDraws {
 public:
  CaseDraws(const Stream& stream, Index number)
      : stream_(stream), at_{.instance = static_cast<std::uint32_t>(number)} {}

  /// Uniform on [low, high).
  float between(float low, float high) { return low + (high - low) * static_cast<float>(stream_.uniform(next())); }
  /// Uniform on {0, ..., n-1}; n >= 1.
  int below(std::size_t n) { return static_cast<int>(stream_.below(static_cast<std::uint32_t>(n), next())); }

 private:
  Position next() {
    const Position now = at_;
    ++at_.unit;
    return now;
  }

  const Stream& stream_;
  Position at_;
};

/// Throws InvalidArgument unless 1 <= cases < 2^32.
void check_case_count(const std::string& name, Index cases);

/// Black images of that many cases, every label 0. Throws as check_case_count() does.
Dataset black_images(const std::string& name, const std::vector<std::string>& classes, Index cases);

/// Full columns or full rows of 4 x 4 pixels.
Dataset make_bars_and_stripes(const Stream& stream, Index cases);

/// Sets of pixels that are convex, and unions of such sets that are not.
Dataset make_convex(const Stream& stream, Index cases);

/// Smooth curves through three points; no labels.
Dataset make_curves(const Stream& stream, Index cases);

/// Handwriting-like digits.
Dataset make_digits(const Stream& stream, Index cases);

/// Outlines of wide and tall rectangles.
Dataset make_rectangles(const Stream& stream, Index cases);

/// N(0, 1) in 100 dimensions; the class says whether their sum is positive.
Dataset make_seed_linear(const Stream& stream, Index cases);

}  // namespace dbn::detail
