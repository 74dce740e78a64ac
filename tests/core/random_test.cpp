#include <dbn/core/random.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <set>

#include <Random123/philox.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

#include "../support/statistics.hpp"

namespace dbn {
namespace {

using test::chi_square;
using test::chi_square_bound;
using Words = std::array<std::uint32_t, 4>;

Words philox(Words counter, std::array<std::uint32_t, 2> key) {
  const auto out = r123::Philox4x32()({{counter[0], counter[1], counter[2], counter[3]}}, {{key[0], key[1]}});
  return {out[0], out[1], out[2], out[3]};
}

Words bits_of_block(const Stream& stream, Position at) {
  Words words;
  for (std::uint32_t i = 0; i < 4; ++i) words[i] = stream.bits({at.update, at.instance, at.unit + i});
  return words;
}

constexpr std::uint32_t kOnes = 0xFFFFFFFF;

// The vectors published with Random123 for philox4x32-10.
TEST(Random, PhiloxGivesItsPublishedAnswers) {
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox({kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

// Two of them can be asked of a stream; this fixes which word of seed and position goes where.
TEST(Random, StreamGivesPhiloxsPublishedAnswers) {
  EXPECT_EQ(bits_of_block(Stream(0, Purpose{0}, 0), {}), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  const Stream pi(0x299f31d0a4093822, Purpose{3}, 0x707344);
  EXPECT_EQ(bits_of_block(pi, {.update = 0x13198a2e, .instance = 0x85a308d3, .unit = 4 * 0x243f6a88u}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Random, BitsAreTheDocumentedFunctionOfPosition) {
  const Stream stream(0x0123456789abcdef, Purpose::corruption, 77);
  for (const std::uint32_t unit : {0u, 4u, 783u * 4, 0xFFFFFFFCu})
    EXPECT_EQ(bits_of_block(stream, {.update = 5, .instance = 9, .unit = unit}),
              philox({unit / 4, 9, 5, 6u << 24 | 77}, {0x89abcdef, 0x01234567}));
}

// Seen elsewhere: uniforms repeated within a wall-clock second; a seed that does not reach the sampler.
TEST(Random, EveryPartOfSeedStreamAndPositionChangesTheDraw) {
  std::set<std::uint32_t> seen;
  const auto add = [&](std::uint64_t seed, Purpose purpose, std::uint32_t layer, Position at) {
    seen.insert(Stream(seed, purpose, layer).bits(at));
  };
  add(1, Purpose::initial_weights, 0, {});
  add(2, Purpose::initial_weights, 0, {});
  add(1 + (std::uint64_t{1} << 32), Purpose::initial_weights, 0, {});
  for (int purpose = 2; purpose <= 11; ++purpose) add(1, static_cast<Purpose>(purpose), 0, {});
  add(1, Purpose::initial_weights, 1, {});
  add(1, Purpose::initial_weights, 0, {.update = 1});
  add(1, Purpose::initial_weights, 0, {.instance = 1});
  for (std::uint32_t unit = 1; unit < 9; ++unit) add(1, Purpose::initial_weights, 0, {.unit = unit});
  EXPECT_EQ(seen.size(), 3 + 10 + 3 + 8u);
  const Stream stream(1, Purpose::initial_weights);
  EXPECT_EQ(stream.bits({3, 4, 5}), Stream(1, Purpose::initial_weights).bits({3, 4, 5}));
}

TEST(Random, UniformsAreMultiplesInTheHalfOpenUnitInterval) {
  const Stream stream(3, Purpose::hidden_states);
  for (std::uint32_t unit = 0; unit < 1000; ++unit) {
    const double u = stream.uniform({.unit = unit});
    ASSERT_GE(u, 0);
    ASSERT_LE(u, 1 - 0x1p-24);
    ASSERT_EQ(u, std::floor(u * 0x1p24) * 0x1p-24);
  }
}

// Each axis on its own: a counter used wrongly shows as a pattern along one of them.
TEST(Random, UniformsFillTheirBinsAlongEveryAxis) {
  constexpr std::size_t kBins = 64;
  constexpr std::uint32_t kDraws = 1 << 15;
  const Stream stream(4, Purpose::hidden_states);
  for (int axis = 0; axis < 3; ++axis) {
    std::vector<double> found(kBins, 0);
    for (std::uint32_t i = 0; i < kDraws; ++i) {
      const Position at{axis == 0 ? i : 0, axis == 1 ? i : 0, axis == 2 ? i : 0};
      ++found[static_cast<std::size_t>(stream.uniform(at) * kBins)];
    }
    EXPECT_LT(chi_square(found, std::vector<double>(kBins, kDraws / kBins)), chi_square_bound(kBins - 1)) << axis;
  }
}

TEST(Random, ManyDrawsAreTheSingleOnes) {
  const Stream stream(5, Purpose::visible_states, 2);
  for (const std::size_t size : {1u, 3u, 4u, 5u, 255u, 256u, 257u, 600u})
    for (const std::uint32_t first : {0u, 4u, 252u}) {
      const Position at{.update = 8, .instance = 7, .unit = first};
      std::vector<Scalar> uniforms(size), normals(size, 0);
      stream.uniforms_into(at, uniforms);
      stream.add_normals(at, normals);
      for (std::size_t i = 0; i < size; ++i) {
        const Position unit{8, 7, first + static_cast<std::uint32_t>(i)};
        ASSERT_EQ(uniforms[i], static_cast<Scalar>(stream.uniform(unit))) << size << " from " << first << ", " << i;
        ASSERT_EQ(normals[i], static_cast<Scalar>(stream.normal(unit))) << size << " from " << first << ", " << i;
      }
    }
}

TEST(Random, NormalsArePairsByBoxMuller) {
  const Stream stream(6, Purpose::visible_states);
  for (std::uint32_t unit = 0; unit < 64; unit += 2) {
    const double x = stream.normal({.unit = unit});
    const double y = stream.normal({.unit = unit + 1});
    const double u = (static_cast<double>(stream.bits({.unit = unit})) + 1) * 0x1p-32;
    const double angle = 2 * std::numbers::pi * stream.bits({.unit = unit + 1}) * 0x1p-32;
    EXPECT_NEAR(x * x + y * y, -2 * std::log(u), 1e-12);
    EXPECT_NEAR(x * std::sin(angle), y * std::cos(angle), 1e-12);
  }
}

// Variances of the first four powers of a standard normal are 1, 2, 15 and 96; neighbours' products have variance 1.
// Five standard errors are passed by a right sampler but once in two million seeds.
TEST(Random, NormalsHaveTheMomentsOfTheStandardNormal) {
  constexpr Index kDraws = 100000;
  Matrix x = Matrix::Zero(kDraws, 1);
  add_normal_noise(Stream(7, Purpose::visible_states), {}, x);
  const Eigen::ArrayXd z = x.col(0).cast<double>().array();
  const double error = 5 / std::sqrt(static_cast<double>(kDraws));
  EXPECT_NEAR(z.mean(), 0, error);
  EXPECT_NEAR(z.square().mean(), 1, error * std::sqrt(2));
  EXPECT_NEAR(z.cube().mean(), 0, error * std::sqrt(15));
  EXPECT_NEAR(z.square().square().mean(), 3, error * std::sqrt(96));
  EXPECT_NEAR((z.head(kDraws - 1) * z.tail(kDraws - 1)).mean(), 0, error);
}

TEST(Random, BelowIsUniform) {
  const Stream stream(8, Purpose::batch_order);
  constexpr std::uint32_t kDraws = 7000;
  std::vector<double> found(7, 0);
  for (std::uint32_t i = 0; i < kDraws; ++i) {
    ++found.at(stream.below(7, {.update = i}));
    ASSERT_EQ(stream.below(1, {.update = i}), 0u);
  }
  EXPECT_LT(chi_square(found, std::vector<double>(7, kDraws / 7)), chi_square_bound(6));
}

constexpr Position kFirst{.update = 3, .instance = 10, .unit = 8};

Matrix spread_means(Index rows, Index cols) {
  Matrix mean(rows, cols);
  for (Index i = 0; i < mean.size(); ++i) mean.data()[i] = static_cast<Scalar>(i % 11) / Scalar{10};
  return mean;
}

TEST(Random, BernoulliStatesAreUniformsBelowTheMean) {
  const Stream stream(9, Purpose::hidden_states, 1);
  const Matrix mean = spread_means(21, 5);
  Matrix states(21, 5);
  draw_bernoulli(stream, kFirst, mean, states);
  for (Index c = 0; c < 5; ++c)
    for (Index r = 0; r < 21; ++r) {
      const double u = stream.uniform({3, 10 + static_cast<std::uint32_t>(c), 8 + static_cast<std::uint32_t>(r)});
      ASSERT_EQ(states(r, c), u < static_cast<double>(mean(r, c)) ? Scalar{1} : Scalar{0});
    }
}

// Both sides of the smallest step that a draw can tell, and means that only 24 bits can hold.
TEST(Random, BernoulliComparesWholeNumbersExactly) {
  const Stream stream(9, Purpose::hidden_states, 2);
  for (std::uint32_t unit = 0; unit < 400; ++unit) {
    const double u = stream.uniform({.unit = unit});
    for (const double step : {0.0, 0x1p-24}) {
      // Drawn as part of a whole block, because a draw begins at a multiple of four.
      Matrix block = Matrix::Zero(4, 1);
      block(unit % 4, 0) = static_cast<Scalar>(u + step);
      draw_bernoulli(stream, {.unit = unit / 4 * 4}, block, block);
      ASSERT_EQ(block(unit % 4, 0), step > 0 ? Scalar{1} : Scalar{0}) << unit;
    }
  }
}

TEST(Random, DrawsDoNotDependOnTilesOrOnTheSplitOfTheBatch) {
  const Stream stream(10, Purpose::hidden_states);
  const Matrix mean = spread_means(40, 6);
  Matrix states(40, 6);
  Matrix noisy = mean;
  draw_bernoulli(stream, kFirst, mean, states);
  add_normal_noise(stream, kFirst, noisy);
  Matrix tiled = mean;
  Matrix tiled_noisy = mean;
  for (const auto& [row, rows] : {std::pair<Index, Index>{16, 24}, {0, 16}})
    for (const auto& [col, cols] : {std::pair<Index, Index>{1, 5}, {0, 1}}) {
      const Position at{3, 10 + static_cast<std::uint32_t>(col), 8 + static_cast<std::uint32_t>(row)};
      auto tile = tiled.block(row, col, rows, cols);
      draw_bernoulli(stream, at, tile, tile);
      add_normal_noise(stream, at, tiled_noisy.block(row, col, rows, cols));
    }
  EXPECT_TRUE(tiled == states) << "in place, tile by tile";
  EXPECT_TRUE(tiled_noisy == noisy);
}

TEST(Random, BernoulliFrequenciesAreTheMeans) {
  constexpr Index kCases = 20000;
  const double p[] = {0, 0.001, 0.25, 0.5, 0.9, 1};
  Matrix mean(6, kCases);
  for (Index r = 0; r < 6; ++r) mean.row(r).setConstant(static_cast<Scalar>(p[r]));
  draw_bernoulli(Stream(11, Purpose::hidden_states), {}, mean, mean);
  for (Index r = 0; r < 6; ++r) {
    // Five binomial standard deviations; none at all for 0 and 1.
    const double bound = 5 * std::sqrt(p[r] * (1 - p[r]) / kCases);
    EXPECT_NEAR(mean.row(r).cast<double>().mean(), p[r], bound + 1e-12) << p[r];
  }
}

TEST(Permutation, IsAPermutation) {
  for (const Index n : {0, 1, 40, 1000}) {
    auto order = permutation(Stream(12, Purpose::batch_order), 0, n);
    std::vector<Index> sorted(static_cast<std::size_t>(n));
    std::iota(sorted.begin(), sorted.end(), Index{0});
    // Seen elsewhere: data never shuffled.
    EXPECT_EQ(order == sorted, n < 2) << n;
    std::sort(order.begin(), order.end());
    EXPECT_EQ(order, sorted);
  }
}

TEST(Permutation, DiffersByRoundAndSeedOnly) {
  const Stream stream(13, Purpose::batch_order);
  EXPECT_EQ(permutation(stream, 4, 100), permutation(Stream(13, Purpose::batch_order), 4, 100));
  EXPECT_NE(permutation(stream, 4, 100), permutation(stream, 5, 100));
  EXPECT_NE(permutation(stream, 4, 100), permutation(Stream(14, Purpose::batch_order), 4, 100));
}

TEST(Permutation, EveryOrderIsAsLikely) {
  constexpr std::uint32_t kRounds = 24 * 500;
  std::vector<Index> order{0, 1, 2, 3};
  std::vector<std::vector<Index>> orders;
  do orders.push_back(order);
  while (std::next_permutation(order.begin(), order.end()));
  std::vector<double> found(orders.size(), 0);
  const Stream stream(15, Purpose::batch_order);
  for (std::uint32_t round = 0; round < kRounds; ++round) {
    const auto drawn = permutation(stream, round, 4);
    ++found[static_cast<std::size_t>(std::lower_bound(orders.begin(), orders.end(), drawn) - orders.begin())];
  }
  EXPECT_LT(chi_square(found, std::vector<double>(24, 500)), chi_square_bound(23));
}

TEST(Permutation, RefusesMoreThanAPositionCanNumber) {
  EXPECT_THROW(permutation(Stream(16, Purpose::batch_order), 0, Index{1} << 32), InvalidArgument);
  EXPECT_THROW(permutation(Stream(16, Purpose::batch_order), 0, -1), InvalidArgument);
}

}  // namespace
}  // namespace dbn
