#include <dbn/rbm/rbm.hpp>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/nn/initializer.hpp>

namespace dbn {
namespace {

Position tile_position(std::uint32_t update, Index first) {
  return {.update = update, .instance = 0, .unit = static_cast<std::uint32_t>(first)};
}

// One conditional of either layer.
void mean_into(Factor weights, const ConstMatrixRef& given, const Vector& bias, const UnitType& type, MatrixRef mean,
               RowTileEpilogue then) {
  multiply_add_into(weights, plain(given), bias, mean, [&](Index first, MatrixRef tile) {
    type.mean_in_place(tile);
    then(first, tile);
  });
}

void mean_and_states_into(Factor weights, const ConstMatrixRef& given, const Vector& bias, const UnitType& type,
                          const Stream& stream, std::uint32_t update, MatrixRef mean, MatrixRef states,
                          RowTileEpilogue then) {
  multiply_add_into(weights, plain(given), bias, mean, [&](Index first, MatrixRef tile) {
    type.mean_and_states(stream, tile_position(update, first), tile, states.middleRows(first, tile.rows()));
    then(first, tile);
  });
}

}  // namespace

void Rbm::hidden_mean_into(const ConstMatrixRef& visible_states, MatrixRef mean, RowTileEpilogue then) const {
  mean_into(transposed(weights), visible_states, hidden_bias, *hidden, mean, then);
}

void Rbm::hidden_mean_and_states_into(const ConstMatrixRef& visible_states, const Stream& stream, std::uint32_t update,
                                      MatrixRef mean, MatrixRef states, RowTileEpilogue then) const {
  mean_and_states_into(transposed(weights), visible_states, hidden_bias, *hidden, stream, update, mean, states, then);
}

void Rbm::visible_mean_into(const ConstMatrixRef& hidden_states, MatrixRef mean, RowTileEpilogue then) const {
  mean_into(plain(weights), hidden_states, visible_bias, *visible, mean, then);
}

void Rbm::visible_mean_and_states_into(const ConstMatrixRef& hidden_states, const Stream& stream, std::uint32_t update,
                                       MatrixRef mean, MatrixRef states, RowTileEpilogue then) const {
  mean_and_states_into(plain(weights), hidden_states, visible_bias, *visible, stream, update, mean, states, then);
}

Eigen::VectorXd Rbm::energy(const ConstMatrixRef& visible_states, const ConstMatrixRef& hidden_states) const {
  Matrix input(hidden_count(), visible_states.cols());
  multiply_into(transposed(weights), plain(visible_states), input);
  return visible->energy(visible_states, visible_bias) + hidden->energy(hidden_states, hidden_bias) -
         input.cast<double>().cwiseProduct(hidden_states.cast<double>()).colwise().sum().transpose();
}

Eigen::VectorXd Rbm::free_energy(const ConstMatrixRef& visible_states) const {
  Matrix input(hidden_count(), visible_states.cols());
  multiply_add_into(transposed(weights), plain(visible_states), hidden_bias, input, [](Index, MatrixRef) {});
  return visible->energy(visible_states, visible_bias) - hidden->log_partition(input);
}

TensorList Rbm::tensors() {
  return {named("weight", weights), named("visible_bias", visible_bias), named("hidden_bias", hidden_bias)};
}

Rbm make_rbm(std::string_view visible, std::string_view hidden, Index visible_count, Index hidden_count,
             const Stream& stream, double deviation) {
  if (visible_count < 1 || hidden_count < 1)
    throw InvalidArgument(fmt::format("RBM: expected at least one unit a layer, found {} visible, {} hidden",
                                      visible_count, hidden_count));
  Rbm rbm{unit_type(visible), unit_type(hidden), Matrix(visible_count, hidden_count), Vector::Zero(visible_count),
          Vector::Zero(hidden_count)};
  fill_normal(stream, deviation, rbm.weights);
  return rbm;
}

}  // namespace dbn
