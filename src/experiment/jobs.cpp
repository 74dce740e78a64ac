#include "jobs.hpp"

#include <numeric>

#include <dbn/core/parallel.hpp>

namespace dbn::detail {

void Jobs::run(const std::string& what, Index count, FunctionRef<void(Index job, Tell tell)> job) {
  if (count == 0) return;
  shares_.assign(static_cast<std::size_t>(count), 0);
  if (observer_.stage) observer_.stage(what);
  const auto one = [&](Index i) {
    job(i, [&](double done) { tell(i, done); });
    tell(i, 1);
  };
  if (at_once_)
    parallel_for(count, one);
  else
    for (Index i = 0; i < count; ++i) one(i);
}

void Jobs::finished(const ComparisonRun& run) {
  const std::lock_guard lock(mutex_);
  if (observer_.run) observer_.run(run);
}

void Jobs::finished(const TuningTrial& trial) {
  const std::lock_guard lock(mutex_);
  if (observer_.trial) observer_.trial(trial);
}

void Jobs::notice(const std::string& text) {
  const std::lock_guard lock(mutex_);
  if (observer_.notice) observer_.notice(text);
}

void Jobs::tell(Index job, double done) {
  if (!observer_.progress) return;
  const std::lock_guard lock(mutex_);
  shares_[static_cast<std::size_t>(job)] = done;
  observer_.progress(std::accumulate(shares_.begin(), shares_.end(), 0.0) / static_cast<double>(shares_.size()));
}

}  // namespace dbn::detail
