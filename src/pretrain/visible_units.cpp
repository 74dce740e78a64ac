#include <dbn/pretrain/visible_units.hpp>

#include <fmt/format.h>

#include <dbn/pretrain/layer_trainer.hpp>

namespace dbn {
namespace {

/// Appends a group of `count` units from `first`, as unit_type() reads it.
void append(std::string& groups, const char* type, Index first, Index count) {
  if (count == 0) return;
  groups += fmt::format("{}{}:{}-{}", groups.empty() ? "" : ",", type, first, first + count - 1);
}

}  // namespace

std::string visible_units(const PretrainOptions& options, const PreparedCases& training) {
  const Schema& schema = training.preprocessing().schema;
  const bool rbm = per_layer(options.pretrainer, 0, options.layers.size(), "pretrainer") == "rbm";
  if (options.visible != "auto") return options.visible;
  if (schema.empty() || !rbm) return "bernoulli";
  // Categories are 0 and 1, so that what is negative is a number.
  const char* numbers = summarize(training).features.least.minCoeff() < 0 ? "gaussian" : "bernoulli";
  std::string groups;
  Index first = 0;    // of the numbers that have no group yet
  Index feature = 0;  // of the next column
  for (const auto& column : schema.columns) {
    if (column.categorical()) {
      append(groups, numbers, first, feature - first);
      append(groups, "softmax", feature, column.feature_count());
      first = feature + column.feature_count();
    }
    feature += column.feature_count();
  }
  append(groups, numbers, first, feature - first);
  return groups;
}

}  // namespace dbn
