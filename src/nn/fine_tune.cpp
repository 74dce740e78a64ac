#include <dbn/nn/fine_tune.hpp>

#include <algorithm>
#include <cmath>
#include <memory>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/math.hpp>
#include <dbn/core/random.hpp>
#include <dbn/core/stopwatch.hpp>
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

// A run of supervised training: the net, its optimizer, and where it stands.
class Run {
 public:
  Run(Mlp start, const PreparedCases& training, const FinetuneOptions& options, std::uint64_t seed,
      const FinetuneObserver& observer)
      : net_(std::move(start)),
        training_(training),
        observer_(observer),
        epochs_(epoch_count(options, training.case_count())),
        batch_size_(std::min(options.batch, training.case_count())),
        updates_(epochs_ * ((training.case_count() + batch_size_ - 1) / batch_size_)),
        rate_(options.learning_rate.value_or(dbn::optimizer(options.optimizer).default_rate)),
        schedule_(rate_schedule(options.schedule)),
        momentum_(StepSchedule::parse(options.momentum, "--momentum", 1)),
        order_stream_(seed, Purpose::batch_order, kFinetuneLayer),
        backpropagation_(net_, batch_size_),
        optimizer_(dbn::optimizer(options.optimizer).make(parameters(net_, options.weight_cost))),
        batch_(training.feature_count(), batch_size_) {}

  FinetuneEpoch train_epoch(Index epoch) {
    const Stopwatch watch;
    const auto order = permutation(order_stream_, static_cast<std::uint32_t>(epoch), training_.case_count());
    double loss = 0;
    double rate = 0;
    for_each_batch(order, batch_size_, [&](Index first, std::span<const Index> cases) {
      rate = rate_ * schedule_.factor(static_cast<double>(update_) / static_cast<double>(updates_));
      loss += update(cases, {rate, momentum_.at(epoch)}) * static_cast<double>(cases.size());
      if (observer_.batch)
        observer_.batch(epoch, epochs_, static_cast<double>(first) / static_cast<double>(order.size()));
    });
    check_sane(epoch, loss, rate);
    FinetuneEpoch record{.epoch = epoch, .train_loss = loss / static_cast<double>(order.size()), .learning_rate = rate};
    record.seconds = watch.seconds();
    return record;
  }

  Mlp& net() { return net_; }
  Index epochs() const { return epochs_; }

 private:
  // Tells the batch order of fine-tuning apart from those of pretrained layers.
  static constexpr std::uint32_t kFinetuneLayer = 0xFFFFFF;

  double update(std::span<const Index> cases, UpdateRates rates) {
    MatrixRef batch = batch_.leftCols(static_cast<Index>(cases.size()));
    training_.gather_into(cases, batch);
    labels_.clear();
    for (const Index i : cases) labels_.push_back(training_.label(i));
    optimizer_->begin_update(rates, update_++);
    return backpropagation_.gradient(batch, labels_,
                                     [this](std::size_t tensor, Index first, const ConstMatrixRef& gradient) {
                                       optimizer_->apply(tensor, first, gradient);
                                     });
  }

  void check_sane(Index epoch, double loss, double rate) {
    bool finite = std::isfinite(loss);
    for (const auto& layer : net_.layers) finite = finite && all_moderate(layer.weights) && all_finite(layer.bias);
    if (!finite)
      throw DivergenceError(
          fmt::format("fine-tuning diverged: loss or weights are beyond all measure after epoch {} (update {}), "
                      "learning rate {:.4g}; try "
                      "a rate ten times smaller",
                      epoch, update_, rate));
  }

  Mlp net_;
  const PreparedCases& training_;
  const FinetuneObserver& observer_;
  Index epochs_;
  Index batch_size_;
  Index updates_;
  double rate_;
  const RateSchedule& schedule_;
  StepSchedule momentum_;
  Stream order_stream_;
  Backpropagation backpropagation_;
  std::unique_ptr<Optimizer> optimizer_;
  Matrix batch_;
  std::vector<int> labels_;  ///< of the batch
  Index update_ = 0;
};

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
  };
}

void FinetuneOptions::validate() const {
  FinetuneOptions copy = *this;
  check_options(copy.fields());
  StepSchedule::parse(momentum, "--momentum", 1);
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
                         const FinetuneOptions& options, std::uint64_t seed, const FinetuneObserver& observer) {
  options.validate();
  check_cases(start, training);
  if (validation != nullptr && validation->case_count() == 0) validation = nullptr;
  if (validation != nullptr) check_cases(start, *validation);
  if (options.patience > 0 && validation == nullptr)
    throw InvalidArgument("--patience: expected validation cases to watch, found none; try --validation 0.1");

  Run run(std::move(start), training, options, seed, observer);
  FinetuneResult result;
  Mlp best;
  double best_error = 0;
  for (Index epoch = 1; epoch <= run.epochs(); ++epoch) {
    FinetuneEpoch record = run.train_epoch(epoch);
    if (validation != nullptr) record.validation_error = evaluate(run.net(), *validation).error;
    result.history.push_back(record);
    if (observer.epoch) observer.epoch(record, run.epochs());
    if (options.patience == 0) continue;
    if (best.layers.empty() || *record.validation_error < best_error) {
      best = run.net();
      best_error = *record.validation_error;
      result.best_epoch = epoch;
    }
    if (epoch - result.best_epoch >= options.patience) break;
  }
  if (options.patience == 0) result.best_epoch = run.epochs();
  result.net = options.patience == 0 ? std::move(run.net()) : std::move(best);
  return result;
}

double fine_tune_memory(const std::vector<Index>& sizes, const FinetuneOptions& options, Index cases) {
  const Index batch = std::min(options.batch, cases);
  const double parameters = sizeof(Scalar) * parameter_count(sizes);
  const double best = options.patience > 0 ? 1 : 0;
  const double copies = 1 + optimizer(options.optimizer).state_copies + best;
  const double inputs = sizeof(Scalar) * static_cast<double>(sizes.front()) * static_cast<double>(batch);
  const double order = sizeof(Index) * static_cast<double>(cases);
  return copies * parameters + backpropagation_memory(sizes, batch) + inputs + order + evaluation_memory(sizes);
}

}  // namespace dbn
