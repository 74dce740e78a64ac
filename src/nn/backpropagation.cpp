#include <dbn/nn/backpropagation.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/math.hpp>
#include <dbn/core/product.hpp>

namespace dbn {

Backpropagation::Backpropagation(const Mlp& net, Index batch, const Loss& loss, Dropout dropout)
    : net_(net), loss_(loss), dropout_(std::move(dropout)) {
  for (const double rate : dropout_.rates)
    if (!(rate >= 0 && rate < 1))
      throw InvalidArgument(fmt::format("dropout: expected shares from 0 to below 1, found {}", rate));
  for (std::size_t i = 0; i < net.layers.size(); ++i) {
    const auto& layer = net.layers[i];
    outputs_.emplace_back(layer.fan_out(), batch);
    deltas_.emplace_back(layer.fan_out(), batch);
    delta_sums_.emplace_back(layer.fan_out());
    const Index kept = layer.activation->slope_from_input ? layer.fan_out() : 0;
    totals_.emplace_back(kept, kept > 0 ? batch : 0);
    const Index dropped = drops(i) ? layer.fan_in() : 0;
    masks_.emplace_back(dropped, dropped > 0 ? batch : 0);
    dropped_.emplace_back(dropped, dropped > 0 ? batch : 0);
  }
}

double Backpropagation::gradient(const TrainingBatch& batch, GradientSink sink, std::size_t lowest) {
  check(batch);
  cases_ = batch.inputs.cols();
  forward(batch);

  MatrixRef top = deltas_.back().leftCols(cases_);
  top = outputs_.back().leftCols(cases_);
  const double loss = loss_.value_and_gradient(top, batch.targets) / batch.weight;
  top /= static_cast<Scalar>(batch.weight);  // the one place where the batch is averaged
  row_sums_into(top, delta_sums_.back());
  for (std::size_t i = net_.layers.size(); i-- > lowest;) {
    // The layer below is served first: the sink may change these weights.
    if (i > lowest) backward_through(i);
    multiply_by_columns(plain(input(i, batch)), transposed(deltas_[i].leftCols(cases_)),
                        [&](Index first, const ConstMatrixRef& tile) { sink(2 * i, first, tile); });
    sink(2 * i + 1, 0, delta_sums_[i]);
  }
  return loss;
}

void Backpropagation::check(const TrainingBatch& batch) const {
  const Index cases = batch.inputs.cols();
  if (batch.inputs.rows() != net_.feature_count() || cases > outputs_.front().cols() || cases < 1 ||
      batch.targets.rows() != net_.output_count() || batch.targets.cols() != cases)
    throw InvalidArgument(
        fmt::format("batch: expected {} features and {} targets of 1 to {} cases, found {} x {} and {} x {}",
                    net_.feature_count(), net_.output_count(), outputs_.front().cols(), batch.inputs.rows(), cases,
                    batch.targets.rows(), batch.targets.cols()));
}

ConstMatrixRef Backpropagation::input(std::size_t layer, const TrainingBatch& batch) const {
  if (drops(layer)) return dropped_[layer].leftCols(cases_);
  if (layer == 0) return batch.inputs;
  return outputs_[layer - 1].leftCols(cases_);
}

void Backpropagation::drop(std::size_t layer, Index first, const ConstMatrixRef& tile, Index update) {
  MatrixRef mask = masks_[layer].block(first, 0, tile.rows(), cases_);
  dropout_.mask_into(layer, update, first, mask);
  dropped_[layer].block(first, 0, tile.rows(), cases_) = tile.cwiseProduct(mask);
}

void Backpropagation::forward(const TrainingBatch& batch) {
  if (drops(0)) drop(0, 0, batch.inputs, batch.update);
  for (std::size_t i = 0; i < net_.layers.size(); ++i) {
    const auto& layer = net_.layers[i];
    const auto activate = [&](Index first, MatrixRef tile) {
      if (layer.activation->slope_from_input) totals_[i].block(first, 0, tile.rows(), cases_) = tile;
      layer.activation->apply(tile);
      if (drops(i + 1)) drop(i + 1, first, tile, batch.update);
    };
    multiply_add_into(transposed(layer.weights), plain(input(i, batch)), layer.bias, outputs_[i].leftCols(cases_),
                      activate);
  }
}

// The delta of the layer below `layer`, and its sums while a tile is in cache.
void Backpropagation::backward_through(std::size_t layer) {
  const auto& below = *net_.layers[layer - 1].activation;
  const Matrix& at = below.slope_from_input ? totals_[layer - 1] : outputs_[layer - 1];
  const auto through_activation = [&](Index first, MatrixRef tile) {
    if (drops(layer)) tile.array() *= masks_[layer].block(first, 0, tile.rows(), cases_).array();
    below.multiply_by_slope(at.block(first, 0, tile.rows(), cases_), tile);
    row_sums_into(tile, delta_sums_[layer - 1].segment(first, tile.rows()));
  };
  multiply_into(plain(net_.layers[layer].weights), plain(deltas_[layer].leftCols(cases_)),
                deltas_[layer - 1].leftCols(cases_), through_activation);
}

double backpropagation_memory(const std::vector<Index>& sizes, Index batch, bool dropout) {
  double units = 0;
  double inputs = 0;
  double tiles = 0;
  for (std::size_t i = 1; i < sizes.size(); ++i) {
    units += static_cast<double>(sizes[i]);
    inputs += static_cast<double>(sizes[i - 1]);
    tiles = std::max(tiles, column_tile_memory(sizes[i - 1], sizes[i]));
  }
  const double dropped = dropout ? 2 * inputs * static_cast<double>(batch) : 0;
  return sizeof(Scalar) * (units * (2 * static_cast<double>(batch) + 1) + dropped) + tiles;
}

}  // namespace dbn
