#include <dbn/pretrain/pretrain.hpp>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/random.hpp>
#include <dbn/pretrain/encoded_cases.hpp>
#include <dbn/pretrain/layer_trainer.hpp>

#include "layer_learner.hpp"

namespace dbn {
namespace {

using detail::history_from;
using detail::history_name;
using detail::history_numbers;
using detail::kMonitored;
using detail::layer_prefix;
using detail::LayerLearner;

// Draws are told apart by 32-bit positions; a run that would use one twice is refused.
void check_positions(const LayerOptions& layer, Index cases) {
  const double updates =
      static_cast<double>(layer.epochs) * std::ceil(static_cast<double>(cases) / static_cast<double>(layer.batch));
  const Index steps = layer.divergence.cd_k;
  if (updates * static_cast<double>(steps) > 4294967295.0)
    throw InvalidArgument(
        fmt::format("layer {}: {:.0f} updates of {} Gibbs steps pass 2^32; try a larger --batch or fewer --epochs",
                    layer.layer + 1, updates, steps));
}

// Adds to a layer's state the layers below it: what is kept is the whole stack.
class StackKeeper final : public RunKeeper {
 public:
  StackKeeper(RunKeeper& keeper, PretrainResult& below, std::optional<SavedRun> saved)
      : keeper_(keeper), below_(below), saved_(std::move(saved)) {}

  std::optional<SavedRun> take_saved() override { return std::exchange(saved_, std::nullopt); }
  bool wants(Moment moment) override { return keeper_.wants(moment); }
  bool stop_requested() override { return keeper_.stop_requested(); }
  void keep(const RunState& layer) override {
    RunState whole = layer;
    for (std::size_t i = 0; i < below_.stack.layers.size(); ++i) {
      for (auto& tensor : with_prefix(layer_prefix(i), tensors(below_.stack.layers[i])))
        whole.tensors.push_back(tensor);
      whole.numbers[history_name(i)] = history_numbers(below_.history[i]);
    }
    keeper_.keep(whole);
  }

 private:
  RunKeeper& keeper_;
  PretrainResult& below_;
  std::optional<SavedRun> saved_;
};

// A stack in training.
class StackRun {
 public:
  StackRun(const CaseSource& training, const CaseSource* validation, const PretrainOptions& options, std::uint64_t seed,
           const PretrainObserver& observer, RunKeeper* keeper)
      : training_(training),
        validation_(validation),
        options_(options),
        seed_(seed),
        observer_(observer),
        keeper_(keeper),
        saved_(keeper != nullptr ? keeper->take_saved() : std::nullopt) {}

  PretrainResult run() {
    const std::size_t first = saved_ ? saved_layer() : 0;
    for (std::size_t i = 0; i < first; ++i) restore_finished(i);
    for (std::size_t i = first; i < options_.layers.size(); ++i) train_layer(i);
    return std::move(result_);
  }

 private:
  // The layer, from 0, that the saved state was in.
  std::size_t saved_layer() const {
    const Index layer = saved_->position.layer;
    if (saved_->position.stage != kStage || layer < 1 || layer > static_cast<Index>(options_.layers.size()))
      throw DataError(fmt::format("saved run: expected pretraining of layer 1 to {}, found {} of layer {}",
                                  options_.layers.size(), saved_->position.stage, layer));
    return static_cast<std::size_t>(layer) - 1;
  }

  void restore_finished(std::size_t i) {
    const LayerOptions layer = options_of(i);
    StackLayer finished = std::move(make_trainer(layer, unknown_inputs(layer.visible_count))->layer());
    saved_->copy_into(with_prefix(layer_prefix(i), tensors(finished)));
    result_.history.push_back(history_from(saved_->list(history_name(i)), i));
    result_.stack.layers.push_back(std::move(finished));
    result_.evidence.emplace_back();
    // A layer that stopped by its patience may have fewer.
    const auto epochs = static_cast<Index>(result_.history[i].size());
    if (layer.patience > 0 ? epochs > layer.epochs : epochs != layer.epochs)
      throw InvalidArgument(fmt::format(
          "--epochs: layer {} was finished with {} when the run stopped, found {}; give one value for each layer",
          i + 1, epochs, layer.epochs));
  }

  void train_layer(std::size_t i) {
    const EncodedCases inputs(training_, result_.stack);
    std::optional<EncodedCases> held_out;
    if (validation_ != nullptr) held_out.emplace(*validation_, result_.stack);
    const LayerOptions layer = options_of(i);
    check_positions(layer, training_.case_count());
    // What the start depends on need not be looked at where the start is written over.
    auto trainer = make_trainer(layer, saved_ ? unknown_inputs(layer.visible_count) : summarize(inputs));
    LayerLearner learner(inputs, held_out ? &*held_out : nullptr, layer, std::move(trainer), seed_, observer_);
    const LoopOptions loop{.stage = kStage,
                           .layer = layer.layer + 1,
                           .cases = training_.case_count(),
                           .batch = layer.batch,
                           .epochs = layer.epochs,
                           .learning_rate = layer.learning_rate,
                           .recommended_rate = pretrainer(layer.pretrainer).default_rate(layer),
                           .retry = options_.on_divergence == "retry",
                           .order = Stream(seed_, Purpose::batch_order, layer.layer)};
    std::optional<StackKeeper> keeper;
    if (keeper_ != nullptr) keeper.emplace(*keeper_, result_, std::exchange(saved_, std::nullopt));
    train(learner, loop, keeper ? &*keeper : nullptr, observer_.notice);
    result_.evidence.push_back(learner.evidence());
    result_.history.push_back(learner.take_history());
    result_.stack.layers.push_back(learner.take_layer());
  }

  LayerOptions options_of(std::size_t i) const {
    const Index features = i == 0 ? training_.feature_count() : result_.stack.code_count();
    LayerOptions layer = layer_options(options_, i, features);
    layer.batch = std::min(layer.batch, training_.case_count());
    return layer;
  }

  std::unique_ptr<LayerTrainer> make_trainer(const LayerOptions& layer, const InputSummary& inputs) const {
    return pretrainer(layer.pretrainer).make(layer, inputs, seed_);
  }

  static constexpr const char* kStage = "pretrain";
  const CaseSource& training_;
  const CaseSource* validation_;
  const PretrainOptions& options_;
  std::uint64_t seed_;
  const PretrainObserver& observer_;
  RunKeeper* keeper_;
  std::optional<SavedRun> saved_;  ///< until its layer goes on
  PretrainResult result_;          ///< the finished layers
};

}  // namespace

PretrainResult pretrain(const CaseSource& training, const CaseSource* validation, const PretrainOptions& options,
                        std::uint64_t seed, const PretrainObserver& observer, RunKeeper* keeper) {
  options.validate();
  if (training.case_count() < 1) throw InvalidArgument("pretraining: expected at least one training case, found none");
  return StackRun(training, validation, options, seed, observer, keeper).run();
}

namespace {

// What the training of a layer, whose numbers are `trainer`, takes at its largest beside the layers below and the
// tiles: when it measures or a checkpoint copies it, or before that, when its inputs are summed up.
double layer_run_memory(const LayerOptions& layer, const LayerMemory& trainer, bool retry,
                        std::span<const Index> sizes_below, Index cases, Index validation_cases) {
  const Index monitored = std::min(cases, kMonitored);
  const Index held_out = std::min(validation_cases, kMonitored);
  const auto columns = [](Index rows, Index count) {
    return sizeof(Scalar) * static_cast<double>(rows) * static_cast<double>(count);
  };
  const double measuring = columns(layer.visible_count, std::max(monitored, held_out)) +
                           columns(layer.hidden_count, std::max(monitored, held_out));
  const double copy = trainer.parameters + trainer.state;
  const double training = (retry ? 2 : 1) * copy + trainer.buffers + std::max({measuring, copy, trainer.start}) +
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
    most = std::max(most, layers_below + tiles +
                              layer_run_memory(layer, trainer, options.on_divergence == "retry", sizes_below, cases,
                                               validation_cases));
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

double pretrain_work(const std::vector<Index>& sizes, const PretrainOptions& options, Index cases) {
  const double steps = StepSchedule::parse(options.cd_k, "--cd-k", 1000).most();
  double work = 0;
  double below = 0;
  for (std::size_t i = 0; i + 1 < sizes.size(); ++i) {
    const double weights = static_cast<double>(sizes[i]) * static_cast<double>(sizes[i + 1]);
    const auto epochs = static_cast<double>(per_layer(options.epochs, i, options.layers.size(), "epochs"));
    work += epochs * static_cast<double>(cases) * ((6 + 4 * steps) * weights + 2 * below);
    below += weights;
  }
  return work;
}

}  // namespace dbn
