#pragma once
// How rates change over a training run.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <dbn/core/option.hpp>
#include <dbn/core/run_state.hpp>
#include <dbn/core/types.hpp>

namespace dbn {

/// A rate that changes at given epochs, written `0.5:5,0.9`: 0.5 for five epochs, then 0.9.
class StepSchedule {
 public:
  /// Throws InvalidArgument, naming `option`, unless every value lies in [0, most] and each but the last has epochs.
  static StepSchedule parse(std::string_view text, std::string_view option, double most);

  /// Value in an epoch, counted from 1.
  double at(Index epoch) const;

  /// All its values, and the largest.
  std::vector<double> values() const;
  double most() const;

 private:
  struct Step {
    double value;
    Index until;  ///< last epoch with this value
  };
  std::vector<Step> steps_;
};

/// Where in a run a rate is asked for.
struct RatePlace {
  double progress;  ///< from 0, the first update after the warm-up, to 1, the end of training
  Index epoch;      ///< epochs that have ended
  Index plateaus;   ///< times that an error stopped falling
};

/// One kind of course. To add one: a row in rate_schedules().
struct RateSchedule {
  std::string name;
  double default_decay;  ///< 1: it knows no decay
  double (*factor)(const RatePlace& place, double decay, Index decay_epochs);
};

/// constant; step: times decay every decay_epochs; exponential: times decay every epoch; cosine: from 1 down to 0 by
/// half a cosine wave [Loshchilov & Hutter 2017]; plateau: times decay when the error of decay_epochs epochs was no
/// better than the best before.
const std::vector<RateSchedule>& rate_schedules();
const RateSchedule& rate_schedule(std::string_view name);

/// Options of a learning rate's course.
struct ScheduleOptions {
  std::string name = "cosine";       ///< [Loshchilov & Hutter 2017]
  double warm_up = 0;                ///< epochs, from 0, over which the rate first rises in a line [Goyal et al. 2017]
  std::optional<double> decay = {};  ///< factor in (0, 1]; none: step and plateau 0.1, exponential 0.95
  Index decay_epochs = 10;           ///< step: epochs between decays; plateau: epochs without a better error before one

  OptionFields fields();
};

/// The course of a learning rate over one run, as a factor on it. plateau is the one that depends on how training goes.
class RateCourse {
 public:
  /// Throws InvalidArgument for an unknown schedule. `updates` in all, `per_epoch` of them in an epoch.
  RateCourse(const ScheduleOptions& options, Index updates, Index per_epoch);

  /// Factor of an update, counted from 0.
  double factor(Index update) const;
  /// What plateau watches: the error, or loss, of each epoch that ends.
  void end_epoch(double error);

  /// What it remembers of ended epochs, for checkpoints.
  std::vector<double> numbers() const;
  /// Takes numbers() back, saved under `name`; DataError for what could not be them.
  void take_numbers(const SavedRun& saved, const std::string& name);

 private:
  ScheduleOptions options_;
  const RateSchedule& schedule_;
  double warm_up_updates_;
  Index updates_;
  Index per_epoch_;
  double best_;
  Index epochs_without_ = 0;
  Index plateaus_ = 0;
};

}  // namespace dbn
