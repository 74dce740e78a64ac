#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/product.hpp>
#include <dbn/rbm/contrastive_divergence.hpp>

#include "trainer_table.hpp"

namespace dbn::detail {
namespace {

constexpr double kWeightDeviation = 0.01;  // Hinton 2012 §8

Rbm start(const LayerOptions& o, const InputSummary& input, std::uint64_t seed) {
  Rbm rbm = make_rbm(o.visible, o.hidden, o.visible_count, o.hidden_count,
                     Stream(seed, Purpose::initial_weights, o.layer), kWeightDeviation);
  if (rbm.visible->binary() && (input.least < 0 || input.most > 1))
    throw InvalidArgument(fmt::format(
        "layer {}: {} visible units expect values in [0, 1], found {:.4g} to {:.4g}; try --scale minmax, or --visible "
        "gaussian --scale standardize",
        o.layer + 1, o.visible, input.least, input.most));
  const auto& type = *rbm.visible;
  rbm.visible_bias = input.mean.unaryExpr([&](Scalar mean) { return type.bias_for_mean(mean); });
  return rbm;
}

/// An RBM by contrastive divergence and momentum.
class RbmTrainer final : public LayerTrainer {
 public:
  RbmTrainer(const LayerOptions& o, const InputSummary& input, std::uint64_t seed)
      : layer_(start(o, input, seed)),
        divergence_(rbm(), {o.estimator, o.cd_k, o.chains, o.sample_visible}, o.batch, seed, o.layer),
        optimizer_(optimizer("momentum").make(parameters(o.weight_cost), {})) {}

  MatrixRef input(Index cases) override { return divergence_.input(cases); }

  void update(const ConstMatrixRef& batch, const BatchPosition& at, UpdateRates rates) override {
    const auto gradient = [&](GradientSink sink) {
      divergence_.gradient(batch, static_cast<std::uint32_t>(at.update), sink);
      return 0.0;  // contrastive divergence follows no function that it could name
    };
    optimizer_->update(gradient, rates, at.update);
  }

  std::optional<double> mean_free_energy(const ConstMatrixRef& batch) const override {
    return std::get<Rbm>(layer_).free_energy(batch).mean();
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
    auto tensors = rbm().tensors();
    return {{tensors[0], weight_cost}, {tensors[1], 0}, {tensors[2], 0}};
  }

  StackLayer layer_;
  ContrastiveDivergence divergence_;
  std::unique_ptr<Optimizer> optimizer_;
};

}  // namespace

std::unique_ptr<LayerTrainer> make_rbm_trainer(const LayerOptions& options, const InputSummary& input,
                                               std::uint64_t seed) {
  return std::make_unique<RbmTrainer>(options, input, seed);
}

LayerMemory rbm_memory(const LayerOptions& o) {
  const auto visible = static_cast<double>(o.visible_count);
  const auto hidden = static_cast<double>(o.hidden_count);
  const double parameters = sizeof(Scalar) * (visible * hidden + visible + hidden);
  const bool persistent = o.estimator == "pcd";
  const double chains = persistent ? sizeof(Scalar) * hidden * static_cast<double>(o.chains) : 0;
  return {.parameters = parameters,
          .state = optimizer("momentum").state_copies * parameters + chains,
          .buffers =
              contrastive_divergence_memory(o.visible_count, o.hidden_count, o.batch, persistent ? o.chains : o.batch),
          .start = chains,  // the means that they are drawn from
          .tiles = column_tile_memory(o.visible_count, o.hidden_count)};
}

}  // namespace dbn::detail
