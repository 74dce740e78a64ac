#pragma once
// A text as the bytes of a file.

#include <cstdint>
#include <span>
#include <string_view>

namespace dbn::test {

inline std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace dbn::test
