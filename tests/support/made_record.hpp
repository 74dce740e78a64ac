#pragma once
// Records of comparisons that nobody ran: errors as they are wanted, to see what is said of them.

#include <string>
#include <vector>

#include <dbn/experiment/comparison_run.hpp>

namespace dbn::test {

/// Adds one run a seed, with these test errors, of a start on a net of 20 hidden units.
inline void add_runs(ComparisonRecord& record, const Start& start, Index labels, const std::vector<double>& errors) {
  const Treatment treatment{.start = start.name, .layers = {20}, .labels = labels};
  bool known = false;
  for (const auto& other : record.header.starts) known = known || other.name == start.name;
  if (!known) record.header.starts.push_back(start);
  record.header.treatments.push_back(treatment);
  for (std::size_t i = 0; i < errors.size(); ++i) {
    ComparisonRun run{.treatment = treatment, .seed = i, .test_error = errors[i], .finetune_seconds = 2};
    run.pretrain_seconds = start.pretrained ? 3 : 0;
    for (Index epoch = 1; epoch <= 2; ++epoch)
      run.history.push_back({.epoch = epoch,
                             .train_loss = 1.0 / static_cast<double>(epoch),
                             .validation_error = errors[i] + 2 - static_cast<double>(epoch),
                             .learning_rate = 0.1,
                             .seconds = 1});
    record.runs.push_back(run);
  }
  record.header.seeds = std::max(record.header.seeds, std::ssize(errors));
}

inline const Start kRbm{.name = "rbm", .method = "rbm", .activation = "sigmoid", .pretrained = true};
inline const Start kHe{.name = "he", .method = "he", .activation = "relu"};

/// An RBM start against He with 100 labels.
inline ComparisonRecord made(const std::vector<double>& rbm, const std::vector<double>& he) {
  ComparisonRecord record;
  record.header = {.version = "1.0",
                   .target = 5,
                   .training = "made",
                   .test = "made test",
                   .training_cases = 300,
                   .test_cases = 200,
                   .features = 784,
                   .classes = {"0", "1"}};
  add_runs(record, kRbm, 100, rbm);
  add_runs(record, kHe, 100, he);
  return record;
}

}  // namespace dbn::test
