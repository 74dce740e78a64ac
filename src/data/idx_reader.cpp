#include <dbn/data/idx_reader.hpp>

#include <algorithm>
#include <bit>
#include <limits>
#include <type_traits>

#include <fmt/format.h>

#include <dbn/core/error.hpp>

namespace dbn {
namespace {

constexpr std::size_t kMaxRank = 4;

struct IdxArray {
  std::uint8_t type = 0;
  std::vector<std::uint64_t> extents;
  std::span<const std::uint8_t> elements;

  std::string shape_text() const { return fmt::format("{}", fmt::join(extents, " × ")); }
};

/// Bytes per element of an IDX type; 0 for an unknown one.
std::size_t element_size(std::uint8_t type) {
  switch (type) {
    case 0x08:
    case 0x09:
      return 1;
    case 0x0B:
      return 2;
    case 0x0C:
    case 0x0D:
      return 4;
    case 0x0E:
      return 8;
    default:
      return 0;
  }
}

template <std::size_t size>
using Bits = std::conditional_t<
    size == 1, std::uint8_t,
    std::conditional_t<size == 2, std::uint16_t, std::conditional_t<size == 4, std::uint32_t, std::uint64_t>>>;

template <typename Element>
Element big_endian(const std::uint8_t* bytes) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < sizeof(Element); ++i) bits = bits << 8 | bytes[i];
  return std::bit_cast<Element>(static_cast<Bits<sizeof(Element)>>(bits));
}

/// Calls `visit` with a zero of the C++ type that an IDX type stands for.
template <typename Visit>
auto with_element_type(std::uint8_t type, Visit visit) {
  switch (type) {
    case 0x09:
      return visit(std::int8_t{});
    case 0x0B:
      return visit(std::int16_t{});
    case 0x0C:
      return visit(std::int32_t{});
    case 0x0D:
      return visit(float{});
    case 0x0E:
      return visit(double{});
    default:
      return visit(std::uint8_t{});
  }
}

void check_magic(std::span<const std::uint8_t> bytes, const std::string& name) {
  if (bytes.size() < 4)
    throw DataError(
        fmt::format("{}: expected an IDX header of at least 4 bytes, file ends after {}", name, bytes.size()));
  if (bytes[0] != 0 || bytes[1] != 0)
    throw DataError(fmt::format("{}: wrong magic: an IDX file starts with bytes 00 00, found {:02x} {:02x}", name,
                                bytes[0], bytes[1]));
  if (element_size(bytes[2]) == 0)
    throw DataError(fmt::format("{}: unknown IDX type {:02x}; expected 08, 09, 0b, 0c, 0d or 0e", name, bytes[2]));
  if (bytes[3] < 1 || bytes[3] > kMaxRank)
    throw DataError(fmt::format("{}: expected an IDX rank from 1 to {}, found {}", name, kMaxRank, bytes[3]));
}

/// Elements per entry of the first dimension, or the largest number when they pass what 64 bits count.
std::uint64_t entry_size(const IdxArray& array) {
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t product = element_size(array.type);
  for (std::size_t i = 1; i < array.extents.size(); ++i) {
    if (array.extents[i] > most / product) return most;
    product *= array.extents[i];
  }
  return product;
}

/// Compares by dividing the size that is there, so that no product of extents can overflow.
void check_size(const IdxArray& array, const std::string& name) {
  const auto zero = std::find(array.extents.begin(), array.extents.end(), 0u);
  if (zero != array.extents.end())
    throw DataError(
        fmt::format("{}: dimension {} of {} is zero", name, zero - array.extents.begin() + 1, array.shape_text()));
  const std::uint64_t entry = entry_size(array);
  const std::uint64_t complete = array.elements.size() / entry;
  if (complete < array.extents[0])
    throw DataError(fmt::format("{}: header promises {}, file ends after {} of {} entries", name, array.shape_text(),
                                complete, array.extents[0]));
  if (const std::uint64_t rest = array.elements.size() - array.extents[0] * entry; rest > 0)
    throw DataError(fmt::format("{}: header promises {}, but {} more bytes follow", name, array.shape_text(), rest));
}

IdxArray parse(std::span<const std::uint8_t> bytes, const std::string& name) {
  check_magic(bytes, name);
  IdxArray array{.type = bytes[2], .extents = {}, .elements = {}};
  const std::size_t rank = bytes[3];
  const std::size_t header = 4 + 4 * rank;
  if (bytes.size() < header)
    throw DataError(fmt::format("{}: expected an IDX header of {} bytes for rank {}, file ends after {}", name, header,
                                rank, bytes.size()));
  for (std::size_t i = 0; i < rank; ++i) array.extents.push_back(big_endian<std::uint32_t>(&bytes[4 + 4 * i]));
  array.elements = bytes.subspan(header);
  check_size(array, name);
  return array;
}

template <typename Element>
Matrix numbers(const IdxArray& array, Index features, Index cases) {
  Matrix matrix(features, cases);
  const std::uint8_t* from = array.elements.data();
  for (Index i = 0; i < matrix.size(); ++i, from += sizeof(Element))
    matrix.data()[i] = static_cast<Scalar>(big_endian<Element>(from));
  return matrix;
}

template <typename Element>
std::vector<std::string> label_texts(const IdxArray& array, const std::string& name) {
  std::vector<std::string> texts;
  texts.reserve(array.extents[0]);
  for (std::size_t at = 0; at < array.elements.size(); at += sizeof(Element)) {
    const auto label = big_endian<Element>(&array.elements[at]);
    if (label < 0)
      throw DataError(fmt::format("{}: label {} is {}; expected an integer from 0", name, texts.size() + 1, label));
    texts.push_back(fmt::format("{}", label));
  }
  return texts;
}

}  // namespace

bool is_idx(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= 4 && bytes[0] == 0 && bytes[1] == 0 && element_size(bytes[2]) != 0 && bytes[3] >= 1 &&
         bytes[3] <= kMaxRank;
}

Dataset read_idx(std::span<const std::uint8_t> bytes, const std::string& name, const ReadOptions&) {
  const IdxArray array = parse(bytes, name);
  if (array.extents.size() == 1)
    throw DataError(
        fmt::format("{}: this is a label file: one number for each of {} cases; expected cases of two or "
                    "more dimensions. Give it as --label-file",
                    name, array.extents[0]));

  Dataset dataset;
  dataset.name = name;
  dataset.shape.assign(array.extents.begin() + 1, array.extents.end());
  const auto cases = static_cast<Index>(array.extents[0]);
  const auto features = static_cast<Index>(array.elements.size() / element_size(array.type)) / cases;
  if (array.type == 0x08)
    dataset.features = Dataset::Bytes(Eigen::Map<const Dataset::Bytes>(array.elements.data(), features, cases));
  else
    dataset.features =
        with_element_type(array.type, [&](auto element) { return numbers<decltype(element)>(array, features, cases); });
  dataset.check();
  return dataset;
}

Dataset read_idx_targets(std::span<const std::uint8_t> bytes, const std::string& name) {
  const IdxArray array = parse(bytes, name);
  if (array.extents.size() > 2)
    throw DataError(fmt::format("{}: holds {} values, which are cases, not targets; expected one or two dimensions",
                                name, array.shape_text()));
  const auto cases = static_cast<Index>(array.extents[0]);
  const auto count = static_cast<Index>(array.elements.size() / element_size(array.type)) / cases;
  Dataset dataset;
  dataset.name = name;
  dataset.features = Matrix(0, cases);
  set_targets(
      dataset,
      with_element_type(array.type, [&](auto element) { return numbers<decltype(element)>(array, count, cases); }), {});
  return dataset;
}

std::vector<std::string> read_idx_labels(std::span<const std::uint8_t> bytes, const std::string& name) {
  const IdxArray array = parse(bytes, name);
  if (array.extents.size() != 1)
    throw DataError(
        fmt::format("{}: holds {} values, which are cases, not labels; expected one dimension. Give it as "
                    "--data",
                    name, array.shape_text()));
  if (array.type == 0x0D || array.type == 0x0E)
    throw DataError(fmt::format("{}: labels of IDX type {:02x} are real numbers; expected integers", name, array.type));
  return with_element_type(array.type, [&](auto element) { return label_texts<decltype(element)>(array, name); });
}

}  // namespace dbn
