#include <dbn/core/random.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>

#include <Random123/philox.h>
#include <fmt/format.h>

#include <dbn/core/error.hpp>

namespace dbn {
namespace {

using Philox = r123::Philox4x32;
using Block = std::array<std::uint32_t, 4>;

constexpr std::uint32_t kBlock = 4;  // words that one counter gives
constexpr std::size_t kChunk = 64;   // counters that are worked on at a time: enough to fill the vector units

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

std::span<Scalar> scratch(Index size) {
  static thread_local std::vector<Scalar> buffer;
  if (buffer.size() < static_cast<std::size_t>(size)) buffer.resize(static_cast<std::size_t>(size));
  return {buffer.data(), static_cast<std::size_t>(size)};
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
  std::uint32_t words[kBlock * kChunk];
  for (std::size_t done = 0; done < out.size(); done += kBlock * kChunk) {
    const std::size_t count = std::min(out.size() - done, kBlock * kChunk);
    const auto blocks = static_cast<std::uint32_t>((count + kBlock - 1) / kBlock);
    const auto first = at.unit / kBlock + static_cast<std::uint32_t>(done / kBlock);
    for (std::uint32_t i = 0; i < blocks; ++i) {
      const auto block = generate(key_, first + i, at, stream_);
      for (std::uint32_t j = 0; j < kBlock; ++j) words[kBlock * i + j] = block[j];
    }
    for (std::size_t i = 0; i < count; ++i) out[done + i] = to_uniform<Scalar>(words[i]);
  }
}

void Stream::normals_into(Position at, std::span<Scalar> out) const {
  for (std::size_t done = 0; done < out.size(); done += kBlock) {
    const auto words = generate(key_, at.unit / kBlock + static_cast<std::uint32_t>(done / kBlock), at, stream_);
    const auto low = box_muller(words[0], words[1]);
    const auto high = box_muller(words[2], words[3]);
    const double block[kBlock] = {low[0], low[1], high[0], high[1]};
    const std::size_t count = std::min<std::size_t>(out.size() - done, kBlock);
    for (std::size_t j = 0; j < count; ++j) out[done + j] = static_cast<Scalar>(block[j]);
  }
}

void draw_bernoulli(const Stream& stream, Position first, const ConstMatrixRef& mean, MatrixRef states) {
  const auto uniforms = scratch(mean.rows());
  const Eigen::Map<const Vector> u(uniforms.data(), mean.rows());
  for (Index c = 0; c < mean.cols(); ++c) {
    stream.uniforms_into(column(first, c), uniforms);
    states.col(c) = (u.array() < mean.col(c).array()).cast<Scalar>();
  }
}

void add_normal_noise(const Stream& stream, Position first, MatrixRef values) {
  const auto normals = scratch(values.rows());
  for (Index c = 0; c < values.cols(); ++c) {
    stream.normals_into(column(first, c), normals);
    values.col(c) += Eigen::Map<const Vector>(normals.data(), values.rows());
  }
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
