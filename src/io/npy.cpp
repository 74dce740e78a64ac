#include <dbn/io/npy.hpp>

#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include <fmt/format.h>

#include <dbn/io/file.hpp>

namespace dbn {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are written as they lie in memory");

std::span<const std::uint8_t> bytes_of(const Scalar* values, Index count) {
  return {reinterpret_cast<const std::uint8_t*>(values), static_cast<std::size_t>(count) * sizeof(Scalar)};
}

}  // namespace

std::string npy_header(Index units, Index cases) {
  constexpr std::size_t kAlignment = 64;
  constexpr std::size_t kPrefix = 10;  // magic, version and length
  std::string text =
      fmt::format("{{'descr': '<f{}', 'fortran_order': False, 'shape': ({}, {}), }}", sizeof(Scalar), cases, units);
  const std::size_t unpadded = kPrefix + text.size() + 1;  // the line end is the last byte
  text.append((kAlignment - unpadded % kAlignment) % kAlignment, ' ');
  text += '\n';
  std::string header("\x93NUMPY\x01\x00", 8);
  header += static_cast<char>(text.size() % 256);
  header += static_cast<char>(text.size() / 256);
  return header + text;
}

void write_npy(const std::string& path, const ConstMatrixRef& cases) {
  const std::string header = npy_header(cases.rows(), cases.cols());
  std::vector<std::span<const std::uint8_t>> pieces{
      {reinterpret_cast<const std::uint8_t*>(header.data()), header.size()}};
  // Columns of a part of a larger matrix may lie apart.
  if (cases.outerStride() == cases.rows())
    pieces.push_back(bytes_of(cases.data(), cases.size()));
  else
    for (Index c = 0; c < cases.cols(); ++c)
      pieces.push_back(bytes_of(cases.data() + c * cases.outerStride(), cases.rows()));
  write_file(path, pieces);
}

}  // namespace dbn
