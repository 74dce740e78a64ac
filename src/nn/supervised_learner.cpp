#include "supervised_learner.hpp"

#include <algorithm>
#include <cmath>

#include <dbn/nn/evaluation.hpp>
#include <dbn/nn/max_norm.hpp>
#include <dbn/nn/reconstruction_evaluation.hpp>
#include <dbn/nn/regression_evaluation.hpp>

namespace dbn::detail {
namespace {

std::optional<TargetScaling> scaling_of(const PreparedCases& training, const Mlp& net, const FinetuneOptions& options) {
  if (task(options.task).outputs != Outputs::targets) return std::nullopt;
  check_targets(training, net.output_count(), loss_of(options));
  return fit_target_scaling(training, loss_of(options));
}

// None where a batch is its own target.
std::unique_ptr<Targets> targets_of(const PreparedCases& training, const Mlp& net, const FinetuneOptions& options,
                                    const std::optional<TargetScaling>& scaling) {
  if (scaling) return value_targets(training, *scaling);
  if (task(options.task).outputs == Outputs::inputs) return nullptr;
  return class_targets(training, net.output_count(), options.classes);
}

}  // namespace

SupervisedLearner::SupervisedLearner(Mlp start, const PreparedCases& training, const PreparedCases* validation,
                                     const FinetuneOptions& options, std::uint64_t seed,
                                     const FinetuneObserver& observer)
    : net_(std::move(start)),
      training_(training),
      validation_(validation),
      options_(options),
      observer_(observer),
      epochs_(epoch_count(options, training.case_count())),
      batch_size_(batch_size(options, training.case_count())),
      updates_(epochs_ * ((training.case_count() + batch_size_ - 1) / batch_size_)),
      course_(options.schedule, updates_, per_epoch()),
      momentum_(StepSchedule::parse(options.momentum, "--momentum", 1)),
      loss_(loss_of(options)),
      scaling_(scaling_of(training, net_, options)),
      targets_(targets_of(training, net_, options, scaling_)),
      backpropagation_(net_, batch_size_, loss_, dropout_of(options, net_.layers.size(), seed)),
      batch_(training.feature_count(), batch_size_),
      batch_targets_(targets_ ? net_.output_count() : 0, targets_ ? batch_size_ : 0) {
  if (options.head_epochs > 0) head_ = stretch(net_.layers.size() - 1, 0);
  all_ = stretch(static_cast<std::size_t>(options.freeze), options.head_epochs * per_epoch());
  if (averages()) average_ = net_;
  if (options.patience > 0) best_ = net_;
}

SupervisedLearner::Stretch SupervisedLearner::stretch(std::size_t lowest, Index first_update) {
  const auto& kind = dbn::optimizer(options_.optimizer);
  const double cost = options_.weight_cost.value_or(kind.default_weight_cost);
  const auto tensors = net_.tensors();
  std::vector<Parameter> list;
  for (std::size_t i = 2 * lowest; i < tensors.size(); ++i)
    list.push_back({tensors[i], is_weight(tensors[i]) ? cost : 0,
                    per_layer(options_.layer_rates, i / 2, net_.layers.size(), "layer-rates")});
  Stretch made{.lowest = lowest, .first_update = first_update};
  if (options_.clip_norm > 0) made.clip.emplace(list, options_.clip_norm);
  made.optimizer = kind.make(std::move(list), options_.settings);
  return made;
}

TensorList SupervisedLearner::state() {
  TensorList all = all_.optimizer->state();
  const auto add = [&](const char* prefix, TensorList tensors) {
    for (auto& tensor : with_prefix(prefix, std::move(tensors))) all.push_back(tensor);
  };
  if (head_.optimizer) add("head.", head_.optimizer->state());
  add("average.", average_.tensors());
  add("best.", best_.tensors());
  return all;
}

Numbers SupervisedLearner::numbers() const {
  return {{"history", history_numbers(history_)},
          {"best", {static_cast<double>(best_epoch_), best_error_}},
          {"course", course_.numbers()}};
}

void SupervisedLearner::take_numbers(const SavedRun& saved) {
  history_ = finetune_history(saved.list("history"));
  best_epoch_ = saved.count("best", 0, 2);
  best_error_ = saved.list("best", 2)[1];
  course_.take_numbers(saved, "course");
}

double SupervisedLearner::update(const BatchPosition& at, double learning_rate) {
  Stretch& now = at.epoch <= options_.head_epochs ? head_ : all_;
  const auto count = static_cast<Index>(at.cases.size());
  training_.gather_into(at.cases, batch_.leftCols(count));
  const double weight =
      targets_ ? targets_->gather_into(at.cases, batch_targets_.leftCols(count)) : static_cast<double>(count);
  const TrainingBatch batch{batch_.leftCols(count), (targets_ ? batch_targets_ : batch_).leftCols(count), weight,
                            at.update};
  const auto gradient = [&](GradientSink sink) {
    // The optimizer knows the trained layers alone, and counts from the lowest of them.
    return backpropagation_.gradient(
        batch,
        [&](std::size_t tensor, Index first, const ConstMatrixRef& tile) {
          sink(tensor - 2 * now.lowest, first, tile);
        },
        now.lowest);
  };
  const auto clipped = [&](GradientSink sink) { return now.clip->pass(gradient, sink); };
  const UpdateRates rates{learning_rate * course_.factor(at.update), momentum_.at(at.epoch)};
  const double loss =
      now.optimizer->update(now.clip ? Objective(clipped) : Objective(gradient), rates, at.update - now.first_update);
  if (options_.max_norm > 0)
    for (std::size_t i = now.lowest; i < net_.layers.size(); ++i)
      limit_norms(net_.layers[i].weights, options_.max_norm);
  if (averages()) average(at.update);
  if (observer_.batch)
    observer_.batch(at.epoch, epochs_, static_cast<double>(at.update % per_epoch()) / static_cast<double>(per_epoch()));
  return loss;
}

// The first updates count for more than the decay says: an average that remembers its start is of little use.
void SupervisedLearner::average(Index update) {
  const auto t = static_cast<double>(update);
  const auto taken = static_cast<Scalar>(1 - std::min(options_.average_decay, (1 + t) / (10 + t)));
  for (std::size_t i = 0; i < net_.layers.size(); ++i) {
    average_.layers[i].weights += taken * (net_.layers[i].weights - average_.layers[i].weights);
    average_.layers[i].bias += taken * (net_.layers[i].bias - average_.layers[i].bias);
  }
}

void SupervisedLearner::end_epoch(const EndedEpoch& ended) {
  FinetuneEpoch record{.epoch = ended.epoch, .train_loss = ended.loss, .seconds = ended.seconds};
  if (line_searches(options_) == 0)
    record.learning_rate = ended.learning_rate * course_.factor(ended.epoch * per_epoch() - 1);
  if (validation_ != nullptr && looks_after(options_, ended.epoch, epochs_))
    record.validation_error = validation_error();
  history_.push_back(record);
  if (observer_.epoch) observer_.epoch(record, epochs_);
  // Before all layers are trained, no epoch says what they would come to.
  if (ended.epoch > options_.head_epochs) course_.end_epoch(record.validation_error.value_or(record.train_loss));
  if (options_.patience > 0 && (best_epoch_ == 0 || *record.validation_error < best_error_)) {
    best_ = measured();
    best_error_ = *record.validation_error;
    best_epoch_ = ended.epoch;
  }
}

double SupervisedLearner::validation_error() const {
  if (!targets_) return evaluate_reconstruction(measured(), *validation_, loss_).squared_error;
  if (!scaling_) return evaluate(measured(), *validation_).error;
  // Against the variance of the training targets: that of few validation cases may be next to nothing.
  const auto found = evaluate_regression(measured(), *validation_, loss_, *scaling_).targets;
  double sum = 0;
  for (std::size_t k = 0; k < found.size(); ++k) {
    const double off = found[k].rmse / static_cast<double>(scaling_->deviation[static_cast<Index>(k)]);
    sum += off * off;
  }
  return 100 * sum / static_cast<double>(found.size());
}

bool SupervisedLearner::satisfied() const {
  const Index since = std::max(best_epoch_, options_.head_epochs);
  return options_.patience > 0 && static_cast<Index>(history_.size()) - since >= options_.patience;
}

FinetuneResult SupervisedLearner::take_result() {
  const bool patient = options_.patience > 0;
  FinetuneResult result{patient      ? std::move(best_)
                        : averages() ? std::move(average_)
                                     : std::move(net_),
                        std::move(history_), patient ? best_epoch_ : epochs_};
  if (scaling_) fold_target_scaling(result.net, *scaling_);
  return result;
}

}  // namespace dbn::detail
