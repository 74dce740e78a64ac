#include <dbn/io/safetensors.hpp>

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/io/json.hpp>

#include "safetensors_layout.hpp"

namespace dbn {
namespace {

void check(const StoredTensor& tensor) {
  const auto fail = [&](const std::string& reason) {
    throw InvalidArgument(fmt::format("safetensors: tensor {}: {}", quote_for_message(tensor.name), reason));
  };
  if (tensor.name == detail::kMetadataKey) fail("this name is reserved");
  const auto [size, fault] = detail::tensor_size(tensor.dtype, tensor.shape);
  if (!fault.empty()) fail(fault);
  if (size != tensor.bytes.size()) {
    fail(fmt::format("shape [{}] of {} needs {} bytes, found {}", fmt::join(tensor.shape, ", "), tensor.dtype, size,
                     tensor.bytes.size()));
  }
  if (const auto index = detail::first_non_finite(tensor.dtype, tensor.bytes)) {
    fail(fmt::format("element {} is not finite", *index));
  }
}

void check_counts(const SafetensorsFile& file) {
  if (file.tensors.size() > detail::kMaxTensors) {
    throw InvalidArgument(
        fmt::format("safetensors: {} tensors, expected at most {}", file.tensors.size(), detail::kMaxTensors));
  }
  constexpr std::size_t kChecksums = 2;
  if (file.metadata.size() + kChecksums > detail::kMaxMetadata) {
    throw InvalidArgument(fmt::format("safetensors: {} metadata strings, expected at most {}", file.metadata.size(),
                                      detail::kMaxMetadata - kChecksums));
  }
}

std::vector<detail::TensorEntry> arranged_entries(const SafetensorsFile& file) {
  std::vector<detail::TensorEntry> entries;
  std::set<std::string_view> names;
  for (const StoredTensor& tensor : file.tensors) {
    check(tensor);
    if (!names.insert(tensor.name).second) {
      throw InvalidArgument(fmt::format("safetensors: two tensors named {}", quote_for_message(tensor.name)));
    }
    entries.push_back({tensor.name, tensor.dtype, tensor.shape});
  }
  detail::arrange(entries);
  return entries;
}

void append_length(ByteBuffer& bytes, std::uint64_t length) {
  for (std::size_t i = 0; i < detail::kLengthBytes; ++i) bytes.push_back(static_cast<std::uint8_t>(length >> (8 * i)));
}

}  // namespace

const StoredTensor* SafetensorsFile::find(std::string_view name) const {
  const auto found =
      std::find_if(tensors.begin(), tensors.end(), [&](const StoredTensor& tensor) { return tensor.name == name; });
  return found == tensors.end() ? nullptr : &*found;
}

ByteBuffer encode_safetensors(const SafetensorsFile& file) {
  check_counts(file);
  const auto entries = arranged_entries(file);
  std::map<std::string_view, const StoredTensor*> by_name;
  for (const StoredTensor& tensor : file.tensors) by_name[tensor.name] = &tensor;
  ByteBuffer buffer;
  buffer.reserve(entries.empty() ? 0 : entries.back().end);
  for (const auto& entry : entries) {
    const ByteBuffer& bytes = by_name.at(entry.name)->bytes;
    buffer.insert(buffer.end(), bytes.begin(), bytes.end());
  }

  const std::string header = detail::header_text(entries, file.metadata, detail::crc32_text(buffer));
  if (header.size() > detail::kMaxHeaderBytes) {
    throw InvalidArgument(fmt::format("safetensors: names and metadata need a header of {} bytes, expected at most {}",
                                      header.size(), detail::kMaxHeaderBytes));
  }
  ByteBuffer result;
  result.reserve(detail::kLengthBytes + header.size() + buffer.size());
  append_length(result, header.size());
  result.insert(result.end(), header.begin(), header.end());
  result.insert(result.end(), buffer.begin(), buffer.end());
  return result;
}

}  // namespace dbn
