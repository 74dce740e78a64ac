#include "safetensors_layout.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <zlib.h>
#include <nlohmann/json.hpp>

#include <dbn/core/error.hpp>
#include <dbn/io/json.hpp>

namespace dbn::detail {
namespace {

/// Bytes per element, which is also the alignment; 0 for a type that is not taken.
std::size_t element_bytes(const std::string& dtype) {
  if (dtype == "F32") return 4;
  if (dtype == "F64") return 8;
  return 0;
}

std::string json_string(const std::string& text) {
  try {
    return nlohmann::json(text).dump();
  } catch (const nlohmann::json::exception&) {
    throw InvalidArgument(fmt::format("safetensors: {} is not valid UTF-8", quote_for_message(text)));
  }
}

std::string json_text(const std::vector<TensorEntry>& entries, const Metadata& metadata) {
  std::string text = fmt::format("{{\"{}\":{{", kMetadataKey);
  const char* separator = "";
  for (const auto& [key, value] : metadata) {
    text += fmt::format("{}{}:{}", std::exchange(separator, ","), json_string(key), json_string(value));
  }
  text += '}';
  for (const TensorEntry& entry : entries) {
    text += fmt::format(",{}:{{\"dtype\":\"{}\",\"shape\":[{}],\"data_offsets\":[{},{}]}}", json_string(entry.name),
                        entry.dtype, fmt::join(entry.shape, ","), entry.begin, entry.end);
  }
  return text + '}';
}

/// IEEE 754: a number is not finite when all bits of its exponent are set.
template <typename Bits>
std::optional<std::uint64_t> first_with_exponent(std::span<const std::uint8_t> bytes, Bits exponent) {
  const std::size_t count = bytes.size() / sizeof(Bits);
  const auto bits_at = [&](std::size_t i) {
    Bits bits = 0;
    std::memcpy(&bits, bytes.data() + i * sizeof(Bits), sizeof(Bits));
    return bits;
  };
  // Blocks without a branch inside, so that they are vectorised: almost always there is nothing to find.
  constexpr std::size_t kBlock = 4096;
  for (std::size_t first = 0; first < count; first += kBlock) {
    const std::size_t end = std::min(count, first + kBlock);
    Bits found = 0;
    for (std::size_t i = first; i < end; ++i) found |= static_cast<Bits>((bits_at(i) & exponent) == exponent);
    for (std::size_t i = first; found != 0 && i < end; ++i)
      if ((bits_at(i) & exponent) == exponent) return i;
  }
  return std::nullopt;
}

}  // namespace

TensorSize tensor_size(const std::string& dtype, std::span<const std::uint64_t> shape) {
  const std::uint64_t width = element_bytes(dtype);
  if (width == 0) return {0, fmt::format("dtype {} is not taken, expected F32 or F64", quote_for_message(dtype))};
  if (shape.size() > kMaxRank) return {0, fmt::format("rank {}, expected at most {}", shape.size(), kMaxRank)};
  std::uint64_t bytes = width;
  for (const std::uint64_t extent : shape) {
    if (extent != 0 && bytes > std::numeric_limits<std::uint64_t>::max() / extent) {
      return {0, fmt::format("shape [{}] overflows 64 bits", fmt::join(shape, ", "))};
    }
    bytes *= extent;
  }
  return {bytes, ""};
}

std::optional<std::uint64_t> first_non_finite(const std::string& dtype, std::span<const std::uint8_t> bytes) {
  if (element_bytes(dtype) == sizeof(std::uint32_t)) return first_with_exponent(bytes, std::uint32_t{0x7f800000});
  return first_with_exponent(bytes, std::uint64_t{0x7ff0000000000000});
}

void arrange(std::vector<TensorEntry>& entries) {
  std::sort(entries.begin(), entries.end(), [](const TensorEntry& a, const TensorEntry& b) {
    return std::tuple(element_bytes(b.dtype), std::string_view(a.name)) <
           std::tuple(element_bytes(a.dtype), std::string_view(b.name));
  });
  std::uint64_t place = 0;
  for (TensorEntry& entry : entries) {
    entry.begin = place;
    entry.end = place += tensor_size(entry.dtype, entry.shape).bytes;
  }
}

std::string crc32_text(std::span<const std::uint8_t> bytes) { return crc32_text({&bytes, 1}); }

std::string crc32_text(std::span<const std::span<const std::uint8_t>> pieces) {
  uLong crc = 0;
  // zlib answers a null pointer with the start value, which is also the checksum of nothing.
  for (const auto piece : pieces)
    if (!piece.empty()) crc = crc32_z(crc, piece.data(), piece.size());
  return fmt::format("{:08x}", crc);
}

std::string header_text(const std::vector<TensorEntry>& entries, Metadata metadata, const std::string& buffer_crc) {
  metadata[kBufferCrcKey] = buffer_crc;
  metadata.erase(kHeaderCrcKey);
  const std::string unsealed = json_text(entries, metadata);
  metadata[kHeaderCrcKey] = crc32_text({reinterpret_cast<const std::uint8_t*>(unsealed.data()), unsealed.size()});
  std::string text = json_text(entries, metadata);
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

}  // namespace dbn::detail
