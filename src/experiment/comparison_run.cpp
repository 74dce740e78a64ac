#include <dbn/experiment/comparison_run.hpp>

#include <algorithm>
#include <utility>

namespace dbn {

std::optional<Index> epochs_to_target(const ComparisonRun& run, double target) {
  for (const auto& epoch : run.history)
    if (epoch.validation_error && *epoch.validation_error <= target) return epoch.epoch;
  return std::nullopt;
}

std::optional<double> seconds_to_target(const ComparisonRun& run, double target) {
  const auto arrived = epochs_to_target(run, target);
  if (!arrived) return std::nullopt;
  double seconds = run.pretrain_seconds;
  for (const auto& epoch : run.history)
    if (epoch.epoch <= *arrived) seconds += epoch.seconds;
  return seconds;
}

std::map<Treatment, std::size_t> places_of(const ComparisonHeader& header) {
  std::map<Treatment, std::size_t> places;
  for (std::size_t i = 0; i < header.treatments.size(); ++i) places.emplace(header.treatments[i], i);
  return places;
}

void put_in_order(ComparisonRecord& record) {
  const auto places = places_of(record.header);
  const auto place = [&](const Treatment& treatment) {
    const auto at = places.find(treatment);
    return at == places.end() ? record.header.treatments.size() : at->second;
  };
  std::sort(record.trials.begin(), record.trials.end(), [&](const TuningTrial& a, const TuningTrial& b) {
    return std::pair(place(a.treatment), a.trial) < std::pair(place(b.treatment), b.trial);
  });
  std::sort(record.runs.begin(), record.runs.end(), [&](const ComparisonRun& a, const ComparisonRun& b) {
    return std::pair(a.seed, place(a.treatment)) < std::pair(b.seed, place(b.treatment));
  });
}

}  // namespace dbn
