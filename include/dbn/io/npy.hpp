#pragma once
// NumPy's array file, version 1.0 (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html): what
// numpy.load() reads.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <dbn/core/types.hpp>
#include <dbn/io/streamed_file.hpp>

namespace dbn {

/// What stands before the numbers of an array in C order: magic, version, length and a dictionary, a multiple of 64
/// bytes in all. `type` is NumPy's name of the numbers, such as "<f4".
std::string npy_header(std::string_view type, std::span<const Index> shape);

/// The header of cases (units x cases). The array is (cases, units), little-endian numbers of Scalar's size: a case is
/// a row there and a column here, so that the bytes are the same.
std::string npy_header(Index units, Index cases);

/// Writes cases (units x cases) as such a file, atomically and without a copy of them. Throws IoError.
void write_npy(const std::string& path, const ConstMatrixRef& cases);

/// Writes the same file of cases that come batch by batch. The file appears at its path by commit(), or not at all.
/// What cannot be written is an IoError.
class NpyWriter {
 public:
  NpyWriter(const std::string& path, Index units, Index cases);

  /// The next cases (units x any number). Throws InvalidArgument for another number of units, and for more cases than
  /// were announced.
  void append(const ConstMatrixRef& cases);
  /// Throws InvalidArgument when there were fewer.
  void commit();

 private:
  StreamedFile file_;
  Index units_;
  Index left_;  ///< cases to come
};

/// The same for one whole number a case, such as an index of its class: the array is (cases,), of int64.
class NpyIndexWriter {
 public:
  NpyIndexWriter(const std::string& path, Index cases);

  void append(std::span<const std::int64_t> indices);
  void commit();

 private:
  StreamedFile file_;
  Index left_;
};

}  // namespace dbn
