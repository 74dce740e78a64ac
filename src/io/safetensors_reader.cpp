#include <dbn/io/safetensors.hpp>

#include <algorithm>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dbn/core/error.hpp>
#include <dbn/io/json.hpp>

#include "safetensors_layout.hpp"

namespace dbn {
namespace {

using Json = nlohmann::json;
using detail::TensorEntry;

/// Reads one file in the order in which it can be trusted: length, header text, table, checksums, values.
class SafetensorsReader {
 public:
  SafetensorsReader(std::span<const std::uint8_t> bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  SafetensorsFile read() {
    split();
    parse_header();
    check_places();
    check_checksums();
    SafetensorsFile file;
    for (const TensorEntry& entry : entries_) check_finite(entry);
    for (const TensorEntry& entry : entries_) file.tensors.push_back(stored(entry));
    file.metadata = std::move(metadata_);
    return file;
  }

  detail::Metadata read_metadata() {
    split();
    parse_header();
    return std::move(metadata_);
  }

 private:
  [[noreturn]] void refuse(const std::string& reason) const { throw DataError(fmt::format("{}: {}", name_, reason)); }
  [[noreturn]] void refuse(const std::string& tensor, const std::string& reason) const {
    refuse(fmt::format("tensor {}: {}", quote_for_message(tensor), reason));
  }

  void split() {
    if (bytes_.size() < detail::kLengthBytes) {
      refuse(fmt::format("not safetensors: expected 8 bytes of header length, the file has {}", bytes_.size()));
    }
    std::uint64_t length = 0;
    for (std::size_t i = 0; i < detail::kLengthBytes; ++i) length |= std::uint64_t{bytes_[i]} << (8 * i);
    const auto rest = bytes_.subspan(detail::kLengthBytes);
    if (length > rest.size()) {
      refuse(fmt::format("not safetensors or truncated: a header of {} bytes is promised, {} bytes follow", length,
                         rest.size()));
    }
    if (length > detail::kMaxHeaderBytes) {
      refuse(fmt::format("header of {} bytes, expected at most {}", length, detail::kMaxHeaderBytes));
    }
    header_ = {reinterpret_cast<const char*>(rest.data()), length};
    buffer_ = rest.subspan(length);
    if (!header_.starts_with('{')) {
      refuse(fmt::format("not safetensors: expected a header that starts with {{, found {} of {} bytes",
                         quote_for_message(header_.substr(0, 8)), length));
    }
  }

  void parse_header() {
    constexpr int kMaxDepth = 8;
    // A tensor has at most 10: itself, dtype, shape and its 4 numbers, data_offsets and its 2; then the two objects.
    constexpr std::size_t kMaxValues = 10 * detail::kMaxTensors + detail::kMaxMetadata + 2;
    const Json header = parse_json(header_, name_ + ": header", kMaxDepth, kMaxValues);
    const std::size_t tensors = header.size() - header.count(detail::kMetadataKey);
    if (tensors > detail::kMaxTensors) {
      refuse(fmt::format("{} tensors, expected at most {}", tensors, detail::kMaxTensors));
    }
    for (const auto& [key, value] : header.items()) {
      if (key == detail::kMetadataKey) {
        take_metadata(value);
      } else {
        read_entry(key, value);
      }
    }
  }

  void take_metadata(const Json& object) {
    if (!object.is_object()) refuse(fmt::format("__metadata__: expected an object, found {}", object.type_name()));
    if (object.size() > detail::kMaxMetadata) {
      refuse(fmt::format("__metadata__: {} strings, expected at most {}", object.size(), detail::kMaxMetadata));
    }
    for (const auto& [key, value] : object.items()) {
      if (!value.is_string()) {
        refuse(fmt::format("__metadata__: {}: expected a string, found {}", quote_for_message(key), value.type_name()));
      }
      metadata_[key] = value.get<std::string>();
    }
  }

  void read_entry(const std::string& name, const Json& object) {
    if (!object.is_object()) refuse(name, fmt::format("expected an object, found {}", object.type_name()));
    for (const char* key : {"dtype", "shape", "data_offsets"}) {
      if (!object.contains(key)) refuse(name, fmt::format("{} is missing", key));
    }
    for (const auto& [key, value] : object.items()) {
      if (key != "dtype" && key != "shape" && key != "data_offsets") {
        refuse(name, fmt::format("unknown key {}", quote_for_message(key)));
      }
    }
    const Json& dtype = object["dtype"];
    if (!dtype.is_string()) refuse(name, fmt::format("dtype: expected a string, found {}", dtype.type_name()));
    const auto offsets = integers(name, "data_offsets", object["data_offsets"]);
    if (offsets.size() != 2) refuse(name, fmt::format("data_offsets: expected 2 numbers, found {}", offsets.size()));
    entries_.push_back({name, dtype, integers(name, "shape", object["shape"]), offsets[0], offsets[1]});
  }

  std::vector<std::uint64_t> integers(const std::string& name, const char* key, const Json& list) const {
    if (!list.is_array()) refuse(name, fmt::format("{}: expected a list, found {}", key, list.type_name()));
    std::vector<std::uint64_t> result;
    for (const Json& value : list) {
      if (!value.is_number_unsigned()) {
        refuse(name, fmt::format("{}: expected integers from 0 to 2^64 - 1, found {}", key,
                                 quote_for_message(value.is_primitive() ? value.dump() : value.type_name())));
      }
      result.push_back(value);
    }
    return result;
  }

  void check_places() {
    std::sort(entries_.begin(), entries_.end(), [](const TensorEntry& a, const TensorEntry& b) {
      return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
    });
    std::uint64_t place = 0;
    for (const TensorEntry& entry : entries_) {
      const auto [size, fault] = detail::tensor_size(entry.dtype, entry.shape);
      if (!fault.empty()) refuse(entry.name, fault);
      const auto offsets = fmt::format("data_offsets [{}, {}]", entry.begin, entry.end);
      if (entry.begin > entry.end) refuse(entry.name, offsets + " cross");
      if (entry.end > buffer_.size()) {
        refuse(entry.name, fmt::format("{} end past the file, whose buffer has {} bytes", offsets, buffer_.size()));
      }
      if (entry.end - entry.begin != size) {
        refuse(entry.name, fmt::format("{} hold {} bytes, shape [{}] of {} needs {}", offsets, entry.end - entry.begin,
                                       fmt::join(entry.shape, ", "), entry.dtype, size));
      }
      if (entry.begin != place) {
        refuse(entry.name, fmt::format("{} {}, expected to start at {}", offsets,
                                       entry.begin < place ? "overlap another tensor" : "leave a hole", place));
      }
      place = entry.end;
    }
    if (place != buffer_.size()) {
      refuse(fmt::format("the tensors end at byte {} of the buffer, expected its end at {}", place, buffer_.size()));
    }
  }

  void check_checksums() const {
    const std::string buffer_crc = detail::crc32_text(buffer_);
    const auto crc = metadata_.find(detail::kBufferCrcKey);
    if (crc != metadata_.end() && crc->second != buffer_crc) {
      refuse(fmt::format("damaged: the metadata say crc32 {}, the buffer has {}; restore the file from a copy",
                         quote_for_message(crc->second), buffer_crc));
    }
    if (!is_sealed()) return;
    // Only equality with what the writer makes leaves no bit that could change unnoticed, not even in the padding.
    auto arranged = entries_;
    detail::arrange(arranged);
    const std::string expected = detail::header_text(arranged, metadata_, buffer_crc);
    if (header_ != expected) {
      const auto place = std::mismatch(header_.begin(), header_.end(), expected.begin(), expected.end()).first;
      refuse(
          fmt::format("damaged: the header differs at byte {} from what its contents and header_crc32 demand; restore "
                      "the file from a copy",
                      place - header_.begin() + 1));
    }
  }

  /// Whether encode_safetensors wrote this file; two signs, since a fault may have hit one of them.
  bool is_sealed() const {
    const auto format = metadata_.find("format");
    return metadata_.contains(detail::kHeaderCrcKey) ||
           (metadata_.contains(detail::kBufferCrcKey) && format != metadata_.end() &&
            format->second.starts_with("dbn-"));
  }

  std::span<const std::uint8_t> bytes_of(const TensorEntry& entry) const {
    return buffer_.subspan(entry.begin, entry.end - entry.begin);
  }

  void check_finite(const TensorEntry& entry) const {
    if (const auto index = detail::first_non_finite(entry.dtype, bytes_of(entry))) {
      refuse(entry.name, fmt::format("element {} is not finite", *index));
    }
  }

  StoredTensor stored(const TensorEntry& entry) const {
    const auto bytes = bytes_of(entry);
    return {entry.name, entry.dtype, entry.shape, ByteBuffer(bytes.begin(), bytes.end())};
  }

  std::span<const std::uint8_t> bytes_;
  const std::string& name_;
  std::string_view header_;
  std::span<const std::uint8_t> buffer_;
  std::vector<TensorEntry> entries_;
  detail::Metadata metadata_;
};

}  // namespace

SafetensorsFile decode_safetensors(std::span<const std::uint8_t> bytes, const std::string& name) {
  return SafetensorsReader(bytes, name).read();
}

std::map<std::string, std::string> read_safetensors_metadata(const std::string& path) {
  const ByteBuffer head = read_beginning(path, detail::kLengthBytes + detail::kMaxHeaderBytes);
  return SafetensorsReader(head, path).read_metadata();
}

}  // namespace dbn
