#pragma once
// Bytes compressed by zlib: as in a gzip file, or bare as in a zip archive.

#include <zlib.h>

#include <span>
#include <stdexcept>

#include <dbn/io/file.hpp>

namespace dbn::test {

enum class Wrapping { gzip = MAX_WBITS + 16, none = -MAX_WBITS };

inline ByteBuffer deflated(std::span<const std::uint8_t> bytes, Wrapping wrapping) {
  z_stream stream{};
  if (deflateInit2(&stream, 9, Z_DEFLATED, static_cast<int>(wrapping), 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error("deflate");
  ByteBuffer packed(deflateBound(&stream, bytes.size()));
  stream.next_in = const_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = packed.data();
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

}  // namespace dbn::test
