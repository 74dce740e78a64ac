#include "tuning.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/random.hpp>

namespace dbn::detail {
namespace {

// What is drawn for each trial: units of its position in the stream.
enum Draw : std::uint32_t { kRate, kAnyCost, kCost, kDropout, kLowerLayers };

// The shortest text that reads back as the number, cut to three digits: nobody tunes finer.
std::string number_text(double number) { return fmt::format("{:.3g}", number); }

double between(double least, double most, double uniform) { return least * std::pow(most / least, uniform); }

double error_of(const TuningTrial& trial) {
  return trial.validation_error.value_or(std::numeric_limits<double>::infinity());
}

}  // namespace

Settings random_settings(std::uint64_t seed, Index trial, std::size_t layers, const FinetuneOptions& options) {
  if (trial == 0) return {};
  const Stream stream(seed, Purpose::tuning);
  const auto uniform = [&](Draw what) {
    return stream.uniform({.update = 0, .instance = static_cast<std::uint32_t>(trial), .unit = what});
  };
  const auto one_of = [&](Draw what, const std::array<const char*, 3>& values) {
    return std::string(values[static_cast<std::size_t>(3 * uniform(what))]);
  };
  Settings settings;
  settings["dropout"] = one_of(kDropout, {"0", "0.25", "0.5"});
  if (const double usual = options.learning_rate.value_or(optimizer(options.optimizer).default_rate); usual > 0) {
    settings["learning-rate"] = number_text(between(usual / 10, 3 * usual, uniform(kRate)));
    const std::string below = one_of(kLowerLayers, {"1", "0.3", "0.1"});
    std::string rates;
    for (std::size_t i = 0; i + 1 < layers; ++i) rates += below + ",";
    settings["layer-rates"] = rates + "1";
  }
  settings["weight-cost"] = uniform(kAnyCost) < 0.5 ? "0" : number_text(between(1e-6, 1e-3, uniform(kCost)));
  return settings;
}

FinetuneOptions with_settings(FinetuneOptions options, const Settings& settings) {
  const OptionFields fields = options.fields();
  for (const auto& setting : settings) {
    const auto field =
        std::find_if(fields.begin(), fields.end(), [&](const OptionField& f) { return f.name == setting.first; });
    if (field == fields.end())
      throw InvalidArgument(fmt::format("tuning: fine-tuning has no option '{}'", setting.first));
    set_option(*field, setting.second);
  }
  return options;
}

const TuningTrial& best_trial(const std::vector<TuningTrial>& trials, const Treatment& treatment) {
  const TuningTrial* best = nullptr;
  const auto rank = [](const TuningTrial& trial) { return std::pair(error_of(trial), trial.trial); };
  for (const auto& trial : trials)
    if (trial.treatment == treatment && (best == nullptr || rank(trial) < rank(*best))) best = &trial;
  if (best == nullptr) throw InvalidArgument(fmt::format("tuning: no trials of start '{}'", treatment.start));
  return *best;
}

}  // namespace dbn::detail
