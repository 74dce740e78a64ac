#include <dbn/io/npy_array.hpp>

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <dbn/core/error.hpp>

#include "npy_elements.hpp"
#include "npy_header.hpp"

namespace dbn {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kLengthAt = 8;  // behind the magic and two bytes of version

/// Where the dictionary ends and the elements begin.
struct HeaderPlace {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// `bytes` are the first of a file of `size`, or all of it.
HeaderPlace header_place(std::span<const std::uint8_t> bytes, std::uint64_t size, const std::string& name) {
  if (!is_npy(bytes))
    throw DataError(fmt::format("{}: wrong magic: an NPY file starts with bytes 93 4e 55 4d 50 59, found {:02x}", name,
                                fmt::join(bytes.first(std::min(bytes.size(), kMagic.size())), " ")));
  if (bytes.size() < kLengthAt + 2)
    throw DataError(fmt::format("{}: the NPY header is cut off: file ends after {} bytes", name, size));
  if (bytes[6] < 1 || bytes[6] > 3 || bytes[7] != 0)
    throw DataError(fmt::format("{}: expected NPY version 1.0, 2.0 or 3.0, found {}.{}", name, bytes[6], bytes[7]));
  const std::size_t width = bytes[6] == 1 ? 2 : 4;
  const std::size_t begin = kLengthAt + width;
  if (bytes.size() < begin)
    throw DataError(fmt::format("{}: the NPY header is cut off: file ends after {} bytes", name, size));
  std::size_t length = 0;
  for (std::size_t i = width; i-- > 0;) length = length << 8 | bytes[kLengthAt + i];
  if (length > size - begin)
    throw DataError(
        fmt::format("{}: expected an NPY header of {} bytes, file ends after {}", name, length, size - begin));
  return {begin, begin + length};
}

/// The dictionary without the line end behind it.
std::string_view header_text(std::span<const std::uint8_t> bytes, const HeaderPlace& place, const std::string& name) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + place.begin, place.end - place.begin);
  if (!text.ends_with('\n'))
    throw DataError(fmt::format("{}: NPY header: expected a line end as byte {}, its last", name, place.end - 1));
  const auto bad = std::find_if_not(text.begin(), text.end() - 1, [](char c) { return c >= ' ' && c <= '~'; });
  if (bad != text.end() - 1)
    throw DataError(fmt::format("{}: NPY header, byte {}: expected ASCII text, found {:02x}", name,
                                place.begin + static_cast<std::size_t>(bad - text.begin()),
                                static_cast<unsigned char>(*bad)));
  return text.substr(0, text.size() - 1);
}

/// The bytes that all elements take; none when 64 bits cannot count them.
std::optional<std::uint64_t> size_in_bytes(const NpyLayout& array) {
  std::uint64_t size = array.type.size;
  for (const Index extent : array.shape) {
    if (static_cast<std::uint64_t>(extent) > std::numeric_limits<std::uint64_t>::max() / size) return std::nullopt;
    size *= static_cast<std::uint64_t>(extent);
  }
  return size;
}

/// `found` is how many bytes stand behind the header.
void check_size(const NpyLayout& array, std::uint64_t found, const std::string& name) {
  const auto zero = std::find(array.shape.begin(), array.shape.end(), 0);
  if (zero != array.shape.end())
    throw DataError(
        fmt::format("{}: dimension {} of {} is zero", name, zero - array.shape.begin() + 1, array.shape_text()));
  const auto expected = size_in_bytes(array);
  if (!expected || *expected > found)
    throw DataError(fmt::format("{}: header promises {} elements of type {}, file ends after {} of them", name,
                                array.shape_text(), array.type.text(), found / array.type.size));
  if (*expected < found)
    throw DataError(fmt::format("{}: header promises {} elements of type {}, but {} more bytes follow", name,
                                array.shape_text(), array.type.text(), found - *expected));
}

/// Goes through the elements as the last index runs fastest, though the first does in the file.
template <typename Element, typename Number>
void copy_fortran(const NpyArray& array, std::span<Number> out) {
  std::vector<Index> strides;
  Index stride = 1;
  for (const Index extent : array.shape) {
    strides.push_back(stride);
    stride *= extent;
  }
  std::vector<Index> index(array.shape.size(), 0);
  Index from = 0;
  for (Number& number : out) {
    number = static_cast<Number>(detail::load<Element>(
        array.elements.data() + static_cast<std::size_t>(from) * sizeof(Element), array.type.big_endian));
    for (std::size_t d = index.size(); d-- > 0;) {
      from += strides[d];
      if (++index[d] < array.shape[d]) break;
      from -= strides[d] * array.shape[d];
      index[d] = 0;
    }
  }
}

}  // namespace

Index NpyLayout::count() const { return std::accumulate(shape.begin(), shape.end(), Index{1}, std::multiplies<>()); }

std::string NpyLayout::shape_text() const {
  return shape.empty() ? "single" : fmt::format("{}", fmt::join(shape, " × "));
}

bool is_npy(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= kMagic.size() &&
         std::equal(kMagic.begin(), kMagic.end(), bytes.begin(),
                    [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

std::optional<NpyLayout> parse_npy_layout(std::span<const std::uint8_t> bytes, std::uint64_t size,
                                          const std::string& name) {
  const HeaderPlace place = header_place(bytes, size, name);
  if (place.end > bytes.size()) return std::nullopt;
  NpyLayout layout = detail::NpyHeader(header_text(bytes, place, name), place.begin, name).read();
  layout.begin = place.end;
  check_size(layout, size - place.end, name);
  return layout;
}

NpyArray parse_npy(std::span<const std::uint8_t> bytes, const std::string& name) {
  NpyArray array{*parse_npy_layout(bytes, bytes.size(), name), {}};
  array.elements = bytes.subspan(array.begin);
  detail::check_truth_values(array.type, array.elements, 0, name);
  return array;
}

template <typename Number>
void copy_elements(const NpyArray& array, std::span<Number> out) {
  if (std::ssize(out) != array.count())
    throw InvalidArgument(
        fmt::format("copy_elements: expected room for {} elements, found {}", array.count(), out.size()));
  if (sizeof(Number) == 1 && !array.type.is_byte())
    throw InvalidArgument(
        fmt::format("copy_elements: bytes hold elements of type u1 or b1, found {}", array.type.text()));
  if (!array.fortran_order || array.shape.size() < 2)
    return detail::convert_elements(array.type, array.elements.data(), out);
  if constexpr (sizeof(Number) == 1)
    copy_fortran<Number>(array, out);
  else
    detail::with_element_type(array.type, [&](auto element) { copy_fortran<decltype(element)>(array, out); });
}

template void copy_elements(const NpyArray& array, std::span<std::uint8_t> out);
template void copy_elements(const NpyArray& array, std::span<float> out);
template void copy_elements(const NpyArray& array, std::span<double> out);

}  // namespace dbn
