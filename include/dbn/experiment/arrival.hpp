#pragma once
// How long runs take to reach a target when some never do: those were only watched for a while.

#include <optional>
#include <span>
#include <vector>

#include <dbn/core/types.hpp>

namespace dbn {

/// One run: when it arrived, or how long it was watched without arriving. Epochs, seconds: any unit.
struct Arrival {
  double time = 0;
  bool arrived = false;
};

/// The share of runs that have not arrived, from this time on until the next step.
struct ArrivalStep {
  double time = 0;
  Index under_way = 0;           ///< runs that had not arrived and were still watched just before
  Index arrived = 0;             ///< runs that arrived at this time
  double not_arrived = 1;        ///< estimate of the share
  double relative_variance = 0;  ///< of that estimate, in units of its square; infinite when no run is left
};

/// Steps of the product-limit estimate [Kaplan & Meier 1958, section 2], one for each time at which a run arrived, with
/// its variance [Greenwood 1926]. Who stops being watched at that time was under way then. Throws InvalidArgument for
/// no runs and for times that are negative or not finite.
std::vector<ArrivalStep> arrival_steps(std::span<const Arrival> runs);

/// The time by which half of the runs arrive.
struct TimeToTarget {
  Index runs = 0;
  Index arrived = 0;
  /// First time by which the estimate falls to a half. None when it never does: with all watched equally long, when
  /// fewer than half arrived.
  std::optional<double> median = {};
  // Limits of its 95 % interval; none where the runs set no limit, nor by fewer than two runs.
  std::optional<double> low = {};
  std::optional<double> high = {};
};

/// Median by arrival_steps, with the interval of times whose share may be a half [Brookmeyer & Crowley 1982], by limits
/// of the share that hold on the scale of log(-log) [Kalbfleisch & Prentice 1980, section 1.3]. Throws InvalidArgument
/// as arrival_steps.
TimeToTarget time_to_target(std::span<const Arrival> runs);

}  // namespace dbn
