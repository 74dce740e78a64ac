#include <dbn/nn/fine_tune.hpp>

#include <algorithm>
#include <cmath>
#include <memory>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/random.hpp>
#include <dbn/nn/backpropagation.hpp>
#include <dbn/nn/evaluation.hpp>
#include <dbn/nn/optimizer.hpp>
#include <dbn/nn/schedule.hpp>

namespace dbn {
namespace {

// Each epoch is a line of the history that a model file keeps in its header.
constexpr double kMostEpochs = 1e5;

std::vector<Parameter> parameters(Mlp& net, double weight_cost) {
  std::vector<Parameter> list;
  for (const auto& tensor : net.tensors()) list.push_back({tensor, is_weight(tensor) ? weight_cost : 0});
  return list;
}

void check_cases(const Mlp& net, const PreparedCases& cases) {
  if (cases.case_count() < 1)
    throw InvalidArgument(fmt::format("{}: expected at least one labelled case, found none", cases.dataset().name));
  if (cases.feature_count() != net.feature_count())
    throw InvalidArgument(fmt::format("{}: expected {} features, as the network has inputs, found {}",
                                      cases.dataset().name, net.feature_count(), cases.feature_count()));
  for (Index i = 0; i < cases.case_count(); ++i)
    if (cases.label(i) < 0 || cases.label(i) >= net.output_count())
      throw InvalidArgument(fmt::format("{}: case {} has no label among the network's {} classes", cases.dataset().name,
                                        cases.members()[static_cast<std::size_t>(i)] + 1, net.output_count()));
}

constexpr std::size_t kHistoryRow = 5;

// Supervised training of a net: back-propagation, an optimizer, and the best net so far where patience watches.
class SupervisedLearner final : public Learner {
 public:
  SupervisedLearner(Mlp start, const PreparedCases& training, const PreparedCases* validation,
                    const FinetuneOptions& options, const FinetuneObserver& observer)
      : net_(std::move(start)),
        training_(training),
        validation_(validation),
        options_(options),
        observer_(observer),
        epochs_(epoch_count(options, training.case_count())),
        batch_size_(std::min(options.batch, training.case_count())),
        updates_(epochs_ * ((training.case_count() + batch_size_ - 1) / batch_size_)),
        schedule_(rate_schedule(options.schedule)),
        momentum_(StepSchedule::parse(options.momentum, "--momentum", 1)),
        backpropagation_(net_, batch_size_),
        optimizer_(dbn::optimizer(options.optimizer).make(dbn::parameters(net_, options.weight_cost))),
        batch_(training.feature_count(), batch_size_) {
    if (options.patience > 0) best_ = net_;
  }

  TensorList parameters() override { return net_.tensors(); }

  TensorList state() override {
    TensorList all = optimizer_->state();
    for (auto& tensor : with_prefix("best.", best_.tensors())) all.push_back(tensor);
    return all;
  }

  Numbers numbers() const override {
    return {{"history", history_numbers(history_)}, {"best", {static_cast<double>(best_epoch_), best_error_}}};
  }

  void take_numbers(const SavedRun& saved) override {
    history_ = finetune_history(saved.list("history"));
    best_epoch_ = saved.count("best", 0, 2);
    best_error_ = saved.list("best", 2)[1];
  }

  double update(const BatchPosition& at, double learning_rate) override {
    MatrixRef batch = batch_.leftCols(static_cast<Index>(at.cases.size()));
    training_.gather_into(at.cases, batch);
    labels_.clear();
    for (const Index i : at.cases) labels_.push_back(training_.label(i));
    optimizer_->begin_update({scheduled(learning_rate, at.update), momentum_.at(at.epoch)}, at.update);
    const double loss = backpropagation_.gradient(
        batch, labels_, [this](std::size_t tensor, Index first, const ConstMatrixRef& gradient) {
          optimizer_->apply(tensor, first, gradient);
        });
    if (observer_.batch)
      observer_.batch(at.epoch, epochs_,
                      static_cast<double>(at.update % per_epoch()) / static_cast<double>(per_epoch()));
    return loss;
  }

  void end_epoch(const EndedEpoch& ended) override {
    FinetuneEpoch record{.epoch = ended.epoch, .train_loss = ended.loss, .seconds = ended.seconds};
    record.learning_rate = scheduled(ended.learning_rate, ended.epoch * per_epoch() - 1);
    if (validation_ != nullptr) record.validation_error = evaluate(net_, *validation_).error;
    history_.push_back(record);
    if (observer_.epoch) observer_.epoch(record, epochs_);
    if (options_.patience > 0 && (best_epoch_ == 0 || *record.validation_error < best_error_)) {
      best_ = net_;
      best_error_ = *record.validation_error;
      best_epoch_ = ended.epoch;
    }
  }

  bool satisfied() const override {
    return options_.patience > 0 && static_cast<Index>(history_.size()) - best_epoch_ >= options_.patience;
  }

  FinetuneResult take_result() {
    const bool patient = options_.patience > 0;
    return {patient ? std::move(best_) : std::move(net_), std::move(history_), patient ? best_epoch_ : epochs_};
  }

  Index epochs() const { return epochs_; }

 private:
  Index per_epoch() const { return updates_ / epochs_; }
  double scheduled(double rate, Index update) const {
    return rate * schedule_.factor(static_cast<double>(update) / static_cast<double>(updates_));
  }

  Mlp net_;
  const PreparedCases& training_;
  const PreparedCases* validation_;
  const FinetuneOptions& options_;
  const FinetuneObserver& observer_;
  Index epochs_;
  Index batch_size_;
  Index updates_;
  const RateSchedule& schedule_;
  StepSchedule momentum_;
  Backpropagation backpropagation_;
  std::unique_ptr<Optimizer> optimizer_;
  Matrix batch_;
  std::vector<int> labels_;  ///< of the batch
  std::vector<FinetuneEpoch> history_;
  Mlp best_;  ///< with patience
  Index best_epoch_ = 0;
  double best_error_ = 0;
};

// Tells the batch order of fine-tuning apart from those of pretrained layers.
constexpr std::uint32_t kFinetuneLayer = 0xFFFFFF;

}  // namespace

OptionFields FinetuneOptions::fields() {
  std::vector<std::string> schedules;
  for (const auto& row : rate_schedules()) schedules.push_back(row.name);
  return {
      {.name = "optimizer", .value = &optimizer, .help = "what changes the weights", .choices = optimizer_names()},
      {.name = "epochs", .value = &epochs, .help = "passes over the labelled cases", .range = {1, kMostEpochs}},
      {.name = "min-updates",
       .value = &min_updates,
       .help = "train for more epochs than --epochs when few labels would give fewer updates than this",
       .range = {0, 1e9}},
      {.name = "batch", .value = &batch, .help = "cases a batch", .range = {1, 1e6}},
      {.name = "learning-rate",
       .value = &learning_rate,
       .help = "learning rate",
       .range = {0, 1e9, true},
       .unset = "adam 0.001, momentum 0.05, sgd 0.1"},
      {.name = "schedule", .value = &schedule, .help = "course of the learning rate", .choices = schedules},
      {.name = "momentum", .value = &momentum, .help = "momentum as VALUE:EPOCHS,...,VALUE, for that optimizer"},
      {.name = "weight-cost", .value = &weight_cost, .help = "L2 cost on weights", .range = {0, 1e3}},
      {.name = "patience",
       .value = &patience,
       .help = "stop after so many epochs without a better validation error, and keep the best (0: never)",
       .range = {0, 1e6}},
      on_divergence_field(&on_divergence),
  };
}

void FinetuneOptions::validate() const {
  FinetuneOptions copy = *this;
  check_options(copy.fields());
  StepSchedule::parse(momentum, "--momentum", 1);
}

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

Index epoch_count(const FinetuneOptions& options, Index cases) {
  if (cases < 1) return options.epochs;
  const Index batch = std::min(options.batch, cases);
  const Index per_epoch = (cases + batch - 1) / batch;
  const Index epochs = std::max(options.epochs, (options.min_updates + per_epoch - 1) / per_epoch);
  if (epochs > static_cast<Index>(kMostEpochs))
    throw InvalidArgument(
        fmt::format("--min-updates: {} cases would need {} epochs, more than {:.0f}; try a smaller --batch", cases,
                    epochs, kMostEpochs));
  return epochs;
}

FinetuneResult fine_tune(Mlp start, const PreparedCases& training, const PreparedCases* validation,
                         const FinetuneOptions& options, std::uint64_t seed, const FinetuneObserver& observer,
                         RunKeeper* keeper) {
  options.validate();
  check_cases(start, training);
  if (validation != nullptr && validation->case_count() == 0) validation = nullptr;
  if (validation != nullptr) check_cases(start, *validation);
  if (options.patience > 0 && validation == nullptr)
    throw InvalidArgument("--patience: expected validation cases to watch, found none; try --validation 0.1");

  SupervisedLearner learner(std::move(start), training, validation, options, observer);
  const double recommended = dbn::optimizer(options.optimizer).default_rate;
  const LoopOptions loop{.stage = "finetune",
                         .cases = training.case_count(),
                         .batch = std::min(options.batch, training.case_count()),
                         .epochs = learner.epochs(),
                         .learning_rate = options.learning_rate.value_or(recommended),
                         .recommended_rate = recommended,
                         .retry = options.on_divergence == "retry",
                         .order = Stream(seed, Purpose::batch_order, kFinetuneLayer)};
  train(learner, loop, keeper, observer.notice);
  return learner.take_result();
}

double fine_tune_memory(const std::vector<Index>& sizes, const FinetuneOptions& options, Index cases) {
  const Index batch = std::min(options.batch, cases);
  const double parameters = sizeof(Scalar) * parameter_count(sizes);
  const double best = options.patience > 0 ? 1 : 0;
  const double state = 1 + optimizer(options.optimizer).state_copies + best;
  const double copies = options.on_divergence == "retry" ? 2 * state : state;  // what a retry goes back to
  const double inputs = sizeof(Scalar) * static_cast<double>(sizes.front()) * static_cast<double>(batch);
  const double order = sizeof(Index) * static_cast<double>(cases);
  return copies * parameters + backpropagation_memory(sizes, batch) + inputs + order + evaluation_memory(sizes);
}

}  // namespace dbn
