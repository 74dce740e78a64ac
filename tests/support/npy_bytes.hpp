#pragma once
// NPY files made by hand, so that they can lie.

#include <string>
#include <string_view>

#include <fmt/format.h>

#include <dbn/io/file.hpp>

namespace dbn::test {

/// A dictionary in Python's words behind magic, version and length, then the data.
inline ByteBuffer npy_file(const std::string& dictionary, const ByteBuffer& data, std::uint8_t version = 1) {
  const std::string text = dictionary + "\n";
  const std::string magic = "\x93NUMPY";
  ByteBuffer bytes(magic.begin(), magic.end());
  bytes.push_back(version);
  bytes.push_back(0);
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i) bytes.push_back(static_cast<std::uint8_t>(text.size() >> 8 * i));
  bytes.insert(bytes.end(), text.begin(), text.end());
  bytes.insert(bytes.end(), data.begin(), data.end());
  return bytes;
}

/// The file of an array of this type and shape, such as "<f4" and "(2, 3)".
inline ByteBuffer npy_array(std::string_view type, std::string_view shape, const ByteBuffer& data,
                            bool fortran_order = false) {
  return npy_file(fmt::format("{{'descr': '{}', 'fortran_order': {}, 'shape': {}, }}", type,
                              fortran_order ? "True" : "False", shape),
                  data);
}

}  // namespace dbn::test
