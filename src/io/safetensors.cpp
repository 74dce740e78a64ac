#include <dbn/io/safetensors.hpp>

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/io/json.hpp>

#include "safetensors_layout.hpp"

namespace dbn {
namespace {

void check(const TensorView& tensor) {
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

void check_counts(std::size_t tensors, std::size_t metadata) {
  if (tensors > detail::kMaxTensors) {
    throw InvalidArgument(fmt::format("safetensors: {} tensors, expected at most {}", tensors, detail::kMaxTensors));
  }
  constexpr std::size_t kChecksums = 2;
  if (metadata + kChecksums > detail::kMaxMetadata) {
    throw InvalidArgument(fmt::format("safetensors: {} metadata strings, expected at most {}", metadata,
                                      detail::kMaxMetadata - kChecksums));
  }
}

std::vector<detail::TensorEntry> arranged_entries(const std::vector<TensorView>& tensors) {
  std::vector<detail::TensorEntry> entries;
  std::set<std::string_view> names;
  for (const TensorView& tensor : tensors) {
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

/// A file in the order of its bytes: length and header, then the tensors where they lie.
class Pieces {
 public:
  Pieces(const std::vector<TensorView>& tensors, const detail::Metadata& metadata) {
    check_counts(tensors.size(), metadata.size());
    const auto entries = arranged_entries(tensors);
    std::map<std::string_view, std::span<const std::uint8_t>> by_name;
    for (const TensorView& tensor : tensors) by_name[tensor.name] = tensor.bytes;
    for (const auto& entry : entries) pieces_.push_back(by_name.at(entry.name));
    const std::string header = detail::header_text(entries, metadata, detail::crc32_text(pieces_));
    if (header.size() > detail::kMaxHeaderBytes) {
      throw InvalidArgument(
          fmt::format("safetensors: names and metadata need a header of {} bytes, expected at most {}", header.size(),
                      detail::kMaxHeaderBytes));
    }
    append_length(head_, header.size());
    head_.insert(head_.end(), header.begin(), header.end());
    pieces_.insert(pieces_.begin(), head_);
  }
  Pieces(const Pieces&) = delete;
  Pieces& operator=(const Pieces&) = delete;

  std::span<const std::span<const std::uint8_t>> in_order() const { return pieces_; }

 private:
  ByteBuffer head_;
  std::vector<std::span<const std::uint8_t>> pieces_;
};

}  // namespace

const StoredTensor* SafetensorsFile::find(std::string_view name) const {
  const auto found =
      std::find_if(tensors.begin(), tensors.end(), [&](const StoredTensor& tensor) { return tensor.name == name; });
  return found == tensors.end() ? nullptr : &*found;
}

ByteBuffer encode_safetensors(const SafetensorsFile& file) {
  std::vector<TensorView> views;
  for (const StoredTensor& tensor : file.tensors)
    views.push_back({tensor.name, tensor.dtype, tensor.shape, tensor.bytes});
  const Pieces pieces(views, file.metadata);
  ByteBuffer result;
  for (const auto piece : pieces.in_order()) result.insert(result.end(), piece.begin(), piece.end());
  return result;
}

void write_safetensors(const std::string& path, const std::vector<TensorView>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  write_file(path, Pieces(tensors, metadata).in_order());
}

}  // namespace dbn
