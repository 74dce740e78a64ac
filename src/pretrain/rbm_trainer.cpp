#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <dbn/autoencoder/corruption.hpp>
#include <dbn/core/error.hpp>
#include <dbn/core/product.hpp>
#include <dbn/nn/gradient_clip.hpp>
#include <dbn/nn/max_norm.hpp>
#include <dbn/nn/schedule.hpp>
#include <dbn/rbm/contrastive_divergence.hpp>
#include <dbn/units/unit_type.hpp>

#include "trainer_table.hpp"

namespace dbn::detail {
namespace {

constexpr double kWeightDeviation = 0.01;  // Hinton 2012 §8
// A feature that never changes has no variance to learn: as far as this, and no further.
constexpr double kLeastVariance = 1e-3;

// Where the hidden units' drive is that of centred ones: nothing, at the data's mean.
void center_start(Rbm& rbm, const Vector& data_mean) {
  const Vector at_mean = rbm.statistics(data_mean);
  rbm.hidden_bias = -rbm.weights.transpose() * at_mean;
  Matrix means = Matrix::Zero(rbm.hidden_count(), 1);
  rbm.hidden->mean_in_place(means);
  rbm.visible_bias -= rbm.weights * means;
}

Rbm start(const LayerOptions& o, const InputSummary& input, std::uint64_t seed) {
  Rbm rbm = make_rbm(o.visible, o.hidden, o.visible_count, o.hidden_count,
                     Stream(seed, Purpose::initial_weights, o.layer), kWeightDeviation);
  if (const std::string found = input.known ? rbm.visible->objection(input.features) : ""; !found.empty())
    throw InvalidArgument(
        fmt::format("layer {}: {}; try --scale minmax, or --visible gaussian --scale standardize", o.layer + 1, found));
  if (o.visible_bias == "data") rbm.visible_bias = rbm.visible->biases_for_means(input.features.mean);
  for (Index i = 0; i < rbm.visible_log_variance.size(); ++i)
    if (rbm.visible->learns_variance(i))
      rbm.visible_log_variance[i] = std::log(std::max(input.features.variance[i], static_cast<Scalar>(kLeastVariance)));
  if (o.divergence.centered) center_start(rbm, input.features.mean);
  return rbm;
}

/// An RBM by one of the estimators and momentum.
class RbmTrainer final : public LayerTrainer {
 public:
  RbmTrainer(const LayerOptions& o, const InputSummary& input, std::uint64_t seed)
      : options_(o),
        layer_(start(o, input, seed)),
        divergence_(rbm(), o.divergence, o.batch, seed, o.layer),
        steps_(StepSchedule::parse(o.cd_k, "--cd-k", static_cast<double>(o.divergence.cd_k))),
        optimizer_(optimizer("momentum").make(parameters(o.weight_cost), {})),
        corruption_(Corruption::parse(o.rbm_corruption, "--rbm-corruption")),
        corruption_stream_(seed, Purpose::corruption, o.layer) {
    if (o.clip_norm > 0) clip_.emplace(parameters(0), o.clip_norm);
    if (o.rbm_corruption == "none") return;
    if (estimator(o.divergence.estimator).persistent || o.divergence.estimator == "exact")
      throw InvalidArgument(
          fmt::format("--rbm-corruption: expected chains that start at the data, found --estimator {}; try cd",
                      o.divergence.estimator));
    corrupted_.resize(o.visible_count, o.batch);
  }

  MatrixRef input(Index cases) override { return divergence_.input(cases); }

  void update(const ConstMatrixRef& batch, const BatchPosition& at, UpdateRates rates) override {
    const Matrix* chains_from = corrupted(batch, at);
    const auto gradient = [&](GradientSink sink) {
      divergence_.gradient(batch, static_cast<std::uint32_t>(at.update), sink, static_cast<Index>(steps_.at(at.epoch)),
                           chains_from);
      return 0.0;  // contrastive divergence follows no function that it could name
    };
    const bool changed = options_.l1_cost > 0 || rbm().visible_log_variance.size() > 0;
    const auto in_step = [&](GradientSink sink) { return with_scale_and_cost(gradient, sink); };
    const Objective objective = changed ? Objective(in_step) : Objective(gradient);
    const auto clipped = [&](GradientSink sink) { return clip_->pass(objective, sink); };
    optimizer_->update(clip_ ? Objective(clipped) : objective, rates, at.update);
    if (options_.max_norm > 0) limit_norms(rbm().weights, options_.max_norm);
    if (Vector& z = rbm().visible_log_variance; z.size() > 0)
      z = z.cwiseMax(static_cast<Scalar>(std::log(kLeastVariance)));
  }

  std::optional<double> mean_free_energy(const ConstMatrixRef& batch) const override {
    return std::get<Rbm>(layer_).free_energy(batch).mean();
  }

  TrainingEvidence evidence(const ConstMatrixRef& cases) const override {
    TrainingEvidence all{.swap_rates = divergence_.swap_rates()};
    const Matrix& chains = divergence_.chains();
    if (chains.size() == 0) return all;
    const Rbm& model = std::get<Rbm>(layer_);
    Matrix states(model.visible_count(), chains.cols());
    model.visible_mean_and_states_into(chains, Stream(0, Purpose::generation, options_.layer), 0, states, states);
    all.chain_free_energy = mean_free_energy(states);
    all.data_free_energy = mean_free_energy(cases);
    return all;
  }

  StackLayer& layer() override { return layer_; }

  TensorList state() override {
    TensorList all = optimizer_->state();
    for (auto& tensor : divergence_.state()) all.push_back(tensor);
    return all;
  }

 private:
  Rbm& rbm() { return std::get<Rbm>(layer_); }

  // Weight cost is on weights only: biases may be as large as the data want them.
  std::vector<Parameter> parameters(double weight_cost) {
    std::vector<Parameter> list;
    for (const auto& tensor : rbm().tensors()) list.push_back({tensor, is_weight(tensor) ? weight_cost : 0});
    return list;
  }

  // Where variances are learned, what moves a visible unit's mean is multiplied by its variance: steps are then as long
  // as they would be with variance 1, and a rate that suits those suits all. The L1 cost's slope is the sign of a
  // weight, not its size; at 0 there is none.
  double with_scale_and_cost(Objective gradient, GradientSink sink) {
    const auto cost = static_cast<Scalar>(options_.l1_cost);
    const Vector variance = rbm().visible_log_variance.array().exp();
    return gradient([&](std::size_t tensor, Index first, const ConstMatrixRef& tile) {
      if (tensor > 1) return sink(tensor, first, tile);
      thread_local Matrix changed;
      changed = tile;
      if (variance.size() > 0) changed.array().colwise() *= variance.array();
      if (tensor == 0) changed.array() += cost * rbm().weights.middleCols(first, tile.cols()).array().sign();
      sink(tensor, first, changed);
    });
  }

  const Matrix* corrupted(const ConstMatrixRef& batch, const BatchPosition& at) {
    if (corrupted_.size() == 0) return nullptr;
    corrupted_.resize(batch.rows(), batch.cols());
    corruption_.apply(corruption_stream_, static_cast<std::uint32_t>(at.epoch), at.cases, batch, corrupted_);
    return &corrupted_;
  }

  LayerOptions options_;
  StackLayer layer_;
  ContrastiveDivergence divergence_;
  StepSchedule steps_;
  std::unique_ptr<Optimizer> optimizer_;
  std::optional<GradientClip> clip_;
  Corruption corruption_;
  Stream corruption_stream_;
  Matrix corrupted_;  ///< empty without corruption
};

}  // namespace

std::unique_ptr<LayerTrainer> make_rbm_trainer(const LayerOptions& options, const InputSummary& input,
                                               std::uint64_t seed) {
  return std::make_unique<RbmTrainer>(options, input, seed);
}

LayerMemory rbm_memory(const LayerOptions& o) {
  const auto visible = static_cast<double>(o.visible_count);
  const auto hidden = static_cast<double>(o.hidden_count);
  const bool learned = unit_type(o.visible)->learns_variances();
  const double parameters = sizeof(Scalar) * (visible * hidden + (learned ? 2 : 1) * visible + hidden);
  const auto divergence = contrastive_divergence_memory(o.visible_count, o.hidden_count, o.batch, o.divergence);
  const double clipped = o.clip_norm > 0 ? parameters : 0;
  return {.parameters = parameters,
          .state = optimizer("momentum").state_copies * parameters + divergence.state,
          .buffers = divergence.buffers + clipped,
          .start = divergence.state,  // at most: the means that chains are drawn from
          .tiles = column_tile_memory(o.visible_count, o.hidden_count)};
}

}  // namespace dbn::detail
