#pragma once
// Numbers as they lie in files of NPY and IDX, and what they become here.

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <span>
#include <string>

#include <dbn/io/npy_array.hpp>

namespace dbn::detail {

static_assert(std::endian::native == std::endian::little, "little-endian numbers are taken as they lie");

template <typename Element>
Element load(const std::uint8_t* from, bool big_endian) {
  std::uint8_t bytes[sizeof(Element)];
  std::memcpy(bytes, from, sizeof bytes);
  if (big_endian) std::reverse(std::begin(bytes), std::end(bytes));
  Element element;
  std::memcpy(&element, bytes, sizeof element);
  return element;
}

/// Calls `visit` with a zero of the C++ type that the elements are.
template <typename Visit>
void with_element_type(const NpyType& type, Visit visit) {
  if (type.kind == 'f') return type.size == 4 ? visit(float{}) : visit(double{});
  const bool has_sign = type.kind == 'i';
  switch (type.size) {
    case 1:
      return has_sign ? visit(std::int8_t{}) : visit(std::uint8_t{});
    case 2:
      return has_sign ? visit(std::int16_t{}) : visit(std::uint16_t{});
    case 4:
      return has_sign ? visit(std::int32_t{}) : visit(std::uint32_t{});
    default:
      return has_sign ? visit(std::int64_t{}) : visit(std::uint64_t{});
  }
}

/// Fills `out` with as many elements from `from` on, each as the nearest Number: float, double, or std::uint8_t, the
/// last only for types u1 and b1.
template <typename Number>
void convert_elements(const NpyType& type, const std::uint8_t* from, std::span<Number> out);

/// Throws DataError, with its number, for an element that is no truth value; `first` is the number of the first, from
/// 0. No effect on arrays of other types.
void check_truth_values(const NpyType& type, std::span<const std::uint8_t> elements, std::uint64_t first,
                        const std::string& name);

}  // namespace dbn::detail
