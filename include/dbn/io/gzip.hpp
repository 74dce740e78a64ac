#pragma once
// gzip streams by zlib's inflate, strictly: several members are joined; truncation, wrong CRC or trailing bytes
// refused.

#include <cstdint>
#include <span>
#include <string>

#include <dbn/io/file.hpp>

namespace dbn {

/// True when the bytes start like a gzip member.
bool is_gzip(std::span<const std::uint8_t> bytes);

/// The joined contents of all members. `name` is for messages. Throws DataError, also when the result would pass
/// `limit` bytes, and when it is more than a mebibyte and a thousand times what was unpacked for it (a bomb).
ByteBuffer gunzip(std::span<const std::uint8_t> bytes, const std::string& name,
                  std::size_t limit = std::size_t{8} << 30);

}  // namespace dbn
