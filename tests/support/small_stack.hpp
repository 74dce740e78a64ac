#pragma once
// Stack files that tools are tried on: small, and known to the last weight.

#include <string>
#include <vector>

#include <fmt/format.h>

#include <dbn/io/file.hpp>
#include <dbn/model/stack_file.hpp>

namespace dbn::test {

/// Binary RBMs of these sizes, for features of 0 to 255.
inline StackFile small_stack(const std::vector<Index>& sizes) {
  StackFile file;
  for (std::size_t i = 0; i + 1 < sizes.size(); ++i) {
    const auto layer = static_cast<std::uint32_t>(i);
    Rbm rbm =
        make_rbm("bernoulli", "bernoulli", sizes[i], sizes[i + 1], Stream(1, Purpose::initial_weights, layer), 0.7);
    add_normal_noise(Stream(2, Purpose::initial_weights, layer), {}, rbm.visible_bias);
    add_normal_noise(Stream(3, Purpose::initial_weights, layer), {}, rbm.hidden_bias);
    file.stack.layers.push_back(rbm);
  }
  file.preprocessing.scale = "unit";
  file.preprocessing.factor.setConstant(Scalar{1} / Scalar{255});
  return file;
}

/// Numbers from 0 to 255 that are no pattern (features x cases).
inline Matrix small_images(Index features, Index cases) {
  Matrix values(features, cases);
  const Stream stream(4, Purpose::synthetic_training);
  for (Index c = 0; c < cases; ++c)
    for (Index r = 0; r < features; ++r)
      values(r, c) = static_cast<Scalar>(stream.below(
          256, {.update = 0, .instance = static_cast<std::uint32_t>(c), .unit = static_cast<std::uint32_t>(r)}));
  return values;
}

/// Writes cases as CSV without a label; whole numbers come back as they are.
inline void write_csv(const std::string& path, const Matrix& cases) {
  std::string text;
  for (Index c = 0; c < cases.cols(); ++c)
    for (Index r = 0; r < cases.rows(); ++r)
      text += fmt::format("{}{}", cases(r, c), r + 1 < cases.rows() ? "," : "\n");
  write_file(path, text);
}

}  // namespace dbn::test
