#pragma once
// Zip archives made by hand, so that they can lie.

#include <zlib.h>

#include <optional>
#include <string>
#include <vector>

#include <dbn/io/file.hpp>

#include "deflated.hpp"

namespace dbn::test {

struct ZipPart {
  std::string name;
  ByteBuffer content = {'h', 'e', 'l', 'l', 'o'};
  std::uint16_t method = 0;  ///< 8 is deflated, any other stored
  std::uint16_t flags = 0;
  // What the headers say, where it is not the truth.
  std::optional<std::uint32_t> crc = {};
  std::optional<std::uint32_t> compressed_size = {};
  std::optional<std::uint32_t> size = {};
  std::optional<std::uint32_t> offset = {};
  bool in_directory_only = false;
};

inline void append_number(ByteBuffer& bytes, std::uint32_t number, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) bytes.push_back(static_cast<std::uint8_t>(number >> 8 * i));
}

inline void append_text(ByteBuffer& bytes, std::string_view text) {
  bytes.insert(bytes.end(), text.begin(), text.end());
}

/// What both headers of a part say, from the version that is needed to the length of the name.
inline void append_zip_fields(ByteBuffer& bytes, const ZipPart& part, std::size_t stored_size) {
  constexpr std::uint32_t kVersion = 20;
  constexpr std::uint32_t kFirstOfJanuary1980 = 0x21;
  const auto crc = crc32(0, part.content.data(), static_cast<uInt>(part.content.size()));
  append_number(bytes, kVersion, 2);
  append_number(bytes, part.flags, 2);
  append_number(bytes, part.method, 2);
  append_number(bytes, 0, 2);
  append_number(bytes, kFirstOfJanuary1980, 2);
  append_number(bytes, part.crc.value_or(static_cast<std::uint32_t>(crc)), 4);
  append_number(bytes, part.compressed_size.value_or(static_cast<std::uint32_t>(stored_size)), 4);
  append_number(bytes, part.size.value_or(static_cast<std::uint32_t>(part.content.size())), 4);
  append_number(bytes, static_cast<std::uint32_t>(part.name.size()), 2);
}

inline ByteBuffer zip_stored(const ZipPart& part) {
  return part.method == 8 ? deflated(part.content, Wrapping::none) : part.content;
}

/// A local header and what it heads.
inline void append_zip_member(ByteBuffer& bytes, const ZipPart& part) {
  const ByteBuffer stored = zip_stored(part);
  append_text(bytes, "PK\x03\x04");
  append_zip_fields(bytes, part, stored.size());
  append_number(bytes, 0, 2);
  append_text(bytes, part.name);
  bytes.insert(bytes.end(), stored.begin(), stored.end());
}

inline ByteBuffer zip_bytes(const std::vector<ZipPart>& parts, std::string_view comment = {}) {
  ByteBuffer bytes;
  ByteBuffer directory;
  for (const ZipPart& part : parts) {
    append_text(directory, "PK\x01\x02");
    append_number(directory, 20, 2);
    append_zip_fields(directory, part, zip_stored(part).size());
    append_number(directory, 0, 4);  // no extra field, no comment
    append_number(directory, 0, 4);  // disk, attributes
    append_number(directory, 0, 4);
    append_number(directory, part.offset.value_or(static_cast<std::uint32_t>(bytes.size())), 4);
    append_text(directory, part.name);
    if (!part.in_directory_only) append_zip_member(bytes, part);
  }
  const auto offset = static_cast<std::uint32_t>(bytes.size());
  bytes.insert(bytes.end(), directory.begin(), directory.end());
  append_text(bytes, "PK\x05\x06");
  append_number(bytes, 0, 4);
  append_number(bytes, static_cast<std::uint32_t>(parts.size()), 2);
  append_number(bytes, static_cast<std::uint32_t>(parts.size()), 2);
  append_number(bytes, static_cast<std::uint32_t>(directory.size()), 4);
  append_number(bytes, offset, 4);
  append_number(bytes, static_cast<std::uint32_t>(comment.size()), 2);
  append_text(bytes, comment);
  return bytes;
}

}  // namespace dbn::test
