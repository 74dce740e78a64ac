#include <dbn/data/idx_reader.hpp>

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include <dbn/core/error.hpp>

#include "io/npy_elements.hpp"

namespace dbn {
namespace {

constexpr std::size_t kMaxRank = 4;
constexpr std::size_t kLongestHeader = 4 + 4 * kMaxRank;

struct IdxArray {
  std::uint8_t type = 0;
  std::vector<std::uint64_t> extents;
  std::uint64_t count = 0;                 ///< of elements
  std::span<const std::uint8_t> elements;  ///< empty where only the header was read

  std::size_t header() const { return 4 + 4 * extents.size(); }
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

/// The same type in the words of NPY.
NpyType npy_type(std::uint8_t type) {
  const char kind = type == 0x08 ? 'u' : type == 0x0D || type == 0x0E ? 'f' : 'i';
  return {.kind = kind, .size = element_size(type), .big_endian = true};
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

/// Compares by dividing `found`, the bytes that are there, so that no product of extents can overflow.
void check_size(const IdxArray& array, std::uint64_t found, const std::string& name) {
  const auto zero = std::find(array.extents.begin(), array.extents.end(), 0u);
  if (zero != array.extents.end())
    throw DataError(
        fmt::format("{}: dimension {} of {} is zero", name, zero - array.extents.begin() + 1, array.shape_text()));
  const std::uint64_t entry = entry_size(array);
  const std::uint64_t complete = found / entry;
  if (complete < array.extents[0])
    throw DataError(fmt::format("{}: header promises {}, file ends after {} of {} entries", name, array.shape_text(),
                                complete, array.extents[0]));
  if (const std::uint64_t rest = found - array.extents[0] * entry; rest > 0)
    throw DataError(fmt::format("{}: header promises {}, but {} more bytes follow", name, array.shape_text(), rest));
}

/// What the header says that `bytes`, the first of a file of `size`, begin with.
IdxArray parse_header(std::span<const std::uint8_t> bytes, std::uint64_t size, const std::string& name) {
  check_magic(bytes, name);
  IdxArray array{.type = bytes[2], .extents = {}, .elements = {}};
  array.extents.resize(bytes[3]);
  if (bytes.size() < array.header())
    throw DataError(fmt::format("{}: expected an IDX header of {} bytes for rank {}, file ends after {}", name,
                                array.header(), array.extents.size(), bytes.size()));
  for (std::size_t i = 0; i < array.extents.size(); ++i)
    array.extents[i] = detail::load<std::uint32_t>(&bytes[4 + 4 * i], true);
  check_size(array, size - array.header(), name);
  array.count = (size - array.header()) / element_size(array.type);
  return array;
}

IdxArray parse(std::span<const std::uint8_t> bytes, const std::string& name) {
  IdxArray array = parse_header(bytes, bytes.size(), name);
  array.elements = bytes.subspan(array.header());
  return array;
}

/// A dataset of as many cases, all but the features.
Dataset described_cases(const IdxArray& array, const std::string& name) {
  if (array.extents.size() == 1)
    throw DataError(
        fmt::format("{}: this is a label file: one number for each of {} cases; expected cases of two or "
                    "more dimensions. Give it as --label-file",
                    name, array.extents[0]));
  Dataset dataset;
  dataset.name = name;
  dataset.shape.assign(array.extents.begin() + 1, array.extents.end());
  return dataset;
}

/// The elements (elements of a case x cases).
template <typename Table>
Table table_of(const IdxArray& array) {
  const auto cases = static_cast<Index>(array.extents[0]);
  Table table(static_cast<Index>(array.count) / cases, cases);
  detail::convert_elements(npy_type(array.type), array.elements.data(),
                           std::span(table.data(), static_cast<std::size_t>(table.size())));
  return table;
}

template <typename Element>
std::vector<std::string> label_texts(const IdxArray& array, const std::string& name) {
  std::vector<std::string> texts;
  texts.reserve(array.extents[0]);
  for (std::size_t at = 0; at < array.elements.size(); at += sizeof(Element)) {
    const auto label = detail::load<Element>(&array.elements[at], true);
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
  Dataset dataset = described_cases(array, name);
  if (array.type == 0x08)
    dataset.features = table_of<Dataset::Bytes>(array);
  else
    dataset.features = table_of<Matrix>(array);
  dataset.check();
  return dataset;
}

std::optional<Dataset> open_idx(const std::shared_ptr<const StoredFile>& file) {
  const IdxArray array = parse_header(file->beginning(kLongestHeader), file->size(), file->path());
  Dataset dataset = described_cases(array, file->path());
  const auto cases = static_cast<Index>(array.extents[0]);
  dataset.features =
      StoredCases(file, array.header(), npy_type(array.type), static_cast<Index>(array.count) / cases, cases);
  dataset.check();
  return dataset;
}

Dataset read_idx_targets(std::span<const std::uint8_t> bytes, const std::string& name) {
  const IdxArray array = parse(bytes, name);
  if (array.extents.size() > 2)
    throw DataError(fmt::format("{}: holds {} values, which are cases, not targets; expected one or two dimensions",
                                name, array.shape_text()));
  Dataset dataset;
  dataset.name = name;
  dataset.features = Matrix(0, static_cast<Index>(array.extents[0]));
  set_targets(dataset, table_of<Matrix>(array), {});
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
  std::vector<std::string> texts;
  detail::with_element_type(npy_type(array.type),
                            [&](auto element) { texts = label_texts<decltype(element)>(array, name); });
  return texts;
}

}  // namespace dbn
