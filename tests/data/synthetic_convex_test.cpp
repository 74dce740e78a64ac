#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include <dbn/data/synthetic.hpp>

namespace dbn {
namespace {

constexpr int kSide = 28;

using Pixels = Eigen::Array<bool, kSide, kSide>;

Dataset sets(Index cases) { return synthetic_dataset("convex").make(Stream(1, Purpose::synthetic_training), cases); }

Pixels pixels(const Dataset& dataset, Index number) {
  using Image = Eigen::Map<const Eigen::Array<std::uint8_t, kSide, kSide, Eigen::RowMajor>>;
  return Image(std::get<Dataset::Bytes>(dataset.features).col(number).data()) == 255;
}

bool is_convex(const Dataset& dataset, Index number) { return dataset.labels[static_cast<std::size_t>(number)] == 1; }

struct Place {
  int row, column;
};

// Whether a pixel outside the set has its centre on the segment between those of two pixels of the set.
bool some_segment_leaves(const Pixels& set) {
  std::vector<Place> members;
  for (int row = 0; row < kSide; ++row)
    for (int column = 0; column < kSide; ++column)
      if (set(row, column)) members.push_back({row, column});
  for (const Place a : members)
    for (const Place b : members) {
      const int steps = std::gcd(b.row - a.row, b.column - a.column);
      for (int i = 1; i < steps; ++i)
        if (!set(a.row + (b.row - a.row) / steps * i, a.column + (b.column - a.column) / steps * i)) return true;
    }
  return false;
}

TEST(SyntheticConvex, NoSegmentLeavesAConvexSetAndSomeSegmentLeavesAnyOther) {
  const Dataset dataset = sets(400);
  ASSERT_EQ(dataset.classes, (std::vector<std::string>{"non-convex", "convex"}));
  ASSERT_EQ(dataset.shape, (std::vector<Index>{kSide, kSide}));
  for (Index i = 0; i < dataset.case_count(); ++i)
    ASSERT_EQ(some_segment_leaves(pixels(dataset, i)), !is_convex(dataset, i)) << "case " << i;
}

// A union that is not convex has a pixel outside its largest part, which holds 10 at least.
TEST(SyntheticConvex, ImagesAreWhiteOnBlackAndHaveTheLeastSizes) {
  const Dataset dataset = sets(5000);
  const auto& bytes = std::get<Dataset::Bytes>(dataset.features);
  EXPECT_TRUE(((bytes.array() == 0) || (bytes.array() == 255)).all());
  for (Index i = 0; i < dataset.case_count(); ++i)
    ASSERT_GE(pixels(dataset, i).count(), is_convex(dataset, i) ? 19 : 11) << "case " << i;
}

/// Mean and spread of what one class of images has.
struct Moments {
  double count = 0, sum = 0, squares = 0;

  void add(double value) {
    ++count;
    sum += value;
    squares += value * value;
  }
  double mean() const { return sum / count; }
  double variance() const { return squares / count - mean() * mean(); }
  double error() const { return std::sqrt(variance() / count); }
};

// Areas by class.
std::array<Moments, 2> areas(const Dataset& dataset) {
  std::array<Moments, 2> moments;
  for (Index i = 0; i < dataset.case_count(); ++i)
    moments[is_convex(dataset, i)].add(static_cast<double>(pixels(dataset, i).count()));
  return moments;
}

// Every bound below is five standard deviations, which chance passes once in 1.7 million. On 800 000 cases the means
// were 422.9 and 422.8 pixels, each known to 0.24: a difference that these cases cannot show.
TEST(SyntheticConvex, ClassesAreAsFrequentAndOfTheSameMeanArea) {
  constexpr Index kCases = 40000;
  const auto [other, convex] = areas(sets(kCases));
  EXPECT_NEAR(convex.count, kCases / 2, 5 * std::sqrt(kCases / 4.0));
  EXPECT_NEAR(convex.mean(), other.mean(), 5 * std::hypot(convex.error(), other.error()));
}

// Point, angle and distance are uniform in a square frame, so that its four turns and mirrors are as likely.
TEST(SyntheticConvex, NoSideOfTheFrameIsPreferred) {
  const Dataset dataset = sets(20000);
  std::array<Moments, 3> differences;  // of white pixels: top - bottom, left - right, below - above the diagonal
  for (Index i = 0; i < dataset.case_count(); ++i) {
    const Eigen::Array<double, kSide, kSide> set = pixels(dataset, i).cast<double>();
    differences[0].add(set.topRows<kSide / 2>().sum() - set.bottomRows<kSide / 2>().sum());
    differences[1].add(set.leftCols<kSide / 2>().sum() - set.rightCols<kSide / 2>().sum());
    differences[2].add((set.matrix().triangularView<Eigen::Lower>().toDenseMatrix() -
                        set.matrix().triangularView<Eigen::Upper>().toDenseMatrix())
                           .sum());
  }
  for (const Moments& difference : differences) EXPECT_NEAR(difference.mean(), 0, 5 * difference.error());
}

/// The definition once more: half-planes as a list whose length is drawn first, and pixels asked one by one.
class Definition {
 public:
  Pixels convex() {
    for (;;) {
      const Pixels set = intersection(0.195, 19);
      if (uniform(0, 204) < static_cast<double>(set.count())) return set;
    }
  }

  Pixels other() {
    for (;;) {
      Pixels set = intersection(0.07, 10);
      const int more = 1 + static_cast<int>(uniform(0, 3));
      for (int i = 0; i < more; ++i) set = set || intersection(0.07, 10);
      if (some_segment_leaves(set)) return set;
    }
  }

 private:
  struct HalfPlane {
    double x, y, least;
  };

  Pixels intersection(double last, Index least) {
    for (;;) {
      const double at_x = uniform(4, 24);
      const double at_y = uniform(4, 24);
      // Geometric from 1, by its distribution function.
      std::vector<HalfPlane> planes(1 + static_cast<std::size_t>(std::log1p(-uniform(0, 1)) / std::log1p(-last)));
      for (HalfPlane& plane : planes) {
        const double angle = uniform(0, 2 * std::numbers::pi);
        plane = {std::cos(angle), std::sin(angle), 0};
        plane.least = 14 * (plane.x + plane.y) + uniform(-14, 14) * std::numbers::sqrt2;
        if (plane.x * at_x + plane.y * at_y < plane.least) plane = {-plane.x, -plane.y, -plane.least};
      }
      Pixels set;
      for (int row = 0; row < kSide; ++row)
        for (int column = 0; column < kSide; ++column)
          set(row, column) = std::ranges::all_of(planes, [&](const HalfPlane& plane) {
            return plane.x * (column + 0.5) + plane.y * (row + 0.5) >= plane.least;
          });
      if (set.count() >= least) return set;
    }
  }

  double uniform(double low, double high) {
    const Position at{.unit = drawn_++};
    return low + (high - low) * stream_.uniform(at);
  }

  Stream stream_{2, Purpose::synthetic_test};
  std::uint32_t drawn_ = 0;
};

void expect_same_mean(const Moments& a, const Moments& b, const char* what) {
  EXPECT_NEAR(a.mean(), b.mean(), 5 * std::hypot(a.error(), b.error())) << what;
}

TEST(SyntheticConvex, AreasAndOutlinesHaveTheMomentsOfTheDefinition) {
  constexpr Index kCases = 4000;
  const auto changes = [](const Pixels& set) {  // of colour along rows, a measure of the outline
    return static_cast<double>((set.leftCols<kSide - 1>() != set.rightCols<kSide - 1>()).count());
  };
  struct Measured {
    Moments area, square, white, outline;
    void add(const Pixels& set, double changed) {
      const auto size = static_cast<double>(set.count());
      area.add(size);
      square.add(size * size);
      white.add(set.all());
      outline.add(changed);
    }
  };
  std::array<Measured, 2> generated, defined;
  const Dataset dataset = sets(kCases);
  Definition definition;
  for (Index i = 0; i < kCases; ++i) {
    const std::size_t label = is_convex(dataset, i);
    const Pixels set = pixels(dataset, i);
    generated[label].add(set, changes(set));
    const Pixels twin = label == 1 ? definition.convex() : definition.other();
    defined[label].add(twin, changes(twin));
  }
  for (const std::size_t label : {0U, 1U}) {
    expect_same_mean(generated[label].area, defined[label].area, "area");
    expect_same_mean(generated[label].square, defined[label].square, "squared area");
    expect_same_mean(generated[label].outline, defined[label].outline, "outline");
  }
  expect_same_mean(generated[1].white, defined[1].white, "all white");
}

}  // namespace
}  // namespace dbn
