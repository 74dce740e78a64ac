#pragma once
// A net under supervised training as the training loop sees it.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <dbn/nn/backpropagation.hpp>
#include <dbn/nn/fine_tune.hpp>
#include <dbn/nn/gradient_clip.hpp>
#include <dbn/nn/targets.hpp>

namespace dbn::detail {

/// Back-propagation, an optimizer and all that restrains them, and the best net so far where patience watches.
class SupervisedLearner final : public Learner {
 public:
  /// `validation` may be null; all that is passed by reference outlives this.
  SupervisedLearner(Mlp start, const PreparedCases& training, const PreparedCases* validation,
                    const FinetuneOptions& options, std::uint64_t seed, const FinetuneObserver& observer);

  TensorList parameters() override { return net_.tensors(); }
  TensorList state() override;
  Numbers numbers() const override;
  void take_numbers(const SavedRun& saved) override;
  double update(const BatchPosition& at, double learning_rate) override;
  void end_epoch(const EndedEpoch& ended) override;
  bool satisfied() const override;

  Index epochs() const { return epochs_; }
  FinetuneResult take_result();

 private:
  /// A stretch of training in which the layers from `lowest` on are trained.
  struct Stretch {
    std::size_t lowest = 0;
    Index first_update = 0;
    std::unique_ptr<Optimizer> optimizer = {};  ///< none: there is no such stretch
    std::optional<GradientClip> clip = {};
  };

  Stretch stretch(std::size_t lowest, Index first_update);
  Index per_epoch() const { return updates_ / epochs_; }
  bool averages() const { return options_.average_decay > 0; }
  double validation_error() const;
  const Mlp& measured() const { return averages() ? average_ : net_; }
  void average(Index update);

  Mlp net_;
  const PreparedCases& training_;
  const PreparedCases* validation_;
  const FinetuneOptions& options_;
  const FinetuneObserver& observer_;
  Index epochs_;
  Index batch_size_;
  Index updates_;
  RateCourse course_;
  StepSchedule momentum_;
  const Loss& loss_;
  std::optional<TargetScaling> scaling_;  ///< of targets that are numbers
  std::unique_ptr<Targets> targets_;      ///< none where a batch is its own target
  Backpropagation backpropagation_;
  Stretch head_;
  Stretch all_;
  Matrix batch_;
  Matrix batch_targets_;
  std::vector<FinetuneEpoch> history_;
  Mlp average_;  ///< with an average decay
  Mlp best_;     ///< with patience
  Index best_epoch_ = 0;
  double best_error_ = 0;
};

}  // namespace dbn::detail
