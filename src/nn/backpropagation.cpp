#include <dbn/nn/backpropagation.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/math.hpp>
#include <dbn/core/product.hpp>
#include <dbn/nn/loss.hpp>

namespace dbn {

Backpropagation::Backpropagation(const Mlp& net, Index batch) : net_(net) {
  for (const auto& layer : net.layers) {
    outputs_.emplace_back(layer.fan_out(), batch);
    deltas_.emplace_back(layer.fan_out(), batch);
    delta_sums_.emplace_back(layer.fan_out());
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
  row_sums_into(top, delta_sums_.back());
  backward(batch, sink);
  return loss;
}

// The delta of the layer below `layer`, and its sums while a tile is in cache.
void Backpropagation::backward_through(std::size_t layer) {
  const auto& below = *net_.layers[layer - 1].activation;
  const Matrix& output = outputs_[layer - 1];
  const auto through_activation = [&](Index first, MatrixRef tile) {
    below.multiply_by_slope(output.block(first, 0, tile.rows(), cases_), tile);
    row_sums_into(tile, delta_sums_[layer - 1].segment(first, tile.rows()));
  };
  multiply_into(plain(net_.layers[layer].weights), plain(deltas_[layer].leftCols(cases_)),
                deltas_[layer - 1].leftCols(cases_), through_activation);
}

void Backpropagation::backward(const ConstMatrixRef& batch, GradientSink sink) {
  for (std::size_t i = net_.layers.size(); i-- > 0;) {
    // The layer below is served first: the sink may change these weights.
    if (i > 0) backward_through(i);
    const ConstMatrixRef input = i == 0 ? batch : ConstMatrixRef(outputs_[i - 1].leftCols(cases_));
    multiply_by_columns(plain(input), transposed(deltas_[i].leftCols(cases_)),
                        [&](Index first, const ConstMatrixRef& tile) { sink(2 * i, first, tile); });
    sink(2 * i + 1, 0, delta_sums_[i]);
  }
}

double backpropagation_memory(const std::vector<Index>& sizes, Index batch) {
  double units = 0;
  double tiles = 0;
  for (std::size_t i = 1; i < sizes.size(); ++i) {
    units += static_cast<double>(sizes[i]);
    tiles = std::max(tiles, column_tile_memory(sizes[i - 1], sizes[i]));
  }
  return sizeof(Scalar) * units * (2 * static_cast<double>(batch) + 1) + tiles;
}

}  // namespace dbn
