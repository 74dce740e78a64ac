#pragma once
// The jobs of a comparison, one after another or several at once, and how far they are as a whole.

#include <mutex>
#include <string>
#include <vector>

#include <dbn/core/function_ref.hpp>
#include <dbn/experiment/comparison.hpp>

namespace dbn::detail {

/// Runs jobs that do not depend on each other. A job's result goes to a place of its own, so that it does not matter
/// which is done first.
class Jobs {
 public:
  /// At once: each of several jobs has one thread, and as many run as there are threads. Otherwise, and where there is
  /// one job only, it has all threads.
  Jobs(bool at_once, const ComparisonObserver& observer) : at_once_(at_once), observer_(observer) {}

  /// Receives the share of a job that is done, 0 to 1.
  using Tell = FunctionRef<void(double done)>;
  void run(const std::string& what, Index count, FunctionRef<void(Index job, Tell tell)> job);

  /// Tells the observer of what has finished.
  void finished(const ComparisonRun& run);
  void finished(const TuningTrial& trial);
  /// Tells the observer something that a user should know.
  void notice(const std::string& text);

 private:
  void tell(Index job, double done);

  bool at_once_;
  const ComparisonObserver& observer_;
  std::mutex mutex_;            ///< the observer hears one job at a time
  std::vector<double> shares_;  ///< done of each job
};

}  // namespace dbn::detail
