#include "data_report.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <dbn/core/error.hpp>
#include <dbn/data/format.hpp>

#include "printable.hpp"

using namespace dbn;
using nlohmann::json;

namespace {

std::string advice_text(const DataAdvice& advice) {
  return fmt::format("--visible {} --scale {}", advice.visible, advice.scale);
}

std::string line(std::string_view key, const std::string& value) { return fmt::format("  {:<11} {}\n", key, value); }

std::string values_text(const FeatureDescription& values) {
  const std::string distinct = values.distinct ? fmt::format("{} different", *values.distinct)
                                               : fmt::format("more than {} different", values.kMostDistinct);
  return fmt::format("{}, {:.6g} to {:.6g}, mean {:.4g}; {}, {:.1f} % are 0", values.type, values.least, values.most,
                     values.mean, distinct, 100 * values.zeros);
}

std::string features_text(const Dataset& dataset, const DataDescription& d) {
  std::string text = fmt::format("{}", d.features);
  if (dataset.shape.size() > 1) text += fmt::format(" ({})", fmt::join(dataset.shape, " × "));
  if (d.values.constant > 0) text += fmt::format(", {} constant", d.values.constant);
  if (d.values.two_valued > 0) text += fmt::format(", {} two-valued", d.values.two_valued);
  return text;
}

std::string columns_text(const Schema& schema) {
  const auto categorical = std::ranges::count_if(schema.columns, &Column::categorical);
  return fmt::format("{}, {} of categories", schema.columns.size(), categorical);
}

std::string classes_text(const Dataset& dataset, const DataDescription& d) {
  constexpr std::size_t kMost = 50;
  std::string text;
  for (std::size_t i = 0; i < std::min(kMost, dataset.classes.size()); ++i)
    text += fmt::format("{}{}: {}", i == 0 ? "" : "  ", printable(dataset.classes[i]), d.class_counts[i]);
  if (dataset.classes.size() > kMost) text += fmt::format("  and {} more", dataset.classes.size() - kMost);
  return text;
}

std::string balance_text(const DataDescription& d) {
  std::string text = "a class has no case";
  if (d.imbalance == 1)
    text = "all classes have as many cases";
  else if (std::isfinite(*d.imbalance))
    text = fmt::format("the largest class has {:.3g} times the cases of the smallest", *d.imbalance);
  if (d.majority_error) text += fmt::format("; naming it always errs in {:.2f} %", *d.majority_error);
  return text;
}

std::string target_text(const TargetDescription& target) {
  return fmt::format("{}: {:.6g} to {:.6g}, mean {:.4g}, deviation {:.4g}", printable(target.name), target.least,
                     target.most, target.mean, target.deviation);
}

bool reads_back(const std::string& path, const ReadOptions& options, const Schema& schema, Index cases) {
  try {
    const Dataset again = read_dataset(path, options);
    return again.case_count() == cases &&
           std::ranges::equal(again.schema.columns, schema.columns, {}, &Column::categorical, &Column::categorical);
  } catch (const DataError&) {
    return false;
  }
}

}  // namespace

json description_json(const Dataset& dataset, const DataDescription& d) {
  json classes = json::object();
  for (std::size_t i = 0; i < dataset.classes.size(); ++i) classes[dataset.classes[i]] = d.class_counts[i];
  json targets = json::array();
  for (const auto& t : d.targets)
    targets.push_back(
        {{"name", t.name}, {"least", t.least}, {"most", t.most}, {"mean", t.mean}, {"deviation", t.deviation}});
  json columns = json::array();
  for (const auto& column : dataset.schema.columns)
    columns.push_back({{"name", column.name}, {"categories", column.categories}});
  const auto optional = [](const auto& value) { return value ? json(*value) : json(nullptr); };
  return {{"name", dataset.name},
          {"cases", d.cases},
          {"features", d.features},
          {"shape", dataset.shape},
          {"type", d.values.type},
          {"least", d.values.least},
          {"most", d.values.most},
          {"mean", d.values.mean},
          {"zeros", d.values.zeros},
          {"distinct", optional(d.values.distinct)},
          {"constant", d.values.constant},
          {"two_valued", d.values.two_valued},
          {"columns", columns},
          {"classes", classes},
          {"unlabelled", d.unlabelled},
          {"imbalance", optional(d.imbalance)},
          {"majority_error", optional(d.majority_error)},
          {"targets", targets},
          {"advice", advice_text(d.advice)},
          {"reason", d.advice.reason}};
}

std::string description_text(const std::string& part, const Dataset& dataset, const DataDescription& d) {
  std::string text = fmt::format("{}  {}\n", part, printable(dataset.name));
  text += line("cases", fmt::format("{}", d.cases)) + line("features", features_text(dataset, d));
  if (!dataset.schema.empty()) text += line("columns", columns_text(dataset.schema));
  text += line("values", values_text(d.values));
  if (d.unlabelled > 0) text += line("unlabelled", fmt::format("{}", d.unlabelled));
  if (!dataset.classes.empty()) text += line("classes", classes_text(dataset, d)) + line("balance", balance_text(d));
  for (const auto& target : d.targets) text += line("target", target_text(target));
  return text + line("advice", advice_text(d.advice)) + line("because", d.advice.reason);
}

std::string reading_options(const std::string& path, const Dataset& dataset, Index cases, bool with_labels) {
  const auto& columns = dataset.schema.columns;
  if (columns.empty()) return "";  // names above numbers are a header
  const bool targets = with_labels && dataset.has_targets();
  std::string labels = with_labels ? "label" : "none";
  if (targets) labels = fmt::format("{}", fmt::join(dataset.target_names, ","));
  const bool last = with_labels && dataset.target_names.size() < 2;
  if (reads_back(path, {.label_column = last ? "last" : labels, .numeric_labels = targets}, dataset.schema, cases))
    return "";
  // A column that is asked for by its name makes the first line a header: that of the labels, else one of categories.
  std::string categories;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (!columns[i].categorical()) continue;
    const std::string name = columns[i].name.empty() ? fmt::format("x{}", i + 1) : columns[i].name;
    categories += categories.empty() ? "" : ",";
    categories += with_labels ? fmt::format("{}", i + 1) : name;
  }
  return fmt::format("--label-column '{}' --categorical '{}'", printable(labels), printable(categories));
}
