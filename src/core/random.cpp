#include <dbn/core/random.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>

#include <Random123/philox.h>
#include <fmt/format.h>

#include <dbn/core/error.hpp>

#include "philox.hpp"

namespace dbn {
namespace {

using Philox = r123::Philox4x32;

constexpr std::uint32_t kBlock = 4;  // words that one counter gives
constexpr std::size_t kChunk =
    288;  // words that are worked on at a time: whole calls of the kernel, in a first-level cache

Philox::ctr_type generate(const std::uint32_t (&key)[2], std::uint32_t block, Position at, std::uint32_t stream) {
  const Philox::ctr_type counter = {{block, at.instance, at.update, stream}};
  return Philox()(counter, Philox::key_type{{key[0], key[1]}});
}

// 24 bits: the most that a float holds exactly, so that float and double builds draw alike.
constexpr double kUnit24 = 1.0 / (1 << 24);
template <typename Real>
Real to_uniform(std::uint32_t bits) {
  return static_cast<Real>(static_cast<std::int32_t>(bits >> 8)) * static_cast<Real>(kUnit24);
}

// Two normals from two words; the radius uses (0, 1] so that its logarithm is finite.
std::array<double, 2> box_muller(std::uint32_t a, std::uint32_t b) {
  const double radius = std::sqrt(-2.0 * std::log((static_cast<double>(a) + 1.0) * 0x1p-32));
  const double angle = 2.0 * std::numbers::pi * static_cast<double>(b) * 0x1p-32;
  return {radius * std::cos(angle), radius * std::sin(angle)};
}

Position column(Position first, Index c) {
  return {first.update, first.instance + static_cast<std::uint32_t>(c), first.unit};
}

// Calls body(done, words) for the words of `size` units from at.unit on, piece by piece.
template <typename Body>
void for_each_chunk(const std::uint32_t (&key)[2], std::uint32_t stream, Position at, std::size_t size, Body&& body) {
  std::uint32_t words[kChunk];
  for (std::size_t done = 0; done < size; done += kChunk) {
    const std::span<std::uint32_t> chunk(words, std::min(size - done, kChunk));
    const auto block = at.unit / kBlock + static_cast<std::uint32_t>(done / kBlock);
    detail::philox_words(key, block, at.instance, at.update, stream, chunk);
    body(done, std::span<const std::uint32_t>(chunk));
  }
}

}  // namespace

Stream::Stream(std::uint64_t seed, Purpose purpose, std::uint32_t layer)
    : key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)},
      stream_(static_cast<std::uint32_t>(purpose) << 24 | (layer & 0xFFFFFFu)) {}

std::uint32_t Stream::bits(Position at) const {
  return generate(key_, at.unit / kBlock, at, stream_)[at.unit % kBlock];
}

double Stream::uniform(Position at) const { return to_uniform<double>(bits(at)); }

double Stream::normal(Position at) const {
  const auto words = generate(key_, at.unit / kBlock, at, stream_);
  const std::uint32_t pair = at.unit % kBlock / 2 * 2;
  return box_muller(words[pair], words[pair + 1])[at.unit % 2];
}

std::uint32_t Stream::below(std::uint32_t n, Position at) const {
  return static_cast<std::uint32_t>(std::uint64_t{bits(at)} * n >> 32);
}

void Stream::uniforms_into(Position at, std::span<Scalar> out) const {
  for_each_chunk(key_, stream_, at, out.size(), [&](std::size_t done, std::span<const std::uint32_t> words) {
    for (std::size_t i = 0; i < words.size(); ++i) out[done + i] = to_uniform<Scalar>(words[i]);
  });
}

// A draw is one comparison of whole numbers: 24 bits against the mean in units of 2^-24, which is exact.
void Stream::bernoulli_into(Position at, std::span<const Scalar> mean, std::span<Scalar> states) const {
  for_each_chunk(key_, stream_, at, mean.size(), [&](std::size_t done, std::span<const std::uint32_t> words) {
    const Scalar* p = mean.data() + done;
    Scalar* s = states.data() + done;
    for (std::size_t i = 0; i < words.size(); ++i)
      s[i] = static_cast<Scalar>(static_cast<std::int32_t>(words[i] >> 8)) < p[i] * Scalar{1 << 24} ? Scalar{1}
                                                                                                    : Scalar{0};
  });
}

void Stream::add_normals(Position at, std::span<Scalar> values) const {
  const std::size_t pairs = (values.size() + 1) / 2;
  for_each_chunk(key_, stream_, at, 2 * pairs, [&](std::size_t done, std::span<const std::uint32_t> words) {
    for (std::size_t i = 0; i < words.size(); i += 2) {
      const auto pair = box_muller(words[i], words[i + 1]);
      values[done + i] += static_cast<Scalar>(pair[0]);
      if (done + i + 1 < values.size()) values[done + i + 1] += static_cast<Scalar>(pair[1]);
    }
  });
}

void draw_bernoulli(const Stream& stream, Position first, const ConstMatrixRef& mean, MatrixRef states) {
  const auto rows = static_cast<std::size_t>(mean.rows());
  for (Index c = 0; c < mean.cols(); ++c)
    stream.bernoulli_into(column(first, c), {mean.col(c).data(), rows}, {states.col(c).data(), rows});
}

void add_normal_noise(const Stream& stream, Position first, MatrixRef values) {
  for (Index c = 0; c < values.cols(); ++c)
    stream.add_normals(column(first, c), {values.col(c).data(), static_cast<std::size_t>(values.rows())});
}

std::vector<Index> permutation(const Stream& stream, std::uint32_t round, Index n) {
  if (n < 0 || n > Index{0xFFFFFFFF})
    throw InvalidArgument(fmt::format("permutation: expected at most 2^32 - 1 cases, found {}", n));
  std::vector<Index> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), Index{0});
  for (auto left = static_cast<std::uint32_t>(n); left > 1; --left) {
    const std::uint32_t pick = stream.below(left, {.update = round, .instance = left});
    std::swap(order[left - 1], order[pick]);
  }
  return order;
}

}  // namespace dbn
