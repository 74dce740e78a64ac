#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include <dbn/autoencoder/autoencoder_gradient.hpp>
#include <dbn/autoencoder/corruption.hpp>
#include <dbn/core/error.hpp>
#include <dbn/core/product.hpp>
#include <dbn/nn/gradient_clip.hpp>
#include <dbn/nn/max_norm.hpp>

#include "trainer_table.hpp"

namespace dbn::detail {
namespace {

Autoencoder start(const LayerOptions& o, const InputSummary& input, std::uint64_t seed) {
  const auto loss = reconstruction_loss(o.loss);
  const Scalar least = input.features.least.minCoeff(), most = input.features.most.maxCoeff();
  if (loss == ReconstructionLoss::cross_entropy && input.known && (least < 0 || most > 1))
    throw InvalidArgument(fmt::format(
        "layer {}: cross-entropy expects values in [0, 1], found {:.4g} to {:.4g}; try --scale minmax or --loss "
        "squared-error",
        o.layer + 1, least, most));
  return make_autoencoder(o.visible_count, o.hidden_count, o.activation, loss, !o.untied,
                          Stream(seed, Purpose::initial_weights, o.layer));
}

bool searches(const LayerOptions& o) { return optimizer(o.optimizer).default_line_searches > 0; }

// Only a line search compares values of what is minimised; the loss is measured at the end of each epoch instead.
AutoencoderGradientOptions gradient_options(const LayerOptions& o, const AutoencoderVariant& variant) {
  return {.penalties = variant.penalties, .with_value = searches(o)};
}

/// An autoencoder of any variant, by any optimizer.
class AutoencoderTrainer final : public LayerTrainer {
 public:
  AutoencoderTrainer(const LayerOptions& o, const InputSummary& input, std::uint64_t seed,
                     const AutoencoderVariant& variant)
      : layer_(start(o, input, seed)),
        gradient_(model(), o.batch, gradient_options(o, variant)),
        optimizer_(optimizer(o.optimizer).make(parameters(o.weight_cost), o.settings)),
        corruption_(Corruption::parse(variant.corruption, "--corruption")),
        corruption_stream_(seed, Purpose::corruption, o.layer),
        emphasis_(variant.emphasis),
        tied_epochs_(o.tied_epochs),
        max_norm_(o.max_norm),
        clean_(o.visible_count, o.batch) {
    if (o.clip_norm > 0) clip_.emplace(parameters(o.weight_cost), o.clip_norm);
    if (emphasis_ > 0) feature_weights_.resize(o.visible_count, o.batch);
  }

  MatrixRef input(Index cases) override {
    gradient_.input(cases);  // refuses more cases than there is room for
    return clean_.leftCols(cases);
  }

  void update(const ConstMatrixRef& batch, const BatchPosition& at, UpdateRates rates) override {
    MatrixRef corrupted = gradient_.input(batch.cols());
    MatrixRef feature_weights = feature_weights_.leftCols(emphasis_ > 0 ? batch.cols() : 0);
    corruption_.apply(corruption_stream_, static_cast<std::uint32_t>(at.epoch), at.cases, batch, corrupted,
                      emphasis_ > 0 ? &feature_weights : nullptr);
    // From 1 where the noise touched a feature, and 0 elsewhere, to how much the feature counts.
    feature_weights = feature_weights.cwiseMax(static_cast<Scalar>(1 - emphasis_));
    const bool as_tied = at.epoch <= tied_epochs_;
    const auto gradient = [&](GradientSink sink) {
      return gradient_.gradient(corrupted, batch, sink, feature_weights, as_tied);
    };
    const auto clipped = [&](GradientSink sink) { return clip_->pass(gradient, sink); };
    optimizer_->update(clip_ ? Objective(clipped) : Objective(gradient), rates, at.update);
    if (max_norm_ > 0) limit_norms(model().weights, max_norm_);
    if (max_norm_ > 0 && !model().tied()) limit_norms(model().decoder_weights, max_norm_);
  }

  std::optional<double> mean_free_energy(const ConstMatrixRef&) const override { return std::nullopt; }
  StackLayer& layer() override { return layer_; }
  TensorList state() override { return optimizer_->state(); }

 private:
  Autoencoder& model() { return std::get<Autoencoder>(layer_); }

  std::vector<Parameter> parameters(double weight_cost) {
    std::vector<Parameter> list;
    for (const auto& tensor : model().tensors()) list.push_back({tensor, is_weight(tensor) ? weight_cost : 0});
    return list;
  }

  StackLayer layer_;
  AutoencoderGradient gradient_;
  std::unique_ptr<Optimizer> optimizer_;
  Corruption corruption_;
  Stream corruption_stream_;
  double emphasis_;
  Index tied_epochs_;
  double max_norm_;
  std::optional<GradientClip> clip_;
  Matrix clean_;
  Matrix feature_weights_;  ///< empty without emphasis
};

}  // namespace

std::unique_ptr<LayerTrainer> make_autoencoder_trainer(const LayerOptions& options, const InputSummary& input,
                                                       std::uint64_t seed, const AutoencoderVariant& variant) {
  return std::make_unique<AutoencoderTrainer>(options, input, seed, variant);
}

void check_autoencoder(const LayerOptions& o, const AutoencoderVariant& variant) {
  check_penalties(variant.penalties, activation(o.activation));
  const auto corruption = Corruption::parse(variant.corruption, "--corruption");
  if (variant.emphasis > 0 && (corruption.strength == 0 || corruption.kind->touches_all))
    throw InvalidArgument(fmt::format("--emphasis: expected 0 with --corruption {}, which touches {}",
                                      variant.corruption,
                                      corruption.strength == 0 ? "no feature" : "every feature alike"));
  if (searches(o) && (o.clip_norm > 0 || o.tied_epochs > 0))
    throw InvalidArgument(fmt::format(
        "--clip-norm, --tied-epochs: expected 0 with {}, whose line searches need the gradient of what they lower",
        o.optimizer));
  if (o.max_norm > 0 && o.tied_epochs > 0)
    throw InvalidArgument(
        "--max-norm: expected 0 with --tied-epochs, because it shortens what leads into hidden units and into features "
        "apart");
  if (o.tied_epochs > 0 && !o.untied)
    throw InvalidArgument("--tied-epochs: expected 0 where weights stay tied; to untie them afterwards, add --untied");
  if (o.tied_epochs > 0 && o.tied_epochs >= o.epochs)
    throw InvalidArgument(fmt::format(
        "--tied-epochs: expected fewer than the {} epochs of layer {}, found {}; to keep weights tied, leave "
        "out --untied",
        o.epochs, o.layer + 1, o.tied_epochs));
}

LayerMemory autoencoder_memory(const LayerOptions& o, const AutoencoderVariant& variant) {
  const auto& kind = optimizer(o.optimizer);
  const auto visible = static_cast<double>(o.visible_count);
  const auto hidden = static_cast<double>(o.hidden_count);
  const double count = (o.untied ? 2 : 1) * visible * hidden + visible + hidden;
  const double parameters = sizeof(Scalar) * count;
  const double batch = sizeof(Scalar) * visible * static_cast<double>(o.batch);
  const double decoder_tiles = o.untied ? column_tile_memory(o.hidden_count, o.visible_count) : 0;
  return {
      .parameters = parameters,
      .state = kind.state_copies * parameters,
      .buffers = autoencoder_gradient_memory(o.visible_count, o.hidden_count, o.batch, gradient_options(o, variant)) +
                 (variant.emphasis > 0 ? 2 : 1) * batch + (o.clip_norm > 0 ? parameters : 0) +
                 sizeof(double) * count * kind.working_doubles,
      .tiles = std::max(column_tile_memory(o.visible_count, o.hidden_count), decoder_tiles)};
}

}  // namespace dbn::detail
