#pragma once
// A record in which everything is used, and its lines.

#include <limits>
#include <string>
#include <vector>

#include <dbn/experiment/run_record.hpp>

#include "made_record.hpp"

namespace dbn::test {

/// All that a record can hold. Its lines: the header, trials of rbm (2) and he (3), then rbm and he of seed 0 (4, 5)
/// and of seed 1 (6, 7). Line 4 has a portrait, 7 has failed.
inline ComparisonRecord full() {
  ComparisonRecord record = made({4, 6}, {8, 9});
  auto& header = record.header;
  header.command = "dbn compare --data 'a \"b\"\\c'";
  header.classes = {"zero", "\u00e9\n\t\x01", ""};
  header.tuning_trials = 1;
  header.starts[1].control = Control::longer;
  header.identity = {{"--batch", "10"}, {"--seed", "0"}};
  for (const auto& treatment : header.treatments)
    record.trials.push_back({.treatment = treatment,
                             .trial = 0,
                             .settings = {{"learning-rate", "0.1"}, {"l2", "0"}},
                             .validation_error = treatment.start == "rbm" ? std::optional(1.0 / 3) : std::nullopt,
                             .updates = 7,
                             .seconds = 0.1});
  auto& run = record.runs[0];
  run.test_cross_entropy = 0.1;
  run.wrong = {0, 17, 199};
  run.updates = 1234;
  run.pretrain_updates = 56;
  run.history[0].train_loss = std::numeric_limits<double>::quiet_NaN();
  run.history[0].validation_error = std::nullopt;
  run.profile = {.at_start = {{.units = 20,
                               .activation_mean = std::numeric_limits<double>::quiet_NaN(),
                               .gradient_variance = 1e-300},
                              {.units = 2, .activation_variance = -0.0, .smallest_singular_value = 5e-324}},
                 .after_epoch = {}};
  run.filters = {.height = 1, .width = 3, .pixels = {{0, 128, 255}, {1, 16, 171}}};
  run.reconstructions = {.height = 2, .width = 1, .pixels = {{0, 1}, {254, 255}}};
  run.samples = {.height = 1, .width = 1, .pixels = {{7}}};
  auto& failed = record.runs[3];
  failed = {.treatment = failed.treatment,
            .seed = 1,
            .failure = "layer 2 diverged",
            .test_cross_entropy = std::numeric_limits<double>::infinity()};
  put_in_order(record);
  return record;
}

/// Without their line feeds.
inline std::vector<std::string> lines_of(const ComparisonRecord& record) {
  std::vector<std::string> lines;
  const std::string text = to_json_lines(record);
  for (std::size_t begin = 0, end = 0; (end = text.find('\n', begin)) != text.npos; begin = end + 1)
    lines.push_back(text.substr(begin, end - begin));
  return lines;
}

inline std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += line + "\n";
  return text;
}

}  // namespace dbn::test
