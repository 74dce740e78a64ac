#include "philox.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace dbn::detail {
namespace {

// The words of one counter stand in one lane of four vectors. A lane has 64 bits, of which the lower half counts: what
// is in the upper half is never read, so it needs no clearing.
#if defined(__AVX512F__)
using Lanes = std::uint64_t __attribute__((vector_size(64)));
// Masked by ones, because g++ 12 takes its own unmasked intrinsic for a use of uninitialised memory.
Lanes product(Lanes x, Lanes factor) { return (Lanes)_mm512_maskz_mul_epu32(0xFF, (__m512i)x, (__m512i)factor); }
Lanes zip_first(Lanes x, Lanes y) { return __builtin_shufflevector(x, y, 0, 8, 1, 9, 2, 10, 3, 11); }
Lanes zip_last(Lanes x, Lanes y) { return __builtin_shufflevector(x, y, 4, 12, 5, 13, 6, 14, 7, 15); }
#elif defined(__AVX2__)
using Lanes = std::uint64_t __attribute__((vector_size(32)));
Lanes product(Lanes x, Lanes factor) { return (Lanes)_mm256_mul_epu32((__m256i)x, (__m256i)factor); }
Lanes zip_first(Lanes x, Lanes y) { return __builtin_shufflevector(x, y, 0, 4, 1, 5); }
Lanes zip_last(Lanes x, Lanes y) { return __builtin_shufflevector(x, y, 2, 6, 3, 7); }
#else
using Lanes = std::uint64_t __attribute__((vector_size(16)));
#if defined(__SSE2__)
Lanes product(Lanes x, Lanes factor) { return (Lanes)_mm_mul_epu32((__m128i)x, (__m128i)factor); }
#else
Lanes product(Lanes x, Lanes factor) { return (x & 0xFFFFFFFFu) * factor; }
#endif
Lanes zip_first(Lanes x, Lanes y) { return __builtin_shufflevector(x, y, 0, 2); }
Lanes zip_last(Lanes x, Lanes y) { return __builtin_shufflevector(x, y, 1, 3); }
#endif

constexpr std::size_t kLanes = sizeof(Lanes) / sizeof(std::uint64_t);
constexpr std::size_t kVectors = 3;  // worked on side by side, to hide the latency of products
constexpr std::size_t kCounters = kLanes * kVectors;
constexpr std::size_t kWords = 4 * kCounters;

constexpr int kRounds = 10;
constexpr std::uint32_t kFactor0 = 0xD2511F53, kFactor1 = 0xCD9E8D57;  // Salmon et al. 2011
constexpr std::uint32_t kWeyl0 = 0x9E3779B9, kWeyl1 = 0xBB67AE85;

Lanes all(std::uint64_t value) { return Lanes{} + value; }

// Two neighbouring words of a counter as 64 bits in memory's order.
static_assert(std::endian::native == std::endian::little);
Lanes pair(Lanes low, Lanes high) { return (low & 0xFFFFFFFFu) | high << 32; }

void generate(const std::uint32_t (&key)[2], std::uint32_t first, std::uint32_t c1, std::uint32_t c2, std::uint32_t c3,
              std::uint32_t* words) {
  Lanes x0[kVectors], x1[kVectors], x2[kVectors], x3[kVectors];
  for (std::size_t v = 0; v < kVectors; ++v) {
    for (std::size_t i = 0; i < kLanes; ++i) x0[v][i] = first + static_cast<std::uint32_t>(v * kLanes + i);
    x1[v] = all(c1);
    x2[v] = all(c2);
    x3[v] = all(c3);
  }
  std::uint32_t k0 = key[0], k1 = key[1];
  for (int round = 0; round < kRounds; ++round, k0 += kWeyl0, k1 += kWeyl1)
    for (std::size_t v = 0; v < kVectors; ++v) {
      const Lanes p0 = product(x0[v], all(kFactor0));
      const Lanes p1 = product(x2[v], all(kFactor1));
      x0[v] = p1 >> 32 ^ x1[v] ^ all(k0);
      x2[v] = p0 >> 32 ^ x3[v] ^ all(k1);
      x1[v] = p1;
      x3[v] = p0;
    }
  for (std::size_t v = 0; v < kVectors; ++v, words += 4 * kLanes) {
    const Lanes low = pair(x0[v], x1[v]), high = pair(x2[v], x3[v]);
    const Lanes blocks[] = {zip_first(low, high), zip_last(low, high)};
    std::memcpy(words, blocks, sizeof blocks);
  }
}

}  // namespace

void philox_words(const std::uint32_t (&key)[2], std::uint32_t first, std::uint32_t c1, std::uint32_t c2,
                  std::uint32_t c3, std::span<std::uint32_t> words) {
  for (std::size_t done = 0; done < words.size(); done += kWords) {
    const auto block = first + static_cast<std::uint32_t>(done / 4);
    const std::size_t left = words.size() - done;
    if (left >= kWords) {
      generate(key, block, c1, c2, c3, words.data() + done);
    } else {
      std::uint32_t rest[kWords];
      generate(key, block, c1, c2, c3, rest);
      std::copy_n(rest, left, words.data() + done);
    }
  }
}

}  // namespace dbn::detail
