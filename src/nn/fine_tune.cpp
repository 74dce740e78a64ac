#include <dbn/nn/fine_tune.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/random.hpp>
#include <dbn/nn/evaluation.hpp>
#include <dbn/nn/optimizer.hpp>
#include <dbn/nn/reconstruction_evaluation.hpp>

#include "supervised_learner.hpp"

namespace dbn {
namespace {

constexpr std::size_t kHistoryRow = 5;

// Tells the batch order of fine-tuning apart from those of pretrained layers.
constexpr std::uint32_t kFinetuneLayer = 0xFFFFFF;

// The rate that retries of an optimizer without one are told, which ignores it.
constexpr double kNoRate = 1;

void check_cases(const std::vector<Index>& sizes, const PreparedCases& cases) {
  if (cases.case_count() < 1)
    throw InvalidArgument(
        fmt::format("{}: expected at least one case to learn from, found none", cases.dataset().name));
  if (cases.feature_count() != sizes.front())
    throw InvalidArgument(fmt::format("{}: expected {} features, as the network has inputs, found {}",
                                      cases.dataset().name, sizes.front(), cases.feature_count()));
}

// Refuses labels or targets that are none of the net's.
void check_goals(Index outputs, const PreparedCases& cases, const FinetuneOptions& options,
                 const ClassTargetOptions& classes, bool learns) {
  switch (task(options.task).outputs) {
    case Outputs::classes:
      class_targets(cases, outputs, classes);
      break;
    case Outputs::targets:
      check_targets(cases, outputs, loss_of(options));
      break;
    case Outputs::inputs:
      if (outputs != cases.feature_count())
        throw InvalidArgument(fmt::format("{}: expected a network with {} outputs, one for each feature, found {}",
                                          cases.dataset().name, cases.feature_count(), outputs));
      if (learns) check_inputs(cases, loss_of(options));
  }
}

// A line search looks about twice before it is content.
double evaluations_per_batch(const FinetuneOptions& options) {
  constexpr double kLooks = 2;
  const auto searches = line_searches(options);
  return searches > 0 ? 1 + kLooks * static_cast<double>(searches) : 1;
}

}  // namespace

std::vector<double> history_numbers(const std::vector<FinetuneEpoch>& history) {
  std::vector<double> list;
  for (const auto& e : history) {
    list.insert(list.end(), {e.train_loss, e.learning_rate, e.seconds});
    append_optional(list, e.validation_error);
  }
  return list;
}

std::vector<FinetuneEpoch> finetune_history(const std::vector<double>& list) {
  std::vector<FinetuneEpoch> history;
  for (std::size_t i = 0; i + kHistoryRow <= list.size(); i += kHistoryRow)
    history.push_back({.epoch = static_cast<Index>(history.size()) + 1,
                       .train_loss = list[i],
                       .validation_error = optional_at(list, i + 3),
                       .learning_rate = list[i + 1],
                       .seconds = list[i + 2]});
  return history;
}

void check_fine_tune(const std::vector<Index>& sizes, const PreparedCases& training, const PreparedCases* validation,
                     const FinetuneOptions& options) {
  options.validate_for(sizes.size() - 1);
  check_cases(sizes, training);
  check_goals(sizes.back(), training, options, options.classes, true);
  if (validation != nullptr && validation->case_count() > 0) {
    check_cases(sizes, *validation);
    check_goals(sizes.back(), *validation, options, {}, false);
  } else if (options.patience > 0) {
    throw InvalidArgument("--patience: expected validation cases to watch, found none; try --validation 0.1");
  }
  const Index epochs = epoch_count(options, training.case_count());
  if (options.head_epochs >= epochs)
    throw InvalidArgument(fmt::format(
        "--head-epochs: expected fewer than the {} epochs, found {}; to train the output layer alone, try --freeze {}",
        epochs, options.head_epochs, sizes.size() - 2));
}

FinetuneResult fine_tune(Mlp start, const PreparedCases& training, const PreparedCases* validation,
                         const FinetuneOptions& options, std::uint64_t seed, const FinetuneObserver& observer,
                         RunKeeper* keeper) {
  check_fine_tune(sizes_of(start), training, validation, options);
  if (validation != nullptr && validation->case_count() == 0) validation = nullptr;

  detail::SupervisedLearner learner(std::move(start), training, validation, options, seed, observer);
  const double own = dbn::optimizer(options.optimizer).default_rate;
  const double recommended = own > 0 ? own : kNoRate;
  const LoopOptions loop{.stage = "finetune",
                         .cases = training.case_count(),
                         .batch = batch_size(options, training.case_count()),
                         .epochs = learner.epochs(),
                         .learning_rate = options.learning_rate.value_or(recommended),
                         .recommended_rate = recommended,
                         .retry = options.on_divergence == "retry",
                         .order = Stream(seed, Purpose::batch_order, kFinetuneLayer)};
  train(learner, loop, keeper, observer.notice);
  return learner.take_result();
}

double fine_tune_memory(const std::vector<Index>& sizes, const FinetuneOptions& options, Index cases) {
  const Index batch = batch_size(options, cases);
  const auto& kind = optimizer(options.optimizer);
  const double count = parameter_count(sizes);
  const double parameters = sizeof(Scalar) * count;
  const double state = 1 + kind.state_copies + (options.patience > 0) + (options.average_decay > 0);
  const double copies = options.on_divergence == "retry" ? 2 * state : state;  // what a retry goes back to
  const double working = sizeof(double) * count * kind.working_doubles + (options.clip_norm > 0 ? parameters : 0);
  const double columns =
      sizeof(Scalar) * static_cast<double>(sizes.front() + sizes.back()) * static_cast<double>(batch);
  const double order = sizeof(Index) * static_cast<double>(cases);
  const auto dropout = dropout_of(options, sizes.size() - 1, 0).rates;
  const bool drops = std::any_of(dropout.begin(), dropout.end(), [](double rate) { return rate > 0; });
  return copies * parameters + working + backpropagation_memory(sizes, batch, drops) + columns + order +
         evaluation_memory(sizes);
}

double fine_tune_work(const std::vector<Index>& sizes, const FinetuneOptions& options, Index cases) {
  return 3 * scoring_work(sizes, cases) * static_cast<double>(epoch_count(options, cases)) *
         evaluations_per_batch(options);
}

double scoring_work(const std::vector<Index>& sizes, Index cases) {
  double weights = 0;
  for (std::size_t i = 0; i + 1 < sizes.size(); ++i)
    weights += static_cast<double>(sizes[i]) * static_cast<double>(sizes[i + 1]);
  return 2 * weights * static_cast<double>(cases);
}

}  // namespace dbn
