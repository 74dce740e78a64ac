#include "compare_report.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "text_table.hpp"

using namespace dbn;
using nlohmann::json;

namespace {

using Cells = std::vector<const ComparisonCell*>;

// He is what people use today; without it, the last start that was named. A control is no reference.
std::string reference_start(const ComparisonResult& result) {
  std::string last = result.cells.back().treatment.start;
  for (const auto& cell : result.cells) {
    if (cell.treatment.start == "he") return "he";
    if (cell.start.control == Control::none) last = cell.treatment.start;
  }
  return last;
}

std::string arrival_text(const TimeToTarget& time) {
  if (time.runs == 0) return "-";
  if (time.arrived == 0) return "never";
  const std::string median = time.median ? fmt::format("{:g}", *time.median) : "-";
  return time.arrived < time.runs ? fmt::format("{} ({} of {})", median, time.arrived, time.runs) : median;
}

std::string error_text(const ComparisonCell& cell) {
  const std::string failed = cell.failures > 0 ? fmt::format(" ({} of {} diverged)", cell.failures, cell.runs) : "";
  return (cell.test_error ? estimate_text(*cell.test_error) : "-") + failed;
}

std::string versus(const ComparisonResult& result, const ComparisonCell& cell, const std::string& reference) {
  const auto pair = result.find_pair(cell.treatment.start, reference, cell.treatment.layers, cell.treatment.labels);
  return pair ? estimate_text(pair->errors.difference) : "-";
}

// Cells of one net and number of labels stand together.
std::string one_table(const Cells& cells, const ComparisonRecord& record, const ComparisonResult& result) {
  const std::string reference = reference_start(result);
  std::vector<std::vector<std::string>> rows{
      {"start", "activation", "test error % (mean ± 95 %)", fmt::format("vs {} (paired)", reference),
       fmt::format("epochs to {:g} %", record.header.target), "pretrain s", "fine-tune s"}};
  for (const auto* cell : cells)
    rows.push_back({cell->treatment.start, cell->start.activation, error_text(*cell), versus(result, *cell, reference),
                    arrival_text(cell->epochs_to_target), fmt::format("{:.1f}", cell->pretrain_seconds),
                    fmt::format("{:.1f}", cell->finetune_seconds)});
  const Treatment& treatment = cells.front()->treatment;
  return fmt::format("\n{} labels, {} seed{}, layers {}\n{}", treatment.labels, record.header.seeds,
                     record.header.seeds == 1 ? "" : "s", fmt::join(treatment.layers, "-"), text_table(rows));
}

json interval_json(const std::optional<std::array<double, 2>>& interval) { return interval ? json(*interval) : json(); }

template <typename T>
json optional_json(const std::optional<T>& value) {
  return value ? json(*value) : json();
}

json cell_json(const ComparisonCell& cell) {
  json error{{"mean", nullptr}, {"deviation", nullptr}, {"interval", nullptr}, {"runs", cell.test_errors}};
  if (cell.test_error) {
    error["mean"] = cell.test_error->mean;
    error["deviation"] = cell.test_error->deviation;
    error["interval"] = interval_json(cell.test_error->interval);
  }
  error["bootstrap_interval"] = interval_json(cell.bootstrap_interval);
  json all{{"start", cell.treatment.start},
           {"activation", cell.start.activation},
           {"control", control_name(cell.start.control)},
           {"layers", cell.treatment.layers},
           {"labels", cell.treatment.labels},
           {"test_error", error},
           {"failures", cell.failures},
           {"epochs_to_target", optional_json(cell.epochs_to_target.median)},
           {"seconds_to_target", optional_json(cell.seconds_to_target.median)},
           {"arrived", cell.epochs_to_target.arrived},
           {"pretrain_updates", cell.pretrain_updates},
           {"pretrain_seconds", cell.pretrain_seconds},
           {"finetune_seconds", cell.finetune_seconds},
           {"tuning", nullptr}};
  if (cell.chosen)
    all["tuning"] = {{"settings", cell.chosen->settings},
                     {"validation_error", optional_json(cell.chosen->validation_error)},
                     {"trials", cell.tuning_trials},
                     {"updates", cell.tuning_updates},
                     {"seconds", cell.tuning_seconds}};
  return all;
}

json pair_json(const ComparisonPair& pair) {
  const PairedComparison& errors = pair.errors;
  return {{"a", pair.a},
          {"b", pair.b},
          {"layers", pair.layers},
          {"labels", pair.labels},
          {"seeds", errors.seeds},
          {"difference", errors.difference.mean},
          {"interval", interval_json(errors.difference.interval)},
          {"bootstrap_interval", interval_json(errors.bootstrap_interval)},
          {"joint_interval", interval_json(pair.joint_interval)},
          {"p_t", errors.p_t},
          {"p_wilcoxon", errors.p_wilcoxon},
          {"p_holm", pair.p_holm},
          {"family", pair.family},
          {"only_a", pair.cases.only_a},
          {"only_b", pair.cases.only_b},
          {"p_mcnemar", pair.cases.test.p_mid},
          {"margin", errors.margin},
          {"p_equivalence", errors.equivalence.p},
          {"effect_size", errors.effect ? optional_json(errors.effect->unbiased) : json()},
          {"effect_interval", errors.effect ? interval_json(errors.effect->interval) : json()},
          {"seeds_needed", optional_json(errors.seeds_needed)}};
}

}  // namespace

std::string comparison_table(const ComparisonRecord& record, const ComparisonResult& result) {
  std::string text;
  Cells together;
  const auto flush = [&] {
    if (!together.empty()) text += one_table(together, record, result);
    together.clear();
  };
  for (const auto& cell : result.cells) {
    if (!together.empty() && (together.back()->treatment.labels != cell.treatment.labels ||
                              together.back()->treatment.layers != cell.treatment.layers))
      flush();
    together.push_back(&cell);
  }
  flush();
  return text;
}

json comparison_json(const ComparisonRecord& record, const ComparisonResult& result) {
  json starts = json::array();
  for (const auto& cell : result.cells) starts.push_back(cell_json(cell));
  json pairs = json::array();
  for (const auto& pair : result.pairs) pairs.push_back(pair_json(pair));
  return {{"starts", starts}, {"pairs", pairs}, {"verdict", verdict(record, result)}};
}
