#pragma once
// Bytes as text, four characters for three [RFC 4648].

#include <cstdint>
#include <span>
#include <string>

namespace dbn::detail {

std::string base64(std::span<const std::uint8_t> bytes);

}  // namespace dbn::detail
