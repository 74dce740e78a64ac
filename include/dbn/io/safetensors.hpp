#pragma once
// The safetensors container (https://github.com/huggingface/safetensors), stricter than its reference reader.

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <dbn/io/file.hpp>

namespace dbn {

/// One tensor as stored: little-endian elements in row-major order.
struct StoredTensor {
  std::string name;
  std::string dtype;  ///< "F32" or "F64"
  std::vector<std::uint64_t> shape;
  ByteBuffer bytes;
};

/// A whole file: tensors and the strings of `__metadata__`.
struct SafetensorsFile {
  std::vector<StoredTensor> tensors;
  std::map<std::string, std::string> metadata;

  /// The tensor of that name, or nullptr.
  const StoredTensor* find(std::string_view name) const;
};

/// One tensor to be written, where it lies: little-endian elements in row-major order.
struct TensorView {
  std::string name;
  std::string dtype;  ///< "F32" or "F64"
  std::vector<std::uint64_t> shape;
  std::span<const std::uint8_t> bytes;
};

/// The bytes of a file: tensors sorted by alignment then name, contiguous, the header padded with spaces to a multiple
/// of 8. Two strings of 8 hexadecimal digits are put into the metadata, replacing what is there under their names:
/// `crc32` of the buffer, and `header_crc32` of the header's JSON text as it would be written without `header_crc32`.
/// Throws InvalidArgument for anything that decode_safetensors would refuse, such as bytes that do not fit the shape.
ByteBuffer encode_safetensors(const SafetensorsFile& file);

/// Writes a file of the bytes that encode_safetensors would make of these, atomically and without a copy of them.
/// Throws InvalidArgument as it does, or IoError.
void write_safetensors(const std::string& path, const std::vector<TensorView>& tensors,
                       const std::map<std::string, std::string>& metadata);

/// Reads such bytes; all or nothing. Throws DataError, naming `name`, place, expected and found, for: a header that is
/// longer than the file or 16 MiB, not JSON, duplicate keys, depth > 8, more than 4096 tensors, rank > 4, a dtype other
/// than F32 and F64, shape overflow, offsets that leave holes, overlap or do not match the file's size, values that are
/// not finite, or a `crc32` (when present) that is not the buffer's. A file of encode_safetensors, recognised by
/// `header_crc32` or by `crc32` beside a `format` that starts with `dbn-`, must also have exactly the header that
/// encode_safetensors writes: no changed bit goes unnoticed. Tensors come in the order of the buffer.
SafetensorsFile decode_safetensors(std::span<const std::uint8_t> bytes, const std::string& name);

/// The strings of a file's `__metadata__`; no more than its header is read and checked. Throws IoError or DataError.
std::map<std::string, std::string> read_safetensors_metadata(const std::string& path);

}  // namespace dbn
