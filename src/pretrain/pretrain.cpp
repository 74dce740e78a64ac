#include <dbn/pretrain/pretrain.hpp>

#include <algorithm>
#include <cmath>
#include <memory>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/math.hpp>
#include <dbn/core/random.hpp>
#include <dbn/core/stopwatch.hpp>
#include <dbn/nn/schedule.hpp>
#include <dbn/pretrain/encoded_cases.hpp>
#include <dbn/pretrain/layer_trainer.hpp>

namespace dbn {
namespace {

constexpr Index kMonitored = 1000;

// Some cases in a matrix of their own, on which every epoch is measured.
Matrix monitored(const CaseSource& cases, std::uint64_t seed) {
  auto chosen = permutation(Stream(seed, Purpose::monitored_cases), 0, cases.case_count());
  chosen.resize(static_cast<std::size_t>(std::min(cases.case_count(), kMonitored)));
  Matrix batch(cases.feature_count(), static_cast<Index>(chosen.size()));
  cases.gather_into(chosen, batch);
  return batch;
}

// Draws are told apart by 32-bit positions; a run that would use one twice is refused.
void check_positions(const LayerOptions& layer, Index cases) {
  const double updates =
      static_cast<double>(layer.epochs) * std::ceil(static_cast<double>(cases) / static_cast<double>(layer.batch));
  if (updates * static_cast<double>(layer.cd_k) > 4294967295.0)
    throw InvalidArgument(
        fmt::format("layer {}: {:.0f} updates of {} Gibbs steps pass 2^32; try a larger --batch or fewer --epochs",
                    layer.layer + 1, updates, layer.cd_k));
}

// One layer's training: its inputs, its trainer and its rates.
class LayerRun {
 public:
  LayerRun(const CaseSource& training, const CaseSource* validation, const LayerOptions& options, std::uint64_t seed,
           const PretrainObserver& observer)
      : training_(training),
        options_(options),
        observer_(observer),
        order_stream_(seed, Purpose::batch_order, options.layer),
        momentum_(StepSchedule::parse(options.momentum, "--momentum", 1)),
        trainer_(pretrainer(options.pretrainer).make(options, summarize(training), seed)),
        monitored_training_(monitored(training, seed)) {
    if (validation != nullptr && validation->case_count() > 0) monitored_validation_ = monitored(*validation, seed);
  }

  PretrainEpoch train_epoch(Index epoch) {
    const Stopwatch watch;
    const auto order = permutation(order_stream_, static_cast<std::uint32_t>(epoch), training_.case_count());
    const UpdateRates rates{options_.learning_rate, momentum_.at(epoch)};
    for_each_batch(order, options_.batch, [&](Index first, std::span<const Index> cases) {
      MatrixRef batch = trainer_->input(static_cast<Index>(cases.size()));
      training_.gather_into(cases, batch);
      trainer_->update(batch, {static_cast<std::uint32_t>(epoch), update_++, cases}, rates);
      if (observer_.batch)
        observer_.batch(options_.layer + 1, epoch, static_cast<double>(first) / static_cast<double>(order.size()));
    });
    const double seconds = watch.seconds();  // of training: what is measured on it is no part of it
    check_sane(epoch);
    PretrainEpoch record = measure(epoch);
    record.seconds = seconds;
    return record;
  }

  StackLayer take_layer() { return std::move(trainer_->layer()); }

 private:
  void check_sane(Index epoch) {
    for (const auto& tensor : tensors(trainer_->layer()))
      if (!(is_weight(tensor) ? all_moderate(tensor.values) : all_finite(tensor.values)))
        throw DivergenceError(fmt::format(
            "pretraining diverged: {} of layer {} is beyond all measure after epoch {} (update {}), learning rate "
            "{}; try a rate "
            "ten times smaller, or data scaled to [0, 1]",
            tensor.name, options_.layer + 1, epoch, update_, options_.learning_rate));
  }

  PretrainEpoch measure(Index epoch) {
    const auto& inputs = monitored_training_;
    PretrainEpoch record{.layer = options_.layer + 1, .epoch = epoch};
    record.reconstruction_error =
        (inputs - reconstruct(trainer_->layer(), inputs)).squaredNorm() / static_cast<double>(inputs.cols());
    const auto training = trainer_->mean_free_energy(inputs);
    if (training && monitored_validation_.cols() > 0)
      record.free_energy_gap = *trainer_->mean_free_energy(monitored_validation_) - *training;
    return record;
  }

  const CaseSource& training_;
  LayerOptions options_;
  const PretrainObserver& observer_;
  Stream order_stream_;
  StepSchedule momentum_;
  std::unique_ptr<LayerTrainer> trainer_;
  Matrix monitored_training_;
  Matrix monitored_validation_;
  std::uint32_t update_ = 0;
};

}  // namespace

PretrainResult pretrain(const CaseSource& training, const CaseSource* validation, const PretrainOptions& options,
                        std::uint64_t seed, const PretrainObserver& observer) {
  options.validate();
  if (training.case_count() < 1) throw InvalidArgument("pretraining: expected at least one training case, found none");
  PretrainResult result;
  for (std::size_t i = 0; i < options.layers.size(); ++i) {
    const EncodedCases inputs(training, result.stack);
    std::optional<EncodedCases> held_out;
    if (validation != nullptr) held_out.emplace(*validation, result.stack);
    LayerOptions layer = layer_options(options, i, inputs.feature_count());
    layer.batch = std::min(layer.batch, training.case_count());
    check_positions(layer, training.case_count());
    LayerRun run(inputs, held_out ? &*held_out : nullptr, layer, seed, observer);
    auto& history = result.history.emplace_back();
    for (Index epoch = 1; epoch <= layer.epochs; ++epoch) {
      history.push_back(run.train_epoch(epoch));
      if (observer.epoch) observer.epoch(history.back());
    }
    result.stack.layers.push_back(run.take_layer());
  }
  return result;
}

namespace {

// What the training of a layer, whose numbers are `trainer`, takes at its largest beside the layers below and the
// tiles: when it measures or a checkpoint copies it, or before that, when its inputs are summed up.
double layer_run_memory(const LayerOptions& layer, const LayerMemory& trainer, std::span<const Index> sizes_below,
                        Index cases, Index validation_cases) {
  const Index monitored = std::min(cases, kMonitored);
  const Index held_out = std::min(validation_cases, kMonitored);
  const auto columns = [](Index rows, Index count) {
    return sizeof(Scalar) * static_cast<double>(rows) * static_cast<double>(count);
  };
  const double measuring = columns(layer.visible_count, std::max(monitored, held_out)) +
                           columns(layer.hidden_count, std::max(monitored, held_out));
  const double copy = trainer.parameters + trainer.state;
  const double training = copy + trainer.buffers + std::max({measuring, copy, trainer.start}) +
                          columns(layer.visible_count, monitored + held_out);
  const double encoded = encoded_cases_memory(sizes_below, std::min(cases, std::max(kMonitored, layer.batch))) +
                         encoded_cases_memory(sizes_below, held_out);
  const double order = 2 * sizeof(Index) * static_cast<double>(cases);
  return std::max(training, summary_memory(layer.visible_count)) + encoded + order;
}

}  // namespace

double pretrain_memory(Index features, const PretrainOptions& options, Index cases, Index validation_cases) {
  std::vector<Index> sizes_below;
  double layers_below = 0;
  double tiles = 0;
  double most = 0;
  for (std::size_t i = 0; i < options.layers.size(); ++i) {
    const Index visible = i == 0 ? features : options.layers[i - 1];
    LayerOptions layer = layer_options(options, i, visible);
    layer.batch = std::min(layer.batch, cases);
    const LayerMemory trainer = pretrainer(layer.pretrainer).memory(layer);
    tiles = std::max(tiles, trainer.tiles);
    most =
        std::max(most, layers_below + tiles + layer_run_memory(layer, trainer, sizes_below, cases, validation_cases));
    layers_below += trainer.parameters;
    sizes_below.push_back(visible);
  }
  return most;
}

double stack_memory(Index features, const PretrainOptions& options) {
  double parameters = 0;
  for (std::size_t i = 0; i < options.layers.size(); ++i) {
    const LayerOptions layer = layer_options(options, i, i == 0 ? features : options.layers[i - 1]);
    parameters += pretrainer(layer.pretrainer).memory(layer).parameters;
  }
  return parameters;
}

}  // namespace dbn
