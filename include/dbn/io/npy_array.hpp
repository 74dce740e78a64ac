#pragma once
// NumPy's array file, versions 1.0 to 3.0 (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html),
// read where it lies: numbers and truth values only, never objects, which are code.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <dbn/core/types.hpp>

namespace dbn {

/// How an array's elements are stored.
struct NpyType {
  char kind = 'f';       ///< f: floating point, i: signed, u: unsigned integers, b: truth values, 0 or 1
  std::size_t size = 4;  ///< bytes of one: 4 or 8 for f, 1 to 8 for i and u, 1 for b
  bool big_endian = false;

  /// Every element is a number from 0 to 255 in one byte.
  bool is_byte() const { return size == 1 && kind != 'i'; }
  std::string text() const { return kind + std::to_string(size); }
};

/// What the header of a file says: an array of at least one element, and where it lies.
struct NpyLayout {
  std::vector<Index> shape;  ///< empty for a single number
  NpyType type;
  bool fortran_order = false;  ///< the first index runs fastest, not the last
  std::size_t begin = 0;       ///< the place of the first element, in bytes from the start of the file

  Index count() const;             ///< of elements
  std::string shape_text() const;  ///< as in messages: 60000 × 28 × 28
};

/// An array that has been read.
struct NpyArray : NpyLayout {
  std::span<const std::uint8_t> elements;  ///< exactly as many as `shape` counts
};

/// True when the bytes start like an NPY file.
bool is_npy(std::span<const std::uint8_t> bytes);

/// The array that `bytes` are; they must outlive it. `name` is for messages. Throws DataError, with the place, for a
/// header that is anything but what NumPy writes (one dictionary with exactly descr, fortran_order and shape), elements
/// that are no numbers (objects, text, dates, records, complex and half-precision numbers), truth values other than 0
/// and 1, extents of 0, and data that are not as long as the shape demands.
NpyArray parse_npy(std::span<const std::uint8_t> bytes, const std::string& name);

/// The same of a file of `size` bytes whose first are `bytes`, but for the elements, which are not looked at. None when
/// the header does not end within `bytes`.
std::optional<NpyLayout> parse_npy_layout(std::span<const std::uint8_t> bytes, std::uint64_t size,
                                          const std::string& name);

/// The elements in C order, the last index fastest, whatever order they lie in; each becomes the nearest number that
/// `out` can hold, an infinite one when it is too large. Number is float, double, or std::uint8_t, the last only for
/// types u1 and b1. Throws InvalidArgument for it and another type, and unless out.size() is the array's count.
template <typename Number>
void copy_elements(const NpyArray& array, std::span<Number> out);

}  // namespace dbn
