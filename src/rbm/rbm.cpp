#include <dbn/rbm/rbm.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/parallel.hpp>
#include <dbn/nn/initializer.hpp>

namespace dbn {
namespace {

/// One layer's conditional: what its total inputs are made of, and what becomes of them.
struct Conditional {
  const Matrix& weights;
  bool upwards;  ///< to the hidden units
  const Vector& bias;
  const UnitType& type;
  UnitContext context;
  const Vector* bias_counts;  ///< how often each case counts the biases; null: once
};

// The product, its biases, and `finish(first row, first case, block)` on every block of total inputs: rows that are
// still in cache where units are on their own, else whole cases.
template <typename Finish>
void total_inputs(const Conditional& of, const ConstMatrixRef& given, MatrixRef out, RowTileEpilogue then,
                  Finish&& finish) {
  const ConstMatrixRef weights = of.weights;
  const Factor factor{weights, of.upwards};
  const auto add_repeated_biases = [&](Index first, MatrixRef tile) {
    if (of.bias_counts == nullptr) return;
    for (Index c = 0; c < tile.cols(); ++c)
      tile.col(c) += ((*of.bias_counts)[c] - Scalar{1}) * of.bias.segment(first, tile.rows());
  };
  if (of.type.separable()) {
    multiply_add_into(factor, plain(given), of.bias, out, [&](Index first, MatrixRef tile) {
      add_repeated_biases(first, tile);
      finish(first, Index{0}, tile);
      then(first, tile);
    });
    return;
  }
  multiply_add_into(factor, plain(given), of.bias, out, add_repeated_biases);
  const Tiles tiles(out.cols(), 16, 1);
  parallel_for(tiles.count(),
               [&](Index t) { finish(Index{0}, tiles.first(t), out.middleCols(tiles.first(t), tiles.length(t))); });
  then(0, out);
}

// The context of the block at a row and a case.
struct BlockContext {
  Vector counts;
  UnitContext units;

  BlockContext(const UnitContext& layer, Index first, Index first_case, Index cases) : units(layer) {
    units.first += first;
    if (layer.counts == nullptr) return;
    counts = layer.counts->segment(first_case, cases);
    units.counts = &counts;
  }
};

void mean_into(const Conditional& of, const ConstMatrixRef& given, MatrixRef mean, RowTileEpilogue then) {
  total_inputs(of, given, mean, then, [&](Index first, Index first_case, MatrixRef block) {
    of.type.mean_in_place(block, BlockContext(of.context, first, first_case, block.cols()).units);
  });
}

void mean_and_states_into(const Conditional& of, const ConstMatrixRef& given, const Stream& stream,
                          std::uint32_t update, MatrixRef mean, MatrixRef states, RowTileEpilogue then) {
  total_inputs(of, given, mean, then, [&](Index first, Index first_case, MatrixRef block) {
    const Position at{update, static_cast<std::uint32_t>(first_case), static_cast<std::uint32_t>(first)};
    of.type.mean_and_states(stream, at, block, states.block(first, first_case, block.rows(), block.cols()),
                            BlockContext(of.context, first, first_case, block.cols()).units);
  });
}

Conditional hidden_of(const Rbm& rbm, const Vector* counts) {
  return {rbm.weights, true, rbm.hidden_bias, *rbm.hidden, {}, counts};
}

Conditional visible_of(const Rbm& rbm, const Vector* counts) {
  return {rbm.weights, false, rbm.visible_bias, *rbm.visible, rbm.visible_context(counts), nullptr};
}

// What visible states drive hidden units by: use(statistics, counts or null). States that are their own statistics are
// not copied.
template <typename Use>
void with_drive(const Rbm& rbm, const ConstMatrixRef& visible_states, Use&& use) {
  const Vector counts = rbm.counts_of(visible_states);
  const Vector* given = counts.size() > 0 ? &counts : nullptr;
  if (rbm.visible_log_variance.size() > 0)
    use(rbm.statistics(visible_states), given);
  else
    use(visible_states, given);
}

}  // namespace

void Rbm::to_statistics(MatrixRef visible_states) const {
  if (visible_log_variance.size() == 0) return;
  visible_states.array().colwise() *= (-visible_log_variance.array()).exp();
}

Matrix Rbm::statistics(const ConstMatrixRef& visible_states) const {
  Matrix all = visible_states;
  to_statistics(all);
  return all;
}

Vector Rbm::counts_of(const ConstMatrixRef& visible_states) const {
  if (!visible->replicated()) return {};
  return visible_states.colwise().sum().transpose();
}

void Rbm::hidden_mean_into(const ConstMatrixRef& statistics, MatrixRef mean, RowTileEpilogue then,
                           const Vector* counts) const {
  mean_into(hidden_of(*this, counts), statistics, mean, then);
}

void Rbm::hidden_mean_and_states_into(const ConstMatrixRef& statistics, const Stream& stream, std::uint32_t update,
                                      MatrixRef mean, MatrixRef states, RowTileEpilogue then,
                                      const Vector* counts) const {
  mean_and_states_into(hidden_of(*this, counts), statistics, stream, update, mean, states, then);
}

void Rbm::visible_mean_into(const ConstMatrixRef& hidden_states, MatrixRef mean, RowTileEpilogue then,
                            const Vector* counts) const {
  mean_into(visible_of(*this, counts), hidden_states, mean, then);
}

void Rbm::visible_mean_and_states_into(const ConstMatrixRef& hidden_states, const Stream& stream, std::uint32_t update,
                                       MatrixRef mean, MatrixRef states, RowTileEpilogue then,
                                       const Vector* counts) const {
  mean_and_states_into(visible_of(*this, counts), hidden_states, stream, update, mean, states, then);
}

void Rbm::encode_into(const ConstMatrixRef& visible_states, MatrixRef codes) const {
  with_drive(*this, visible_states, [&](const ConstMatrixRef& statistics, const Vector* counts) {
    total_inputs(hidden_of(*this, counts), statistics, codes, kNoEpilogue,
                 [&](Index first, Index, MatrixRef block) { hidden->code_in_place(block, {.first = first}); });
  });
}

Matrix Rbm::reconstruct(const ConstMatrixRef& visible_states) const {
  Matrix means(hidden_count(), visible_states.cols());
  Matrix reconstruction(visible_states.rows(), visible_states.cols());
  with_drive(*this, visible_states, [&](const ConstMatrixRef& statistics, const Vector* counts) {
    hidden_mean_into(statistics, means, kNoEpilogue, counts);
    visible_mean_into(means, reconstruction, kNoEpilogue, counts);
  });
  return reconstruction;
}

Eigen::VectorXd Rbm::energy(const ConstMatrixRef& visible_states, const ConstMatrixRef& hidden_states) const {
  Matrix driven(hidden_count(), visible_states.cols());
  const Matrix statistics_of_states = statistics(visible_states);
  multiply_into(transposed(weights), plain(statistics_of_states), driven);
  Eigen::VectorXd hidden_energy = hidden->energy(hidden_states, hidden_bias);
  if (visible->replicated()) {
    const Eigen::VectorXd counts = counts_of(visible_states).cast<double>();
    const Eigen::VectorXd by_bias = hidden_states.cast<double>().transpose() * hidden_bias.cast<double>();
    hidden_energy -= (counts.array() - 1).matrix().cwiseProduct(by_bias);
  }
  return visible->energy(visible_states, visible_bias, visible_context()) + hidden_energy -
         driven.cast<double>().cwiseProduct(hidden_states.cast<double>()).colwise().sum().transpose();
}

Eigen::VectorXd Rbm::free_energy(const ConstMatrixRef& visible_states) const {
  Matrix inputs(hidden_count(), visible_states.cols());
  with_drive(*this, visible_states, [&](const ConstMatrixRef& statistics, const Vector* counts) {
    total_inputs(hidden_of(*this, counts), statistics, inputs, kNoEpilogue, [](Index, Index, const MatrixRef&) {});
  });
  return visible->energy(visible_states, visible_bias, visible_context()) - hidden->log_partition(inputs);
}

TensorList Rbm::tensors() {
  TensorList all{named("weight", weights), named("visible_bias", visible_bias), named("hidden_bias", hidden_bias)};
  if (visible_log_variance.size() > 0) all.push_back(named("visible_log_variance", visible_log_variance));
  return all;
}

void check_units(const UnitType& visible, const UnitType& hidden, Index visible_count, Index hidden_count) {
  if (visible_count < 1 || hidden_count < 1)
    throw InvalidArgument(fmt::format("RBM: expected at least one unit a layer, found {} visible, {} hidden",
                                      visible_count, hidden_count));
  if (!visible.visible())
    throw InvalidArgument(
        fmt::format("RBM: {} units are for hidden layers, found them as visible; try gaussian", visible.name()));
  if (!hidden.hidden())
    throw InvalidArgument(fmt::format("RBM: {} units are for visible layers, found them as hidden", hidden.name()));
  visible.check(visible_count);
  hidden.check(hidden_count);
}

Rbm make_rbm(std::string_view visible, std::string_view hidden, Index visible_count, Index hidden_count,
             const Stream& stream, double deviation) {
  const auto visible_type = unit_type(visible), hidden_type = unit_type(hidden);
  check_units(*visible_type, *hidden_type, visible_count, hidden_count);
  Rbm rbm{visible_type, hidden_type, Matrix(visible_count, hidden_count), Vector::Zero(visible_count),
          Vector::Zero(hidden_count)};
  if (visible_type->learns_variances()) rbm.visible_log_variance = Vector::Zero(visible_count);
  fill_normal(stream, deviation, rbm.weights);
  return rbm;
}

}  // namespace dbn
