#pragma once
// A comparison that takes a moment: few digits, little nets, two seeds.

#include <string>
#include <utility>
#include <vector>

#include <dbn/experiment/comparison.hpp>

namespace dbn::test {

inline DataFiles tiny_digits() {
  static const DataFiles files = [] {
    DataOptions options;
    options.data = "synthetic:digits,cases=300,test=200";
    return open_data(options);
  }();
  return files;
}

inline ComparisonOptions tiny_options(std::vector<std::string> starts) {
  ComparisonOptions options;
  options.starts = std::move(starts);
  options.seeds = 2;
  options.pretrain.layers = {20, 20};
  options.pretrain.epochs = {2};
  options.pretrain.learning_rate = {0.1};
  options.finetune.epochs = 2;
  options.finetune.min_updates = 0;
  options.finetune.batch = 10;
  options.finetune.learning_rate = 0.01;
  return options;
}

inline ComparisonRecord compare(const ComparisonOptions& options, const ComparisonObserver& observer = {}) {
  return compare_starts(tiny_digits(), "auto", options, 7, observer);
}

/// The base net with all of its 270 labels.
inline Treatment whole(const std::string& start) { return {.start = start, .layers = {20, 20}, .labels = 270}; }

/// What follows from the seed: everything but times.
inline std::vector<double> numbers(const ComparisonRecord& record) {
  std::vector<double> all;
  for (const auto& trial : record.trials) all.push_back(trial.validation_error.value_or(-1));
  for (const auto& run : record.runs) {
    all.insert(all.end(), {run.test_error, run.test_cross_entropy, static_cast<double>(run.updates)});
    for (const auto& epoch : run.history) all.insert(all.end(), {epoch.train_loss, *epoch.validation_error});
    if (run.profile)
      for (const auto& layer : run.profile->after_epoch) all.push_back(layer.gradient_variance);
    for (const auto& pictures : {run.filters, run.reconstructions, run.samples})
      if (pictures) all.insert(all.end(), pictures->pixels.back().begin(), pictures->pixels.back().end());
  }
  return all;
}

}  // namespace dbn::test
