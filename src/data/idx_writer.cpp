#include <algorithm>
#include <bit>
#include <limits>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/io/file.hpp>

#include "case_writers.hpp"

namespace dbn::detail {
namespace {

constexpr std::uint8_t kByteType = 0x08, kIntegerType = 0x0C, kNumberType = sizeof(Scalar) == 4 ? 0x0D : 0x0E;

template <typename Number>
void append_big_endian(Number number, ByteBuffer& bytes) {
  static_assert(std::endian::native == std::endian::little);
  const auto lowest_first = bytes_of(&number, 1);
  bytes.insert(bytes.end(), lowest_first.rbegin(), lowest_first.rend());
}

ByteBuffer header(std::uint8_t type, const std::vector<Index>& extents, const Dataset& dataset) {
  ByteBuffer bytes{0, 0, type, static_cast<std::uint8_t>(extents.size())};
  for (const Index extent : extents) {
    if (extent > std::numeric_limits<std::uint32_t>::max())
      throw InvalidArgument(
          fmt::format("{}: expected at most 2^32 - 1 cases or features for IDX, found {}", dataset.name, extent));
    append_big_endian(static_cast<std::uint32_t>(extent), bytes);
  }
  return bytes;
}

void append_numbers(const ConstMatrixRef& numbers, ByteBuffer& bytes) {
  for (Index c = 0; c < numbers.cols(); ++c)
    for (Index r = 0; r < numbers.rows(); ++r) append_big_endian(numbers(r, c), bytes);
}

}  // namespace

bool idx_holds_classes(const std::vector<std::string>& names) {
  return all_integers(names, 0, std::numeric_limits<std::int32_t>::max());
}

void write_idx(const CaseRows& rows, ByteSink sink) {
  std::vector<Index> extents{rows.case_count()};
  extents.insert(extents.end(), rows.dataset.shape.begin(), rows.dataset.shape.end());
  sink(header(rows.dataset.holds_bytes() ? kByteType : kNumberType, extents, rows.dataset));
  ByteBuffer bytes;
  for_each_block(rows, [&](std::span<const Index>, const ConstMatrixRef& features) {
    bytes.clear();
    if (rows.dataset.holds_bytes())
      std::transform(features.data(), features.data() + features.size(), std::back_inserter(bytes),
                     [](Scalar value) { return static_cast<std::uint8_t>(value); });
    else
      append_numbers(features, bytes);
    sink(bytes);
  });
}

void write_idx_labels(const CaseRows& rows, ByteSink sink) {
  std::vector<Index> extents{rows.case_count()};
  ByteBuffer bytes;
  if (rows.targets) {
    const Matrix targets = rows.target_values();
    if (targets.rows() > 1) extents.push_back(targets.rows());
    append_numbers(targets, bytes);
    sink(header(kNumberType, extents, rows.dataset));
    return sink(bytes);
  }
  const auto labels = rows.label_numbers();
  const bool small = std::all_of(labels.begin(), labels.end(), [](std::int64_t label) { return label <= 255; });
  for (const std::int64_t label : labels)
    if (small)
      bytes.push_back(static_cast<std::uint8_t>(label));
    else
      append_big_endian(static_cast<std::int32_t>(label), bytes);
  sink(header(small ? kByteType : kIntegerType, extents, rows.dataset));
  sink(bytes);
}

}  // namespace dbn::detail
