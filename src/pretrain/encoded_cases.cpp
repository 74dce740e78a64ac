#include <dbn/pretrain/encoded_cases.hpp>

namespace dbn {

void EncodedCases::gather_into(std::span<const Index> cases, MatrixRef out) const {
  const auto count = static_cast<Index>(cases.size());
  const auto& layers = stack_.layers;
  if (layers.empty()) return source_.gather_into(cases, out);
  buffers_.resize(layers.size());
  for (std::size_t i = 0; i < layers.size(); ++i)
    if (buffers_[i].cols() < count) {
      buffers_[i].resize(0, 0);  // Eigen would free the old memory twice if there were not enough for the new size
      buffers_[i].resize(visible_count(layers[i]), count);
    }

  source_.gather_into(cases, buffers_[0].leftCols(count));
  for (std::size_t i = 0; i + 1 < layers.size(); ++i)
    encode_into(layers[i], buffers_[i].leftCols(count), buffers_[i + 1].leftCols(count));
  encode_into(layers.back(), buffers_.back().leftCols(count), out);
}

double encoded_cases_memory(std::span<const Index> sizes, Index batch) {
  double units = 0;
  for (const Index size : sizes) units += static_cast<double>(size);
  return sizeof(Scalar) * units * static_cast<double>(batch);
}

}  // namespace dbn
