#include "block.hpp"

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/nn/evaluation.hpp>
#include <dbn/nn/lsuv.hpp>
#include <dbn/pretrain/unroll.hpp>
#include <dbn/pretrain/visible_units.hpp>

namespace dbn::detail {
namespace {

constexpr const char* kDone = "done";

template <typename Epoch>
double training_seconds(const std::vector<Epoch>& history) {
  double sum = 0;
  for (const auto& epoch : history) sum += epoch.seconds;
  return sum;
}

std::string labels_text(Index labels) { return fmt::format("{}-labels", labels); }

std::optional<Index> epochs_to_target(const std::vector<FinetuneEpoch>& history, double target) {
  for (const auto& epoch : history)
    if (epoch.validation_error && *epoch.validation_error <= target) return epoch.epoch;
  return std::nullopt;
}

// A finished run as it is kept: no tensors any more, only what is reported of it.
RunState kept_result(const ComparisonRun& run) {
  return {
      .position = {.stage = kDone},
      .tensors = {},
      .numbers = {{"history", history_numbers(run.history)},
                  {"result", {run.test_error, run.test_cross_entropy, run.pretrain_seconds, run.finetune_seconds}}}};
}

void take_result(ComparisonRun& run, const SavedRun& saved) {
  const auto& result = saved.list("result", 4);
  run.test_error = result[0];
  run.test_cross_entropy = result[1];
  run.pretrain_seconds = result[2];
  run.finetune_seconds = result[3];
  run.history = finetune_history(saved.list("history"));
}

}  // namespace

std::vector<Index> net_sizes(const DataFiles& data, const ComparisonOptions& options) {
  std::vector<Index> sizes{data.training->feature_count()};
  sizes.insert(sizes.end(), options.pretrain.layers.begin(), options.pretrain.layers.end());
  sizes.push_back(static_cast<Index>(data.training->classes.size()));
  return sizes;
}

Block::Block(const DataFiles& data, const std::string& scale, const ComparisonOptions& options,
             const std::vector<Start>& starts, std::uint64_t seed, const KeptRuns& kept)
    : data_(data),
      options_(options),
      starts_(starts),
      kept_(kept),
      seed_(seed),
      split_(split_validation(*data.training, options.validation, seed)),
      preprocessing_(
          fit_preprocessing(scale, *data.training, split_.training, Binarization::parse(options.binarize, seed))),
      training_(data.training, split_.training, preprocessing_),
      validation_(data.training, labelled_cases(*data.training, split_.validation), preprocessing_),
      test_(data.test, labelled_cases(*data.test, all_cases(data.test->case_count())), preprocessing_),
      stacks_(starts.size()) {}

std::string Block::kept_name(std::size_t start, const std::string& what) const {
  return fmt::format("compare.seed-{}.{}.{}", seed_, starts_[start].name, what);
}

// For messages of one run among many.
std::string Block::place(std::size_t start, Index labels) const {
  return fmt::format("start {}, seed {}{}: ", starts_[start].name, seed_,
                     labels > 0 ? fmt::format(", {} labels", labels) : "");
}

std::optional<ComparisonRun> Block::finished(std::size_t start, Index labels) const {
  const auto keeper = kept_.keeper(kept_name(start, labels_text(labels)));
  const auto saved = keeper ? keeper->take_saved() : std::nullopt;
  if (!saved || saved->position.stage != kDone) return std::nullopt;
  ComparisonRun run{.start = starts_[start].name, .labels = labels, .seed = seed_};
  take_result(run, *saved);
  run.epochs_to_target = epochs_to_target(run.history, options_.target);
  return run;
}

void Block::pretrain_start(std::size_t start, Jobs& jobs, Jobs::Tell tell) {
  PretrainOptions own = pretrain_options(starts_[start], options_.pretrain);
  own.visible = visible_units(own, training_);
  const auto layers = static_cast<double>(own.layers.size());
  const auto tell_batch = [&](Index layer, Index epoch, double done) {
    const auto epochs =
        static_cast<double>(per_layer(own.epochs, static_cast<std::size_t>(layer - 1), own.layers.size(), "epochs"));
    tell((static_cast<double>(layer - 1) + (static_cast<double>(epoch - 1) + done) / epochs) / layers);
  };
  const auto notice = [&](const std::string& text) { jobs.notice(place(start) + text); };
  const auto keeper = kept_.keeper(kept_name(start, "stack"));
  try {
    PretrainResult result =
        pretrain(training_, &validation_, own, seed_, {.batch = tell_batch, .notice = notice}, keeper.get());
    double seconds = 0;
    for (const auto& layer : result.history) seconds += training_seconds(layer);
    stacks_[start] = {std::move(result.stack), seconds};
  } catch (const DivergenceError& error) {
    throw DivergenceError(place(start) + error.what());
  }
}

ComparisonRun Block::run(std::size_t start, Index labels, Jobs& jobs, Jobs::Tell tell) const {
  const auto keeper = kept_.keeper(kept_name(start, labels_text(labels)));
  FinetuneResult tuned = tune(start, labels, keeper.get(), jobs, tell);
  const Evaluation evaluation = evaluate(tuned.net, test_);
  ComparisonRun run{.start = starts_[start].name, .labels = labels, .seed = seed_};
  run.test_error = evaluation.error;
  run.test_cross_entropy = evaluation.cross_entropy;
  run.epochs_to_target = epochs_to_target(tuned.history, options_.target);
  run.pretrain_seconds = stacks_[start].seconds;
  run.finetune_seconds = training_seconds(tuned.history);
  run.history = std::move(tuned.history);
  if (keeper) keeper->keep(kept_result(run));
  return run;
}

FinetuneResult Block::tune(std::size_t start, Index labels, RunKeeper* keeper, Jobs& jobs, Jobs::Tell tell) const {
  const PreparedCases labelled(data_.training, choose_labels(*data_.training, split_.training, labels, seed_),
                               preprocessing_);
  const auto tell_batch = [&](Index epoch, Index epochs, double done) {
    tell((static_cast<double>(epoch - 1) + done) / static_cast<double>(epochs));
  };
  const auto notice = [&](const std::string& text) { jobs.notice(place(start, labels) + text); };
  try {
    return fine_tune(net(start), labelled, &validation_, options_.finetune, seed_,
                     {.batch = tell_batch, .notice = notice}, keeper);
  } catch (const DivergenceError& error) {
    throw DivergenceError(place(start, labels) + error.what());
  }
}

void Block::forget_stacks() const {
  for (std::size_t start = 0; start < starts_.size(); ++start)
    if (kept_.folder != nullptr && starts_[start].pretrained) kept_.folder->forget(kept_name(start, "stack"));
}

Mlp Block::net(std::size_t start) const {
  const Start& from = starts_[start];
  if (from.pretrained) return unroll(stacks_[start].stack, training_.class_count(), seed_);
  Mlp net = make_mlp(net_sizes(data_, options_), from.activation, from.method, seed_);
  fit_start(net, initializer(from.method), training_);
  return net;
}

}  // namespace dbn::detail
