#pragma once
// How rates change over a training run.

#include <string>
#include <string_view>
#include <vector>

#include <dbn/core/types.hpp>

namespace dbn {

/// A rate that changes at given epochs, written `0.5:5,0.9`: 0.5 for five epochs, then 0.9.
class StepSchedule {
 public:
  /// Throws InvalidArgument, naming `option`, unless every value lies in [0, most] and each but the last has epochs.
  static StepSchedule parse(std::string_view text, std::string_view option, double most);

  /// Value in an epoch, counted from 1.
  double at(Index epoch) const;

 private:
  struct Step {
    double value;
    Index until;  ///< last epoch with this value
  };
  std::vector<Step> steps_;
};

/// Factor on the learning rate as a function of progress from 0 (first update) to 1 (end of training).
struct RateSchedule {
  std::string name;
  double (*factor)(double progress);
};

/// constant; cosine, from 1 down to 0 by half a cosine wave [Loshchilov & Hutter 2017].
const std::vector<RateSchedule>& rate_schedules();
const RateSchedule& rate_schedule(std::string_view name);

}  // namespace dbn
