// Digits as a pen draws them: a stroke is a smooth curve through a few knots. Each case moves the knots, bends and
// slants the curve, places it in the frame and inks every pixel by its distance from the curve. The cases are hard for
// a linear classifier because of this geometry, not because of noise.

#include <algorithm>
#include <array>
#include <cmath>
#include <locale>
#include <span>
#include <sstream>

#include <dbn/core/parallel.hpp>

#include "synthetic_pen.hpp"

namespace dbn::detail {
namespace {

constexpr float kGlyphWidth = 12;  // units of the glyph table, about one pixel each
constexpr float kGlyphHeight = 20;

constexpr float kKnotJitter = 0.6F;   // units, either way
constexpr float kBend = 2.2F;         // largest displacement of a node of the elastic grid, units
constexpr float kLeastScale = 0.75F;  // pixels per unit
constexpr float kMostScale = 1.05F;
constexpr float kLeastAspect = 0.80F;  // width over height, relative to the table
constexpr float kMostAspect = 1.25F;
constexpr float kMostRotation = 0.30F;  // radians, either way
constexpr float kMostShear = 0.35F;     // pixels sideways per pixel of height
constexpr float kMostShift = 2.5F;      // pixels from the middle of the frame
constexpr float kThinPen = 0.7F;        // half of the stroke width, pixels
constexpr float kThickPen = 1.5F;
constexpr float kPalestInk = 190;
constexpr float kDarkestInk = 255;
constexpr float kInkGrain = 0.15F;          // share of the ink that a pixel may lack
constexpr float kMargin = 1;                // pixels of the frame that stay black
constexpr std::uint32_t kGrainUnit = 1024;  // first draw of the grain, beyond all others of a case

struct Knot {
  Point at;
  bool corner;  // the curve may turn sharply here
};

using Stroke = std::vector<Knot>;
using Glyph = std::vector<Stroke>;

struct Writing {
  int digit;
  const char* strokes;  // knots "x,y" on a 12 x 20 sheet, y downwards; "!" marks a corner, ";" lifts the pen
};

constexpr Writing kWritings[] = {
    {0, "7,0 3,2 0.5,6 0,11 2,17 6,20 10,17.5 12,11 11,5 8.5,1 5,0.5"},
    {0, "6,0 3,4 2,10 3,16 6,20 9,16 10,10 9,4 6,0.2"},
    {0, "8,3 6,0.5 2.5,2.5 0.5,8 1,14 4,19 8,19 11,15 11.8,9 10.5,3.5 7.5,0.5 5,2"},
    {1, "6,0 6,7 6,13 6,20"},
    {1, "2.5,5 5,2.5 7,0! 7,7 7,13 7,20"},
    {1, "3,5 5,2.5 6.5,0! 6.5,7 6.5,13 6.5,20; 2.5,20 6.5,20 10.5,20"},
    {2, "1,5 3,1 7,0 10.5,3 10,8 6,13.5 1,20! 6,19.8 12,19.5"},
    {2, "0.5,4 4,0.5 8.5,1 10.5,5 8.5,10.5 4.5,15.5 1.5,19 0.3,17.5 2.5,16 6,18.5 9,20 12,18"},
    {3, "1,3 4,0.2 9,0.8 10.5,4.5 8.5,8 4.5,9.2! 9,10.2 11.8,14 9.5,18.8 5,20 0.5,17"},
    {3, "1,0 6,0 11,0! 8.5,4 5.5,8! 10,9.5 11.8,13.5 10,18.3 5.5,20 1,17.5"},
    {4, "2,0 1,5 0,11! 4,11.3 12,11; 9,2 8.8,8 8.5,14 8.3,20"},
    {4, "8.5,0 4.5,6.5 0,13.5! 6,13.6 12,13.4; 8.5,0 8.5,7 8.5,13 8.5,20"},
    {4, "1.5,0 0.7,5 1.5,9.5 5,10.8 9.5,9.5; 10.5,0 10,7 9.3,13 9,20"},
    {5, "2.5,0 2,4 1.5,8.5! 6,7 10.5,9 12,13.5 9.5,18.5 5,20 0.5,17.5; 2.5,0 6.5,0.2 11,0"},
    {5, "11,1 7,0.3 2.8,0.8! 2.2,4 2,8! 7,7.8 10.8,11 11,15.5 7.5,19.5 3.5,20 0,18.5"},
    {6, "9.5,0 5,3 1.5,8.5 0.3,14 2.5,18.8 6.5,20 10.5,17.5 11,13 8,10 4,10.8 1,14.5"},
    {6, "5,0 2.5,5 1,10.5 1,16 4,19.8 8.5,19.2 10.5,15.5 8.5,11.8 5,11.8 1.5,15"},
    {7, "0.5,1 6,0.5 12,0.5! 9,7 6.5,13 4.5,20"},
    {7, "0.5,1 6,0.5 11.5,0.5! 8.5,7 6.3,13 5,20; 2.8,10.3 6.5,10 10.5,9.5"},
    {7, "0.5,4 0.8,1! 5,1.6 11.5,0.5! 8,5.5 5.8,12 5.5,20"},
    {8, "10,2.5 6.5,0 2.5,1.5 1.8,5 5,8.8 9.3,12 10.8,16 6.5,20 1.5,17.5 1.8,13 6,9 9.8,5.5 10,2.5"},
    {8, "6,9 2.5,7 2,3 5.5,0 9.5,2 9.5,6.5 6,9 1.8,11.5 1,16.5 5.5,20 10.5,17.5 10.8,12.5 6,9"},
    {9, "10.5,3.5 7,0.2 2.5,1.5 0.8,5.5 3,9.5 7,9.3 10.3,5 10.8,3! 10.5,9 10,14 9.5,20"},
    {9, "10,2.5 6,0 2,2.5 1,6.5 4,10 8,8.8 10.5,4.5 11,9 9.5,15 6,19.5 2,19"},
};

Glyph parse(const char* text) {
  Glyph glyph(1);
  std::istringstream in(text);
  in.imbue(std::locale::classic());  // a program's own locale may read "2.5" otherwise
  const auto skip = [&in](char mark) { return in.peek() == mark && in.get() == mark; };
  Knot knot{};
  for (char comma = 0; in >> knot.at.x >> comma >> knot.at.y;) {
    knot.corner = skip('!');
    glyph.back().push_back(knot);
    if (skip(';')) glyph.emplace_back();
  }
  return glyph;
}

const std::vector<Glyph>& writings_of(int digit) {
  static const auto table = [] {
    std::array<std::vector<Glyph>, 10> glyphs;
    for (const Writing& writing : kWritings)
      glyphs[static_cast<std::size_t>(writing.digit)].push_back(parse(writing.strokes));
    return glyphs;
  }();
  return table[static_cast<std::size_t>(digit)];
}

// A Catmull-Rom curve; at the ends and at corners the tangent is that of the span itself.
void append_curve(const Stroke& stroke, std::vector<Segment>& segments) {
  constexpr int kSteps = 4;
  for (std::size_t i = 0; i + 1 < stroke.size(); ++i) {
    const Point a = stroke[i].at;
    const Point b = stroke[i + 1].at;
    const bool smooth_start = i > 0 && !stroke[i].corner;
    const bool smooth_end = i + 2 < stroke.size() && !stroke[i + 1].corner;
    const Point slope_a = smooth_start ? 0.5F * (b - stroke[i - 1].at) : b - a;
    const Point slope_b = smooth_end ? 0.5F * (stroke[i + 2].at - a) : b - a;
    Point last = a;
    for (int step = 1; step <= kSteps; ++step) {
      const float t = static_cast<float>(step) / kSteps;
      const float s = 1 - t;
      const Point next =
          (s * s * (1 + 2 * t)) * a + (t * t * (1 + 2 * s)) * b + (s * s * t) * slope_a - (t * t * s) * slope_b;
      segments.push_back({last, next});
      last = next;
    }
  }
}

std::vector<Segment> write_glyph(Glyph glyph, CaseDraws& draws) {
  std::vector<Segment> segments;
  for (Stroke& stroke : glyph) {
    for (Knot& knot : stroke)
      knot.at = knot.at + Point{draws.between(-kKnotJitter, kKnotJitter), draws.between(-kKnotJitter, kKnotJitter)};
    append_curve(stroke, segments);
  }
  return segments;
}

// A smooth displacement of the sheet: free-form deformation by a 4 x 4 lattice of random nodes [Sederberg & Parry
// 1986].
class ElasticSheet {
 public:
  explicit ElasticSheet(CaseDraws& draws) {
    for (Point& node : nodes_) node = {draws.between(-kBend, kBend), draws.between(-kBend, kBend)};
  }

  Point operator()(Point p) const {
    const auto across = bernstein(p.x / kGlyphWidth);
    const auto down = bernstein(p.y / kGlyphHeight);
    for (std::size_t i = 0; i < 4; ++i)
      for (std::size_t j = 0; j < 4; ++j) p = p + (down[i] * across[j]) * nodes_[4 * i + j];
    return p;
  }

 private:
  static std::array<float, 4> bernstein(float t) {
    const float s = 1 - t;
    return {s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t};
  }

  std::array<Point, 16> nodes_;
};

// Scale, aspect, shear and rotation as one matrix.
class Slant {
 public:
  explicit Slant(CaseDraws& draws) {
    const float scale = draws.between(kLeastScale, kMostScale);
    const float aspect = draws.between(kLeastAspect, kMostAspect);
    const float shear = draws.between(-kMostShear, kMostShear);
    const float angle = draws.between(-kMostRotation, kMostRotation);
    const float cosine = scale * std::cos(angle);
    const float sine = scale * std::sin(angle);
    right_ = {aspect * cosine, aspect * sine};
    down_ = {-shear * cosine - sine, cosine - shear * sine};
  }

  Point operator()(Point p) const { return p.x * right_ + p.y * down_; }

 private:
  Point right_, down_;
};

// Moves and, where it must, shrinks the curve so that its ink stays `border` away from the edge of the frame.
void place(std::vector<Segment>& segments, float border, CaseDraws& draws) {
  Point low = segments.front().from;
  Point high = low;
  for (const Segment& segment : segments) {
    for (const Point p : {segment.from, segment.to}) {
      low = {std::min(low.x, p.x), std::min(low.y, p.y)};
      high = {std::max(high.x, p.x), std::max(high.y, p.y)};
    }
  }
  const float room = kImageSide - 2 * border;
  const Point size = high - low;
  const float shrink = std::min(1.0F, room / std::max(size.x, size.y));
  const auto middle = [&](float length) {
    const float slack = std::min(kMostShift, (room - shrink * length) / 2);
    return kImageSide / 2.0F + draws.between(-slack, slack);
  };
  const Point target = {middle(size.x), middle(size.y)};
  const Point centre = 0.5F * (low + high);
  for (Segment& segment : segments)
    segment = {target + shrink * (segment.from - centre), target + shrink * (segment.to - centre)};
}

void ink(const std::vector<Segment>& segments, float reach, float darkness, std::span<const Scalar> grain,
         std::uint8_t* pixels) {
  const Distances distances = distances_to(segments, reach);
  for (std::size_t i = 0; i < kPixels; ++i) {
    if (distances[i] >= reach * reach) continue;
    const float tone = darkness * coverage(distances[i], reach) * (1 - kInkGrain * static_cast<float>(grain[i]));
    pixels[i] = static_cast<std::uint8_t>(tone + 0.5F);
  }
}

void draw_digit(const Stream& stream, Index number, int digit, std::uint8_t* pixels) {
  CaseDraws draws(stream, number);
  const auto& writings = writings_of(digit);
  auto segments = write_glyph(writings[static_cast<std::size_t>(draws.below(writings.size()))], draws);
  const ElasticSheet bend(draws);
  const Slant slant(draws);
  for (Segment& segment : segments) segment = {slant(bend(segment.from)), slant(bend(segment.to))};
  const float reach = draws.between(kThinPen, kThickPen) + 0.5F;
  place(segments, kMargin + reach, draws);
  std::array<Scalar, kPixels> grain;
  stream.uniforms_into({.instance = static_cast<std::uint32_t>(number), .unit = kGrainUnit}, grain);
  ink(segments, reach, draws.between(kPalestInk, kDarkestInk), grain, pixels);
}

// Ten consecutive cases hold each digit once, in an order of their own. Round 0 would share positions with the strokes.
int digit_of(const Stream& stream, Index number) {
  const auto block = static_cast<std::uint32_t>(number / 10);
  return static_cast<int>(permutation(stream, block + 1, 10)[static_cast<std::size_t>(number % 10)]);
}

}  // namespace

Dataset make_digits(const Stream& stream, Index cases) {
  Dataset dataset = black_images("digits", {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}, cases);
  auto& images = std::get<Dataset::Bytes>(dataset.features);
  parallel_for(cases, [&](Index i) {
    const int digit = digit_of(stream, i);
    dataset.labels[static_cast<std::size_t>(i)] = digit;
    draw_digit(stream, i, digit, images.col(i).data());
  });
  return dataset;
}

}  // namespace dbn::detail
