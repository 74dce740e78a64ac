#pragma once
// What the writers of other tools' archives ask of a tensor.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/io/json.hpp>
#include <dbn/io/safetensors.hpp>

#include "safetensors_layout.hpp"

namespace dbn::detail {

/// Bytes of one number of a tensor. Throws InvalidArgument, naming `format`, when its bytes do not fit dtype and shape.
inline std::size_t element_bytes(const char* format, const TensorView& tensor) {
  const auto [size, fault] = tensor_size(tensor.dtype, tensor.shape);
  if (!fault.empty()) throw InvalidArgument(fmt::format("{}: {}: {}", format, quote_for_message(tensor.name), fault));
  if (size != tensor.bytes.size())
    throw InvalidArgument(fmt::format("{}: {}: expected {} bytes, found {}", format, quote_for_message(tensor.name),
                                      size, tensor.bytes.size()));
  return tensor.dtype == "F32" ? 4 : 8;
}

inline std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace dbn::detail
