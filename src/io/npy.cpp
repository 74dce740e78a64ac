#include <dbn/io/npy.hpp>

#include <array>
#include <bit>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <dbn/core/error.hpp>

namespace dbn {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are written as they lie in memory");

template <typename Number>
std::span<const std::uint8_t> bytes_of(const Number* values, Index count) {
  return {reinterpret_cast<const std::uint8_t*>(values), static_cast<std::size_t>(count) * sizeof(Number)};
}

StreamedFile begin_file(const std::string& path, const std::string& header) {
  StreamedFile file(path);
  file.append(header);
  return file;
}

// The header has said how many cases there are.
void count_down(Index& left, Index cases) {
  if (cases > left) throw InvalidArgument(fmt::format("npy: expected at most {} more cases, found {}", left, cases));
  left -= cases;
}

void check_none_left(Index left) {
  if (left > 0) throw InvalidArgument(fmt::format("npy: expected {} more cases, found the end", left));
}

}  // namespace

std::string npy_header(std::string_view type, std::span<const Index> shape) {
  constexpr std::size_t kAlignment = 64;
  constexpr std::size_t kPrefix = 10;  // magic, version and length
  // As Python writes a tuple: one of a single entry has a comma too.
  std::string text = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}{}), }}", type,
                                 fmt::join(shape.begin(), shape.end(), ", "), shape.size() == 1 ? "," : "");
  const std::size_t unpadded = kPrefix + text.size() + 1;  // the line end is the last byte
  text.append((kAlignment - unpadded % kAlignment) % kAlignment, ' ');
  text += '\n';
  std::string header("\x93NUMPY\x01\x00", 8);
  header += static_cast<char>(text.size() % 256);
  header += static_cast<char>(text.size() / 256);
  return header + text;
}

std::string npy_header(Index units, Index cases) {
  return npy_header(fmt::format("<f{}", sizeof(Scalar)), std::array{cases, units});
}

void write_npy(const std::string& path, const ConstMatrixRef& cases) {
  NpyWriter file(path, cases.rows(), cases.cols());
  file.append(cases);
  file.commit();
}

NpyWriter::NpyWriter(const std::string& path, Index units, Index cases)
    : file_(begin_file(path, npy_header(units, cases))), units_(units), left_(cases) {}

void NpyWriter::append(const ConstMatrixRef& cases) {
  if (cases.rows() != units_)
    throw InvalidArgument(fmt::format("npy: expected cases of {} units, found {}", units_, cases.rows()));
  count_down(left_, cases.cols());
  // Columns of a part of a larger matrix may lie apart.
  if (cases.outerStride() == cases.rows()) return file_.append(bytes_of(cases.data(), cases.size()));
  for (Index c = 0; c < cases.cols(); ++c) file_.append(bytes_of(cases.data() + c * cases.outerStride(), cases.rows()));
}

void NpyWriter::commit() {
  check_none_left(left_);
  file_.commit();
}

NpyIndexWriter::NpyIndexWriter(const std::string& path, Index cases)
    : file_(begin_file(path, npy_header("<i8", std::array{cases}))), left_(cases) {}

void NpyIndexWriter::append(std::span<const std::int64_t> indices) {
  count_down(left_, std::ssize(indices));
  file_.append(bytes_of(indices.data(), std::ssize(indices)));
}

void NpyIndexWriter::commit() {
  check_none_left(left_);
  file_.commit();
}

}  // namespace dbn
