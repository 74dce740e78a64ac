#include "layer_learner.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <dbn/core/random.hpp>

namespace dbn::detail {
namespace {

constexpr std::size_t kHistoryRow = 4;

// Some cases in a matrix of their own, on which every epoch is measured.
Matrix monitored(const CaseSource& cases, std::uint64_t seed) {
  auto chosen = permutation(Stream(seed, Purpose::monitored_cases), 0, cases.case_count());
  chosen.resize(static_cast<std::size_t>(std::min(cases.case_count(), kMonitored)));
  Matrix batch(cases.feature_count(), static_cast<Index>(chosen.size()));
  cases.gather_into(chosen, batch);
  return batch;
}

}  // namespace

std::string history_name(std::size_t layer) { return fmt::format("layers.{}.history", layer); }
std::string course_name(std::size_t layer) { return fmt::format("layers.{}.course", layer); }
std::string layer_prefix(std::size_t layer) { return fmt::format("layers.{}.", layer); }

std::vector<double> history_numbers(const std::vector<PretrainEpoch>& history) {
  std::vector<double> list;
  for (const auto& e : history) {
    list.insert(list.end(), {e.reconstruction_error, e.seconds});
    append_optional(list, e.free_energy_gap);
  }
  return list;
}

std::vector<PretrainEpoch> history_from(const std::vector<double>& list, std::size_t layer) {
  std::vector<PretrainEpoch> history;
  for (std::size_t i = 0; i + kHistoryRow <= list.size(); i += kHistoryRow)
    history.push_back({.layer = static_cast<Index>(layer) + 1,
                       .epoch = static_cast<Index>(history.size()) + 1,
                       .reconstruction_error = list[i],
                       .free_energy_gap = optional_at(list, i + 2),
                       .seconds = list[i + 1]});
  return history;
}

LayerLearner::LayerLearner(const CaseSource& training, const CaseSource* validation, const LayerOptions& options,
                           std::unique_ptr<LayerTrainer> trainer, std::uint64_t seed, const PretrainObserver& observer)
    : training_(training),
      options_(options),
      observer_(observer),
      momentum_(StepSchedule::parse(options.momentum, "--momentum", 1)),
      course_(options.schedule, options.epochs * batches(), batches()),
      trainer_(std::move(trainer)),
      monitored_training_(monitored(training, seed)) {
  if (validation != nullptr && validation->case_count() > 0) monitored_validation_ = monitored(*validation, seed);
}

TensorList LayerLearner::parameters() { return with_prefix(layer_prefix(options_.layer), tensors(trainer_->layer())); }

TensorList LayerLearner::state() { return with_prefix(layer_prefix(options_.layer), trainer_->state()); }

Numbers LayerLearner::numbers() const {
  return {{history_name(options_.layer), history_numbers(history_)}, {course_name(options_.layer), course_.numbers()}};
}

void LayerLearner::take_numbers(const SavedRun& saved) {
  history_ = history_from(saved.list(history_name(options_.layer)), options_.layer);
  course_.take_numbers(saved, course_name(options_.layer));
}

double LayerLearner::update(const BatchPosition& at, double learning_rate) {
  MatrixRef batch = trainer_->input(static_cast<Index>(at.cases.size()));
  training_.gather_into(at.cases, batch);
  trainer_->update(batch, at, {learning_rate * course_.factor(at.update), momentum_.at(at.epoch)});
  if (observer_.batch) observer_.batch(options_.layer + 1, at.epoch, done(at.update));
  return 0;
}

void LayerLearner::end_epoch(const EndedEpoch& ended) {
  const auto& inputs = monitored_training_;
  PretrainEpoch record{.layer = options_.layer + 1, .epoch = ended.epoch, .seconds = ended.seconds};
  record.reconstruction_error =
      (inputs - reconstruct(trainer_->layer(), inputs)).squaredNorm() / static_cast<double>(inputs.cols());
  const auto training = trainer_->mean_free_energy(inputs);
  if (training && monitored_validation_.cols() > 0)
    record.free_energy_gap = *trainer_->mean_free_energy(monitored_validation_) - *training;
  history_.push_back(record);
  course_.end_epoch(record.reconstruction_error);
  if (observer_.epoch) observer_.epoch(record);
}

// The update that momentum is about to make again is the last one. A rate that its course has taken down says nothing.
TrainingEvidence LayerLearner::evidence() {
  TrainingEvidence all = trainer_->evidence(monitored_training_);
  const auto updates = static_cast<Index>(history_.size()) * batches();
  if (updates == 0 || course_.factor(updates - 1) < 1) return all;
  const double weights = tensors(trainer_->layer()).front().values.norm();
  for (const auto& tensor : trainer_->state())
    if (tensor.name == "weight.velocity" && weights > 0)
      all.update_ratio = static_cast<double>(tensor.values.norm()) / weights;
  return all;
}

// The gap widens when what is learned holds for training cases alone [Hinton 2012 §6]. A single epoch shows noise.
bool LayerLearner::satisfied() const {
  const auto patience = static_cast<std::size_t>(options_.patience);
  if (patience == 0 || history_.size() <= patience) return false;
  for (std::size_t i = history_.size() - patience; i < history_.size(); ++i) {
    const auto &gap = history_[i].free_energy_gap, &before = history_[i - 1].free_energy_gap;
    if (!gap || !before || *gap <= *before) return false;
  }
  return true;
}

// Share of its epoch that had been done before an update.
double LayerLearner::done(Index update) const {
  return static_cast<double>(update % batches()) / static_cast<double>(batches());
}

}  // namespace dbn::detail
