#pragma once
// Philox4x32-10 over many counters at once: the fast kernel whose naive twin is Random123's, counter by counter.

#include <cstdint>
#include <span>

namespace dbn::detail {

/// Words 4i to 4i + 3 become the block of counter (first + i, c1, c2, c3); the last block may be cut short.
void philox_words(const std::uint32_t (&key)[2], std::uint32_t first, std::uint32_t c1, std::uint32_t c2,
                  std::uint32_t c3, std::span<std::uint32_t> words);

}  // namespace dbn::detail
