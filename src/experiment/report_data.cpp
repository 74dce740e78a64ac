#include "report_data.hpp"

#include <charconv>
#include <cmath>
#include <iterator>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base64.hpp"
#include "run_record_keys.hpp"

namespace dbn::detail {
namespace {

using nlohmann::json;

// JSON has no other numbers.
json number(double value) { return std::isfinite(value) ? json(value) : json(); }

template <typename T>
json optional(const std::optional<T>& value) {
  return value ? number(static_cast<double>(*value)) : json();
}

json interval(const std::optional<std::array<double, 2>>& bounds) {
  return bounds ? json{number((*bounds)[0]), number((*bounds)[1])} : json();
}

json rounded(double value) {
  if (!std::isfinite(value)) return {};
  fmt::memory_buffer text;
  fmt::format_to(std::back_inserter(text), "{:.6g}", value);
  double near = 0;
  std::from_chars(text.data(), text.data() + text.size(), near);
  return near;
}

std::vector<std::uint8_t> joined(const std::vector<std::vector<std::uint8_t>>& pictures) {
  std::vector<std::uint8_t> bytes;
  for (const auto& picture : pictures) bytes.insert(bytes.end(), picture.begin(), picture.end());
  return bytes;
}

json treatment_json(const Treatment& treatment) {
  return {{"start", treatment.start}, {"layers", treatment.layers}, {"labels", treatment.labels}};
}

json start_json(const Start& start) {
  return {{"name", start.name},
          {"method", start.method},
          {"activation", start.activation},
          {"pretrained", start.pretrained},
          {"control", start.control != Control::none}};
}

json layers_json(const std::vector<LayerProfile>& profile) {
  json layers = json::array();
  for (const auto& layer : profile)
    layers.push_back({{"units", layer.units},
                      {"activation_mean", rounded(layer.activation_mean)},
                      {"activation_variance", rounded(layer.activation_variance)},
                      {"gradient_mean", rounded(layer.gradient_mean)},
                      {"gradient_variance", rounded(layer.gradient_variance)},
                      {"saturated", rounded(layer.saturated)},
                      {"dead", rounded(layer.dead)},
                      {"largest_singular_value", rounded(layer.largest_singular_value)},
                      {"smallest_singular_value", rounded(layer.smallest_singular_value)}});
  return layers;
}

json pictures_json(const Pictures& pictures) {
  return {{"height", pictures.height},
          {"width", pictures.width},
          {"count", pictures.pixels.size()},
          {"pixels", base64(joined(pictures.pixels))}};
}

json run_json(const ComparisonRun& run, double target) {
  json json_run = treatment_json(run.treatment);
  json_run["seed"] = std::to_string(run.seed);  // may have more digits than numbers of a script
  json_run["pretrain_seconds"] = number(run.pretrain_seconds);
  if (run.failed()) {
    json_run["failure"] = run.failure;
    return json_run;
  }
  json_run["test_error"] = number(run.test_error);
  json_run["test_cross_entropy"] = number(run.test_cross_entropy);
  json_run["wrong"] = run.wrong.size();
  json_run["updates"] = run.updates;
  json_run["pretrain_updates"] = run.pretrain_updates;
  json_run["finetune_seconds"] = number(run.finetune_seconds);
  json_run["epochs_to_target"] = optional(epochs_to_target(run, target));
  json_run["seconds_to_target"] = optional(seconds_to_target(run, target));
  json losses = json::array();
  json errors = json::array();
  for (const auto& epoch : run.history) {
    losses.push_back(rounded(epoch.train_loss));
    errors.push_back(epoch.validation_error ? rounded(*epoch.validation_error) : json());
  }
  json_run["train_loss"] = losses;
  json_run["validation_error"] = errors;
  if (run.profile)
    json_run["profile"] = {{"at_start", layers_json(run.profile->at_start)},
                           {"after_epoch", layers_json(run.profile->after_epoch)}};
  for (const auto& [name, pictures] : kRunPictures)
    if (run.*pictures) json_run[name] = pictures_json(*(run.*pictures));
  return json_run;
}

json trial_json(const TuningTrial& trial) {
  json json_trial = treatment_json(trial.treatment);
  json_trial["trial"] = trial.trial;
  json_trial["settings"] = trial.settings;
  json_trial["validation_error"] = optional(trial.validation_error);
  json_trial["updates"] = trial.updates;
  json_trial["seconds"] = number(trial.seconds);
  return json_trial;
}

json arrival_json(const TimeToTarget& time) {
  return {{"runs", time.runs},
          {"arrived", time.arrived},
          {"median", optional(time.median)},
          {"low", optional(time.low)},
          {"high", optional(time.high)}};
}

json cell_json(const ComparisonCell& cell, const ComparisonResult& result) {
  json json_cell = treatment_json(cell.treatment);
  json_cell["best_random"] = &cell == result.best(cell.treatment.layers, cell.treatment.labels, false);
  json_cell["runs"] = cell.runs;
  json_cell["failures"] = cell.failures;
  json_cell["mean"] = cell.test_error ? number(cell.test_error->mean) : json();
  json_cell["deviation"] = cell.test_error ? number(cell.test_error->deviation) : json();
  json_cell["interval"] = cell.test_error ? interval(cell.test_error->interval) : json();
  json_cell["bootstrap"] = interval(cell.bootstrap_interval);
  json_cell["epochs_to_target"] = arrival_json(cell.epochs_to_target);
  json_cell["seconds_to_target"] = arrival_json(cell.seconds_to_target);
  json_cell["pretrain_seconds"] = number(cell.pretrain_seconds);
  json_cell["finetune_seconds"] = number(cell.finetune_seconds);
  json_cell["pretrain_updates"] = number(cell.pretrain_updates);
  json_cell["tuning_trials"] = cell.tuning_trials;
  json_cell["tuning_updates"] = cell.tuning_updates;
  json_cell["tuning_seconds"] = number(cell.tuning_seconds);
  if (cell.chosen) json_cell["chosen"] = trial_json(*cell.chosen);
  return json_cell;
}

json pair_json(const ComparisonPair& pair) {
  const PairedComparison& errors = pair.errors;
  return {{"a", pair.a},
          {"b", pair.b},
          {"layers", pair.layers},
          {"labels", pair.labels},
          {"seeds", errors.seeds},
          {"mean", number(errors.difference.mean)},
          {"interval", interval(errors.difference.interval)},
          {"bootstrap", interval(errors.bootstrap_interval)},
          {"joint_interval", interval(pair.joint_interval)},
          {"p_t", number(errors.p_t)},
          {"p_wilcoxon", number(errors.p_wilcoxon)},
          {"p_holm", number(pair.p_holm)},
          {"family", pair.family},
          {"margin", number(errors.margin)},
          {"p_equivalence", number(errors.equivalence.p)},
          {"effect", errors.effect ? optional(errors.effect->unbiased) : json()},
          {"effect_interval", errors.effect ? interval(errors.effect->interval) : json()},
          {"seeds_needed", optional(errors.seeds_needed)},
          {"only_a", pair.cases.only_a},
          {"only_b", pair.cases.only_b},
          {"p_mcnemar", number(pair.cases.test.p_mid)}};
}

template <typename Values, typename Convert>
json list(const Values& values, Convert convert) {
  json array = json::array();
  for (const auto& value : values) array.push_back(convert(value));
  return array;
}

}  // namespace

json report_data(const ComparisonRecord& record, const ComparisonResult& result) {
  const ComparisonHeader& header = record.header;
  return {{"version", header.version},
          {"command", header.command},
          {"seed", std::to_string(header.seed)},
          {"seeds", header.seeds},
          {"target", number(header.target)},
          {"training", header.training},
          {"test", header.test},
          {"training_cases", header.training_cases},
          {"test_cases", header.test_cases},
          {"features", header.features},
          {"classes", header.classes},
          {"starts", list(header.starts, start_json)},
          {"treatments", list(header.treatments, treatment_json)},
          {"tuning_trials", header.tuning_trials},
          {"identity", header.identity},
          {"cells", list(result.cells, [&](const ComparisonCell& cell) { return cell_json(cell, result); })},
          {"pairs", list(result.pairs, pair_json)},
          {"runs", list(record.runs, [&](const ComparisonRun& run) { return run_json(run, header.target); })},
          {"trials", list(record.trials, trial_json)}};
}

}  // namespace dbn::detail
