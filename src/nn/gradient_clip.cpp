#include <dbn/nn/gradient_clip.hpp>

#include <cmath>

namespace dbn {

GradientClip::GradientClip(const std::vector<Parameter>& parameters, double longest) : longest_(longest) {
  for (const auto& p : parameters) gradient_.emplace_back(p.tensor.values.rows(), p.tensor.values.cols());
}

double GradientClip::pass(Objective objective, GradientSink sink) {
  const double value = objective([this](std::size_t tensor, Index first, const ConstMatrixRef& tile) {
    gradient_[tensor].middleCols(first, tile.cols()) = tile;
  });
  double square = 0;
  for (const auto& tensor : gradient_)
    for (Index c = 0; c < tensor.cols(); ++c) square += static_cast<double>(tensor.col(c).squaredNorm());
  const double length = std::sqrt(square);
  for (std::size_t i = 0; i < gradient_.size(); ++i) {
    if (length > longest_) gradient_[i] *= static_cast<Scalar>(longest_ / length);
    sink(i, 0, gradient_[i]);
  }
  return value;
}

}  // namespace dbn
