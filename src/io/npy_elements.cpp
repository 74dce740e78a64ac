#include "npy_elements.hpp"

#include <fmt/format.h>

#include <dbn/core/error.hpp>

namespace dbn::detail {
namespace {

/// Two plain pointers that do not overlap, so that the compiler vectorises.
template <typename Element, bool big_endian, typename Number>
void convert(const std::uint8_t* __restrict__ from, Number* __restrict__ to, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    to[i] = static_cast<Number>(load<Element>(from + i * sizeof(Element), big_endian));
}

template <typename Element, typename Number>
void convert_as(bool big_endian, const std::uint8_t* from, std::span<Number> out) {
  if (big_endian)
    convert<Element, true>(from, out.data(), out.size());
  else
    convert<Element, false>(from, out.data(), out.size());
}

}  // namespace

template <typename Number>
void convert_elements(const NpyType& type, const std::uint8_t* from, std::span<Number> out) {
  if constexpr (sizeof(Number) == 1)
    std::copy_n(from, out.size(), out.begin());
  else
    with_element_type(type, [&](auto element) { convert_as<decltype(element)>(type.big_endian, from, out); });
}

template void convert_elements(const NpyType& type, const std::uint8_t* from, std::span<std::uint8_t> out);
template void convert_elements(const NpyType& type, const std::uint8_t* from, std::span<float> out);
template void convert_elements(const NpyType& type, const std::uint8_t* from, std::span<double> out);

void check_truth_values(const NpyType& type, std::span<const std::uint8_t> elements, std::uint64_t first,
                        const std::string& name) {
  if (type.kind != 'b') return;
  const auto bad = std::find_if(elements.begin(), elements.end(), [](std::uint8_t b) { return b > 1; });
  if (bad != elements.end())
    throw DataError(fmt::format("{}: element {}: expected a truth value, 0 or 1, found {}", name,
                                first + static_cast<std::uint64_t>(bad - elements.begin()) + 1, *bad));
}

}  // namespace dbn::detail
