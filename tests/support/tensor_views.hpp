#pragma once
// Tensors for writers: small, of both types, and of several shapes.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <dbn/io/safetensors.hpp>

namespace dbn::test {

/// The numbers of two tensors, and views of them: `w` [2, 3] of floats, `b` [2] of doubles.
struct TwoTensors {
  std::vector<float> w{1, 2, 3, 4, 5, 6};
  std::vector<double> b{-0.5, 1e300};

  std::vector<TensorView> views() const { return {{"w", "F32", {2, 3}, bytes(w)}, {"b", "F64", {2}, bytes(b)}}; }

  template <typename Number>
  static std::span<const std::uint8_t> bytes(const std::vector<Number>& numbers) {
    return {reinterpret_cast<const std::uint8_t*>(numbers.data()), numbers.size() * sizeof(Number)};
  }
  template <typename Number>
  static std::string text(const std::vector<Number>& numbers) {
    return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(Number)};
  }
};

}  // namespace dbn::test
