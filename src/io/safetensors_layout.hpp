#pragma once
// What the writer and the reader of safetensors must agree on: limits, element types, places, header text, checksums.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dbn::detail {

inline constexpr std::size_t kLengthBytes = 8;
inline constexpr std::uint64_t kMaxHeaderBytes = std::uint64_t{16} << 20;
inline constexpr std::size_t kMaxTensors = 4096;
inline constexpr std::size_t kMaxRank = 4;
inline constexpr std::size_t kMaxMetadata = 4096;
inline constexpr const char* kMetadataKey = "__metadata__";
inline constexpr const char* kBufferCrcKey = "crc32";
inline constexpr const char* kHeaderCrcKey = "header_crc32";

using Metadata = std::map<std::string, std::string>;

/// One row of the header's table: bytes [begin, end) of the buffer.
struct TensorEntry {
  std::string name;
  std::string dtype;
  std::vector<std::uint64_t> shape;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// Why a tensor of this type and shape is not taken, and its size in bytes when it is.
struct TensorSize {
  std::uint64_t bytes = 0;
  std::string fault;
};
TensorSize tensor_size(const std::string& dtype, std::span<const std::uint64_t> shape);

/// The index of the first element that is NaN or infinite.
std::optional<std::uint64_t> first_non_finite(const std::string& dtype, std::span<const std::uint8_t> bytes);

/// Puts the entries into the order of the file and sets their places from 0, without holes. Their sizes must be valid.
void arrange(std::vector<TensorEntry>& entries);

/// Eight hexadecimal digits: the checksum of bytes, in one piece or several.
std::string crc32_text(std::span<const std::uint8_t> bytes);
std::string crc32_text(std::span<const std::span<const std::uint8_t>> pieces);

/// The header of arranged entries, with both checksums and padding. Throws InvalidArgument for text that is not UTF-8.
std::string header_text(const std::vector<TensorEntry>& entries, Metadata metadata, const std::string& buffer_crc);

}  // namespace dbn::detail
