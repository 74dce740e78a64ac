#pragma once
// One layer of a stack as the training loop sees it, and its history as a checkpoint holds it.

#include <memory>
#include <string>
#include <vector>

#include <dbn/data/case_source.hpp>
#include <dbn/nn/schedule.hpp>
#include <dbn/nn/training_loop.hpp>
#include <dbn/pretrain/layer_trainer.hpp>
#include <dbn/pretrain/pretrain.hpp>

namespace dbn::detail {

/// Most cases on which an epoch is measured.
inline constexpr Index kMonitored = 1000;

/// Names of what a layer, from 0, hands out.
std::string history_name(std::size_t layer);
std::string course_name(std::size_t layer);
std::string layer_prefix(std::size_t layer);

/// A layer's history as a list of numbers, and back.
std::vector<double> history_numbers(const std::vector<PretrainEpoch>& history);
std::vector<PretrainEpoch> history_from(const std::vector<double>& list, std::size_t layer);

/// A trainer, its inputs and its rates.
class LayerLearner final : public Learner {
 public:
  /// `validation` may be null; all that is passed by reference outlives this.
  LayerLearner(const CaseSource& training, const CaseSource* validation, const LayerOptions& options,
               std::unique_ptr<LayerTrainer> trainer, std::uint64_t seed, const PretrainObserver& observer);

  TensorList parameters() override;
  TensorList state() override;
  Numbers numbers() const override;
  void take_numbers(const SavedRun& saved) override;
  double update(const BatchPosition& at, double learning_rate) override;
  void end_epoch(const EndedEpoch& ended) override;
  bool satisfied() const override;

  TrainingEvidence evidence();
  StackLayer take_layer() { return std::move(trainer_->layer()); }
  std::vector<PretrainEpoch> take_history() { return std::move(history_); }

 private:
  Index batches() const { return (training_.case_count() + options_.batch - 1) / options_.batch; }
  double done(Index update) const;

  const CaseSource& training_;
  LayerOptions options_;
  const PretrainObserver& observer_;
  StepSchedule momentum_;
  RateCourse course_;
  std::unique_ptr<LayerTrainer> trainer_;
  Matrix monitored_training_;
  Matrix monitored_validation_;
  std::vector<PretrainEpoch> history_;
};

}  // namespace dbn::detail
