#include <algorithm>

#include <fmt/format.h>

#include <dbn/autoencoder/autoencoder.hpp>
#include <dbn/autoencoder/corruption.hpp>
#include <dbn/core/error.hpp>
#include <dbn/core/product.hpp>

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

/// A plain or denoising autoencoder by momentum.
class AutoencoderTrainer final : public LayerTrainer {
 public:
  AutoencoderTrainer(const LayerOptions& o, const InputSummary& input, std::uint64_t seed,
                     const std::string& corruption)
      : layer_(start(o, input, seed)),
        gradient_(model(), o.batch),
        optimizer_(optimizer("momentum").make(parameters(o.weight_cost), {})),
        corruption_(Corruption::parse(corruption, "--corruption")),
        corruption_stream_(seed, Purpose::corruption, o.layer),
        clean_(o.visible_count, o.batch) {}

  MatrixRef input(Index cases) override {
    gradient_.input(cases);  // refuses more cases than there is room for
    return clean_.leftCols(cases);
  }

  void update(const ConstMatrixRef& batch, const BatchPosition& at, UpdateRates rates) override {
    MatrixRef corrupted = gradient_.input(batch.cols());
    corruption_.kind->apply(corruption_stream_, corruption_.strength, static_cast<std::uint32_t>(at.epoch), at.cases,
                            batch, corrupted);
    const auto gradient = [&](GradientSink sink) {
      gradient_.gradient(corrupted, batch, sink);
      return 0.0;  // measured at the end of each epoch instead
    };
    optimizer_->update(gradient, rates, at.update);
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
  Matrix clean_;
};

}  // namespace

std::unique_ptr<LayerTrainer> make_autoencoder_trainer(const LayerOptions& options, const InputSummary& input,
                                                       std::uint64_t seed, const std::string& corruption) {
  return std::make_unique<AutoencoderTrainer>(options, input, seed, corruption);
}

LayerMemory autoencoder_memory(const LayerOptions& o) {
  const auto visible = static_cast<double>(o.visible_count);
  const auto hidden = static_cast<double>(o.hidden_count);
  const double parameters = sizeof(Scalar) * ((o.untied ? 2 : 1) * visible * hidden + visible + hidden);
  const double clean = sizeof(Scalar) * visible * static_cast<double>(o.batch);
  const double decoder_tiles = o.untied ? column_tile_memory(o.hidden_count, o.visible_count) : 0;
  return {.parameters = parameters,
          .state = optimizer("momentum").state_copies * parameters,
          .buffers = autoencoder_gradient_memory(o.visible_count, o.hidden_count, o.batch) + clean,
          .tiles = std::max(column_tile_memory(o.visible_count, o.hidden_count), decoder_tiles)};
}

}  // namespace dbn::detail
