#include <dbn/nn/backpropagation.hpp>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/product.hpp>
#include <dbn/nn/loss.hpp>

namespace dbn {

Backpropagation::Backpropagation(const Mlp& net, Index batch) : net_(net) {
  for (const auto& layer : net.layers) {
    outputs_.emplace_back(layer.fan_out(), batch);
    deltas_.emplace_back(layer.fan_out(), batch);
  }
}

double Backpropagation::gradient(const ConstMatrixRef& batch, std::span<const int> labels, GradientSink sink) {
  cases_ = batch.cols();
  if (batch.rows() != net_.feature_count() || cases_ > outputs_.front().cols() || cases_ < 1 ||
      static_cast<Index>(labels.size()) != cases_)
    throw InvalidArgument(
        fmt::format("batch: expected {} features, 1 to {} cases and as many labels, found {} x {}, {}",
                    net_.feature_count(), outputs_.front().cols(), batch.rows(), cases_, labels.size()));
  net_.layers.front().forward_into(batch, outputs_.front().leftCols(cases_));
  for (std::size_t i = 1; i < net_.layers.size(); ++i)
    net_.layers[i].forward_into(outputs_[i - 1].leftCols(cases_), outputs_[i].leftCols(cases_));

  MatrixRef top = deltas_.back().leftCols(cases_);
  top = outputs_.back().leftCols(cases_);
  const double loss = softmax_cross_entropy(top, labels) / static_cast<double>(cases_);
  top /= static_cast<Scalar>(cases_);  // the one place where the batch is averaged
  backward(batch, sink);
  return loss;
}

void Backpropagation::backward(const ConstMatrixRef& batch, GradientSink sink) {
  for (std::size_t i = net_.layers.size(); i-- > 0;) {
    const MatrixRef delta = deltas_[i].leftCols(cases_);
    // The layer below is served first: the sink may change these weights.
    if (i > 0) {
      const auto* below = net_.layers[i - 1].activation;
      const Matrix& output = outputs_[i - 1];
      multiply_into(plain(net_.layers[i].weights), plain(delta), deltas_[i - 1].leftCols(cases_),
                    [&](Index first, MatrixRef tile) {
                      below->multiply_by_slope(output.block(first, 0, tile.rows(), cases_), tile);
                    });
    }
    const auto weight_gradient = [&](Index first, const ConstMatrixRef& tile) { sink(2 * i, first, tile); };
    if (i == 0)
      multiply_by_columns(plain(batch), transposed(delta), weight_gradient);
    else
      multiply_by_columns(plain(outputs_[i - 1].leftCols(cases_)), transposed(delta), weight_gradient);
    sink(2 * i + 1, 0, delta.rowwise().sum());
  }
}

}  // namespace dbn
