#include <dbn/rbm/contrastive_divergence.hpp>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/math.hpp>
#include <dbn/core/product.hpp>
#include <dbn/rbm/exact_likelihood.hpp>

namespace dbn {
namespace {

constexpr Index kPenaltyColumns = 3;  // two of centering, one of sparsity

// Position of Gibbs step `step` (from 0) of an update in a stream: all steps of all updates are distinct.
std::uint32_t gibbs_position(std::uint32_t update, Index steps, Index step) {
  return update * static_cast<std::uint32_t>(steps) + static_cast<std::uint32_t>(step);
}

}  // namespace

ContrastiveDivergence::ContrastiveDivergence(const Rbm& rbm, const ContrastiveDivergenceOptions& options, Index batch,
                                             std::uint64_t seed, std::uint32_t layer)
    : rbm_(rbm),
      options_(options),
      kind_(dbn::estimator(options.estimator)),
      rule_(StatisticsRule::parse(options.statistics == "auto" ? kind_.statistics : options.statistics)),
      mean_field_(options.estimator == "mean-field"),
      hidden_stream_(seed, Purpose::hidden_states, layer),
      data_stream_(seed, kind_.persistent ? Purpose::states_of_data : Purpose::hidden_states, layer),
      visible_stream_(seed, Purpose::visible_states, layer),
      chain_stream_(seed, Purpose::chain_start, layer),
      dropout_stream_(seed, Purpose::dropout, layer),
      swap_stream_(seed, Purpose::swaps, layer) {
  check_estimator(rbm, options);
  const Index columns = batch + fantasies(batch) + kPenaltyColumns;
  visible_.resize(rbm.visible_count(), columns);
  hidden_.resize(rbm.hidden_count(), columns);
  hidden_states_.resize(rbm.hidden_count(), batch);
  visible_gradient_.resize(rbm.visible_count());
  visible_sums_.resize(rbm.visible_count());
  hidden_gradient_.resize(rbm.hidden_count());
  if (kind_.persistent) start_chains();
  if (options.centered) {
    Matrix means = rbm.visible_bias;
    rbm.visible->mean_in_place(means, rbm.visible_context());
    visible_offset_ = rbm.statistics(means);
    Matrix driven(rbm.hidden_count(), 1);
    rbm.hidden_mean_into(visible_offset_, driven);
    hidden_offset_ = driven;
  }
  if (options.sparsity_target != 0)
    activity_.setConstant(rbm.hidden_count(), static_cast<Scalar>(options.sparsity_target));
}

// A chain starts where the hidden biases alone put it.
void ContrastiveDivergence::start_chains() {
  chains_.resize(rbm_.hidden_count(), options_.chains);
  Matrix mean = rbm_.hidden_bias.replicate(1, options_.chains);
  rbm_.hidden->mean_and_states(chain_stream_, {}, mean, chains_);
  if (options_.estimator == "fpcd") fast_.emplace(rbm_, options_.fast_rate, options_.fast_decay);
  if (options_.estimator == "pt") tempering_.emplace(rbm_, options_.chains, options_.replicas, chain_stream_);
}

MatrixRef ContrastiveDivergence::input(Index cases) {
  if (cases < 1 || cases > hidden_states_.cols())
    throw InvalidArgument(fmt::format("batch: expected 1 to {} cases, found {}", hidden_states_.cols(), cases));
  return visible_.leftCols(cases);
}

void ContrastiveDivergence::gradient(const ConstMatrixRef& batch, std::uint32_t update, GradientSink sink, Index steps,
                                     const Matrix* start) {
  const Index cases = batch.cols();
  if (batch.rows() != rbm_.visible_count() || cases < 1 || cases > hidden_states_.cols())
    throw InvalidArgument(fmt::format("batch: expected {} features and 1 to {} cases, found {} x {}",
                                      rbm_.visible_count(), hidden_states_.cols(), batch.rows(), cases));
  if (options_.estimator == "exact") return exact_gradient(rbm_, batch, sink);
  if (batch.data() != visible_.data()) visible_.leftCols(cases) = batch;
  update_ = update;
  steps = steps == 0 ? options_.cd_k : std::min(steps, options_.cd_k);
  counts_ = rbm_.counts_of(visible_.leftCols(cases));
  positive_phase(cases, update, start);
  if (tempering_)
    tempered_phase(cases, gibbs_position(update, options_.cd_k, 0), steps);
  else
    negative_phase(kind_.persistent ? MatrixRef(chains_) : MatrixRef(hidden_states_.leftCols(cases)), cases, update,
                   steps);
  if (rbm_.visible_log_variance.size() > 0) variance_gradient(cases, fantasies(cases));
  const Index columns = add_penalties(cases + fantasies(cases), cases);

  const auto hand_over = [&](std::size_t tensor, Index first, const ConstMatrixRef& tile) {
    if (fast_) fast_->learn(tensor, first, tile);
    sink(tensor, first, tile);
  };
  multiply_by_columns(plain(visible_.leftCols(columns)), transposed(hidden_.leftCols(columns)),
                      [&](Index first, const ConstMatrixRef& tile) { hand_over(0, first, tile); });
  hand_over(1, 0, visible_gradient_);
  hand_over(2, 0, hidden_gradient_);
  if (variance_gradient_.size() > 0) hand_over(3, 0, variance_gradient_);
}

// The batch is averaged here, and the fantasies where the negative phase ends: means leave the cache with their weight
// in the gradient's product, -1/cases or 1/fantasies.
void ContrastiveDivergence::positive_phase(Index cases, std::uint32_t update, const Matrix* start) {
  MatrixRef data = visible_.leftCols(cases);
  MatrixRef states = hidden_states_.leftCols(cases);
  rbm_.to_statistics(data);
  const std::uint32_t position = gibbs_position(update, options_.cd_k, 0);
  const bool from_data = !kind_.persistent && start == nullptr;
  hidden_step(rbm_, data, hidden_.leftCols(cases), states, data_stream_, position, from_data || rule_.sample_positive,
              [&](Index first, MatrixRef tile) {
                if (rule_.sample_positive) tile = states.middleRows(first, tile.rows());
                tile *= Scalar{-1} / static_cast<Scalar>(cases);
              });
  if (start == nullptr || kind_.persistent) return;
  // Denoising: the chain sets out from corrupted data, whose hidden units nobody else sees.
  const Matrix corrupted = rbm_.statistics(*start);
  hidden_step(rbm_, corrupted, hidden_.middleCols(cases, cases), states, data_stream_, position, true, kNoEpilogue);
}

void ContrastiveDivergence::negative_phase(MatrixRef hidden_states, Index cases, std::uint32_t update, Index steps) {
  const Index count = hidden_states.cols();
  MatrixRef visible = visible_.middleCols(cases, count);
  MatrixRef hidden = hidden_.middleCols(cases, count);
  const Rbm& machine = fast_ ? fast_->driver() : rbm_;
  const auto end_visible = [&](Index first, MatrixRef tile) { sum_visible(first, tile, cases); };
  const auto end_hidden = [&](Index first, MatrixRef tile) { weigh_hidden(first, tile, hidden_states, cases); };
  for (Index step = 1; step <= steps; ++step) {
    const bool last = step == steps;
    const std::uint32_t position = gibbs_position(update, options_.cd_k, step - 1);
    visible_step(machine, hidden_states, visible, position,
                 last ? RowTileEpilogue(end_visible) : RowTileEpilogue(kNoEpilogue));
    // The last step of cd needs no sample; a persistent chain goes on from one.
    hidden_step(machine, visible, hidden, hidden_states, hidden_stream_, kind_.persistent ? position : position + 1,
                !last || kind_.persistent || rule_.sample_negative,
                last ? RowTileEpilogue(end_hidden) : RowTileEpilogue(kNoEpilogue));
  }
  if (counts_.size() > 0)
    hidden_gradient_ = hidden_.leftCols(cases) * counts_ + hidden_.middleCols(cases, count) * counts_;
}

void ContrastiveDivergence::tempered_phase(Index cases, std::uint32_t position, Index steps) {
  MatrixRef visible = visible_.middleCols(cases, options_.chains);
  for (Index step = 0; step < steps; ++step)
    tempering_->step(hidden_stream_, visible_stream_, swap_stream_, position + static_cast<std::uint32_t>(step));
  tempering_->model_states_into(visible, chains_);
  sum_visible(0, visible, cases);
  rbm_.hidden_mean_into(visible, hidden_.middleCols(cases, options_.chains),
                        [&](Index first, MatrixRef tile) { weigh_hidden(first, tile, chains_, cases); });
}

// Of the last fantasies' rows from `first`: the visible biases' gradient.
void ContrastiveDivergence::sum_visible(Index first, const ConstMatrixRef& fantasies, Index cases) {
  VectorRef sums = visible_gradient_.segment(first, fantasies.rows());
  VectorRef of_data = visible_sums_.segment(first, fantasies.rows());
  row_sums_into(fantasies, sums);
  row_sums_into(visible_.block(first, 0, fantasies.rows(), cases), of_data);
  sums = sums * (Scalar{1} / static_cast<Scalar>(fantasies.cols())) - of_data / static_cast<Scalar>(cases);
}

// Of the last fantasies' rows from `first`: their weight in the product, and the hidden biases' gradient.
void ContrastiveDivergence::weigh_hidden(Index first, MatrixRef fantasies, const ConstMatrixRef& states, Index cases) {
  if (rule_.sample_negative) fantasies = states.middleRows(first, fantasies.rows());
  fantasies *= Scalar{1} / static_cast<Scalar>(fantasies.cols());
  row_sums_into(hidden_.block(first, 0, fantasies.rows(), cases + fantasies.cols()),
                hidden_gradient_.segment(first, fantasies.rows()));
}

// Hidden states to visible statistics.
void ContrastiveDivergence::visible_step(const Rbm& machine, const ConstMatrixRef& hidden_states, MatrixRef visible,
                                         std::uint32_t position, RowTileEpilogue then) {
  const Vector* counts = counts_.size() > 0 ? &counts_ : nullptr;
  const auto scaled = [&](Index first, MatrixRef tile) {
    if (const Vector& z = rbm_.visible_log_variance; z.size() > 0)
      tile.array().colwise() *= (-z.segment(first, tile.rows()).array()).exp();
    then(first, tile);
  };
  if (rule_.sample_visible && !mean_field_)
    machine.visible_mean_and_states_into(hidden_states, visible_stream_, position, visible, visible, scaled, counts);
  else
    machine.visible_mean_into(hidden_states, visible, scaled, counts);
}

// Visible statistics to hidden means, and to states where they are drawn.
void ContrastiveDivergence::hidden_step(const Rbm& machine, const ConstMatrixRef& visible, MatrixRef hidden,
                                        MatrixRef states, const Stream& stream, std::uint32_t position, bool draw,
                                        RowTileEpilogue then) {
  const Vector* counts = counts_.size() > 0 ? &counts_ : nullptr;
  const auto finished = [&](Index first, MatrixRef tile) {
    if (draw && mean_field_) states.middleRows(first, tile.rows()) = tile;
    if (options_.dropout > 0) {
      drop(tile, first);
      if (draw) drop(states.middleRows(first, tile.rows()), first);
    }
    then(first, tile);
  };
  if (draw && !mean_field_)
    machine.hidden_mean_and_states_into(visible, stream, position, hidden, states, finished, counts);
  else
    machine.hidden_mean_into(visible, hidden, finished, counts);
}

// Which units are out is the same in both phases of an update: the machine without them is what learns.
void ContrastiveDivergence::drop(MatrixRef tile, Index first) const {
  std::vector<Scalar> uniforms(static_cast<std::size_t>(tile.rows()));
  for (Index c = 0; c < tile.cols(); ++c) {
    dropout_stream_.uniforms_into({update_, static_cast<std::uint32_t>(c), static_cast<std::uint32_t>(first)},
                                  uniforms);
    for (Index r = 0; r < tile.rows(); ++r)
      if (static_cast<double>(uniforms[static_cast<std::size_t>(r)]) < options_.dropout) tile(r, c) = 0;
  }
}

// Centering and sparsity change the gradient by products of one column, which join the columns of the phases.
Index ContrastiveDivergence::add_penalties(Index columns, Index cases) {
  if (!options_.centered && activity_.size() == 0) return columns;
  Vector hidden_mean(rbm_.hidden_count());
  row_sums_into(hidden_.leftCols(cases), hidden_mean);
  hidden_mean *= Scalar{-1};
  const Vector visible_mean = visible_sums_ / static_cast<Scalar>(cases);
  if (options_.centered) {
    const auto rate = static_cast<Scalar>(options_.offset_rate);
    visible_offset_ += rate * (visible_mean - visible_offset_);
    hidden_offset_ += rate * (hidden_mean - hidden_offset_);
    center(columns);
    columns += 2;
  }
  if (activity_.size() > 0) {
    const auto decay = static_cast<Scalar>(options_.sparsity_decay);
    activity_ = decay * activity_ + (1 - decay) * hidden_mean;
    const Vector pull = static_cast<Scalar>(options_.sparsity_cost.value_or(kSparsityCost)) *
                        (activity_.array() - static_cast<Scalar>(options_.sparsity_target)).matrix();
    visible_.col(columns) = visible_mean;
    hidden_.col(columns) = pull;
    hidden_gradient_ += pull;
    ++columns;
  }
  return columns;
}

// Of the centred parameters, seen from the plain ones: the weights' gradient is sum w (v - m)(h - l)', whose weights w
// sum up to 0; a plain bias moves by its own gradient less what the weights' move takes along through the offsets.
void ContrastiveDivergence::center(Index columns) {
  visible_.col(columns) = visible_offset_;
  hidden_.col(columns) = -hidden_gradient_;
  visible_.col(columns + 1) = visible_gradient_;
  hidden_.col(columns + 1) = -hidden_offset_;
  const auto v = visible_.leftCols(columns + 2);
  const auto h = hidden_.leftCols(columns + 2);
  const Vector along_hidden = h.transpose() * hidden_offset_;
  const Vector along_visible = v.transpose() * visible_offset_;
  visible_gradient_.noalias() -= v * along_hidden;
  hidden_gradient_.noalias() -= h * along_visible;
}

// With z = log variance and t = v e^{-z}: -dE/dz = t (v/2 - a - W h), and the columns' weights as everywhere.
void ContrastiveDivergence::variance_gradient(Index cases, Index fantasies) {
  const Index columns = cases + fantasies;
  Matrix driven(rbm_.visible_count(), columns);
  multiply_into(plain(rbm_.weights), plain(hidden_.leftCols(columns)), driven);
  const Eigen::Array<Scalar, Eigen::Dynamic, 1> variance = rbm_.visible_log_variance.array().exp();
  variance_gradient_.setZero(rbm_.visible_count());
  for (Index c = 0; c < columns; ++c) {
    const Scalar weight =
        c < cases ? Scalar{-1} / static_cast<Scalar>(cases) : Scalar{1} / static_cast<Scalar>(fantasies);
    const auto t = visible_.col(c).array();
    variance_gradient_.array() +=
        t * (weight * (variance * t / Scalar{2} - rbm_.visible_bias.array()) - driven.col(c).array());
  }
  // A reconstruction that is a mean lacks the spread of what it stands for: e^{-z} times half the variance.
  if (!rule_.sample_visible || mean_field_) variance_gradient_.array() += Scalar{0.5};
  for (Index i = 0; i < variance_gradient_.size(); ++i)
    if (!rbm_.visible->learns_variance(i)) variance_gradient_[i] = 0;
}

TensorList ContrastiveDivergence::state() {
  TensorList all;
  if (tempering_)
    all = tempering_->state();
  else if (kind_.persistent)
    all.push_back(named("chains", chains_));
  if (fast_)
    for (auto& tensor : fast_->state()) all.push_back(tensor);
  if (options_.centered) {
    all.push_back(named("visible_offset", visible_offset_));
    all.push_back(named("hidden_offset", hidden_offset_));
  }
  if (activity_.size() > 0) all.push_back(named("activity", activity_));
  return all;
}

Vector ContrastiveDivergence::swap_rates() const { return tempering_ ? tempering_->swap_rates() : Vector(); }

ContrastiveDivergenceMemory contrastive_divergence_memory(Index visible, Index hidden, Index batch,
                                                          const ContrastiveDivergenceOptions& o) {
  const auto v = static_cast<double>(visible), h = static_cast<double>(hidden);
  const auto cases = static_cast<double>(batch);
  const bool persistent = estimator(o.estimator).persistent;
  const double chains = persistent ? static_cast<double>(o.chains) : 0;
  const double columns = cases + (persistent ? chains : cases) + kPenaltyColumns;
  const double replicas = o.estimator == "pt" ? chains * static_cast<double>(o.replicas) : 0;
  const double parameters = v * h + v + h;
  double buffers = (v + h) * (columns + 2) + h * cases + h * chains;
  double state = o.estimator == "pt" ? h * replicas + static_cast<double>(o.replicas) : h * chains;
  buffers += replicas * (3 * v + 2 * h);
  if (o.estimator == "fpcd") {
    buffers += parameters;
    state += parameters;
  }
  if (o.centered) state += v + h;
  if (o.sparsity_target != 0) state += h;
  return {sizeof(Scalar) * buffers, sizeof(Scalar) * state};
}

}  // namespace dbn
