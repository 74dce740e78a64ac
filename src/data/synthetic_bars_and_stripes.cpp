#include <algorithm>

#include <dbn/core/parallel.hpp>

#include "synthetic_generators.hpp"

namespace dbn::detail {
namespace {

constexpr Index kSide = 4;
constexpr Index kMasks = 1 << kSide;
constexpr Index kCombinations = 2 * kMasks;  // of orientation and mask; two of them are all black, two all white

using Image = Eigen::Map<Eigen::Matrix<std::uint8_t, kSide, kSide, Eigen::RowMajor>>;

// Line i, a column of bars or a row of stripes, is on where the mask has its bit i.
void draw(Index mask, bool stripes, Image image) {
  for (Index i = 0; i < kSide; ++i) {
    if ((mask >> i & 1) == 0) continue;
    if (stripes)
      image.row(i).setConstant(255);
    else
      image.col(i).setConstant(255);
  }
}

}  // namespace

// The orientation is a fair coin, and so is each of the four lines [MacKay 2003; Fischer & Igel 2010]: the images of
// all lines and of none come of both orientations, with probability 2/32, the 28 others of one, with 1/32. The coins
// are not tossed: each 32 cases in a row hold all their outcomes once, in an order drawn by the stream, so that any
// multiple of 32 cases has the exact distribution.
Dataset make_bars_and_stripes(const Stream& stream, Index cases) {
  check_case_count("bars-and-stripes", cases);
  Dataset dataset{.name = "synthetic:bars-and-stripes",
                  .features = Dataset::Bytes(Dataset::Bytes::Zero(kSide * kSide, cases)),
                  .labels = std::vector<int>(static_cast<std::size_t>(cases)),
                  .classes = {"bars", "stripes"},
                  .shape = {kSide, kSide}};
  auto& images = std::get<Dataset::Bytes>(dataset.features);
  parallel_for((cases + kCombinations - 1) / kCombinations, [&](Index block) {
    const auto order = permutation(stream, static_cast<std::uint32_t>(block), kCombinations);
    const Index first = block * kCombinations;
    for (Index i = first; i < std::min(first + kCombinations, cases); ++i) {
      const Index combination = order[static_cast<std::size_t>(i - first)];
      const bool stripes = combination >= kMasks;
      draw(combination % kMasks, stripes, Image(images.col(i).data()));
      dataset.labels[static_cast<std::size_t>(i)] = stripes ? 1 : 0;
    }
  });
  return dataset;
}

}  // namespace dbn::detail
