#include <dbn/nn/schedule.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/option.hpp>
#include <dbn/core/table.hpp>

namespace dbn {

StepSchedule StepSchedule::parse(std::string_view text, std::string_view option, double most) {
  StepSchedule schedule;
  const auto parts = split_list(text);
  Index until = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto colon = parts[i].find(':');
    const double value = parse_number(std::string_view(parts[i]).substr(0, colon), option);
    const bool last = i + 1 == parts.size();
    if (value < 0 || value > most || last != (colon == std::string::npos))
      throw InvalidArgument(fmt::format(
          "{}: expected values from 0 to {}, each but the last followed by :EPOCHS, like 0.5:5,0.9; found '{}'", option,
          most, text));
    Index epochs = 0;
    if (!last) {
      epochs = parse_integer(std::string_view(parts[i]).substr(colon + 1), option);
      if (epochs < 1 || epochs > 1'000'000)
        throw InvalidArgument(fmt::format("{}: expected 1 to 1000000 epochs after ':', found '{}'", option, text));
    }
    until = last ? std::numeric_limits<Index>::max() : until + epochs;
    schedule.steps_.push_back({value, until});
  }
  return schedule;
}

double StepSchedule::at(Index epoch) const {
  for (const auto& step : steps_)
    if (epoch <= step.until) return step.value;
  return steps_.back().value;
}

std::vector<double> StepSchedule::values() const {
  std::vector<double> all;
  for (const auto& step : steps_) all.push_back(step.value);
  return all;
}

double StepSchedule::most() const {
  const auto all = values();
  return *std::max_element(all.begin(), all.end());
}

const std::vector<RateSchedule>& rate_schedules() {
  static const std::vector<RateSchedule> table{
      {"constant", 1, [](const RatePlace&, double, Index) { return 1.0; }},
      {"step", 0.1,
       [](const RatePlace& at, double decay, Index every) {
         return std::pow(decay, static_cast<double>(at.epoch / every));
       }},
      {"exponential", 0.95,
       [](const RatePlace& at, double decay, Index) { return std::pow(decay, static_cast<double>(at.epoch)); }},
      {"cosine", 1,
       [](const RatePlace& at, double, Index) { return 0.5 * (1.0 + std::cos(std::numbers::pi * at.progress)); }},
      {"plateau", 0.1,
       [](const RatePlace& at, double decay, Index) { return std::pow(decay, static_cast<double>(at.plateaus)); }},
  };
  return table;
}

const RateSchedule& rate_schedule(std::string_view name) { return row_named(rate_schedules(), name, "schedule"); }

OptionFields ScheduleOptions::fields() {
  return {
      {.name = "schedule",
       .value = &name,
       .help = "course of the learning rate",
       .choices = row_names(rate_schedules())},
      {.name = "warm-up",
       .value = &warm_up,
       .help = "epochs over which the learning rate first rises from 0",
       .range = {0, 1e5}},
      {.name = "decay",
       .value = &decay,
       .help = "factor on the learning rate, for step, exponential and plateau",
       .range = {0, 1, true},
       .unset = "step and plateau 0.1, exponential 0.95"},
      {.name = "decay-epochs",
       .value = &decay_epochs,
       .help = "epochs between decays (step), or without a better validation error before one (plateau)",
       .range = {1, 1e5}},
  };
}

RateCourse::RateCourse(const ScheduleOptions& options, Index updates, Index per_epoch)
    : options_(options),
      schedule_(rate_schedule(options.name)),
      warm_up_updates_(std::min(options.warm_up * static_cast<double>(per_epoch), static_cast<double>(updates))),
      updates_(updates),
      per_epoch_(per_epoch),
      best_(std::numeric_limits<double>::max()) {}

double RateCourse::factor(Index update) const {
  const auto at = static_cast<double>(update);
  if (at < warm_up_updates_) return (at + 1) / (warm_up_updates_ + 1);
  const double left = static_cast<double>(updates_) - warm_up_updates_;
  const RatePlace place{(at - warm_up_updates_) / std::max(left, 1.0), update / per_epoch_, plateaus_};
  return schedule_.factor(place, options_.decay.value_or(schedule_.default_decay), options_.decay_epochs);
}

void RateCourse::end_epoch(double error) {
  if (error < best_) {
    best_ = error;
    epochs_without_ = 0;
  } else if (++epochs_without_ == options_.decay_epochs) {
    ++plateaus_;
    epochs_without_ = 0;
  }
}

std::vector<double> RateCourse::numbers() const {
  return {best_, static_cast<double>(epochs_without_), static_cast<double>(plateaus_)};
}

void RateCourse::take_numbers(const SavedRun& saved, const std::string& name) {
  best_ = saved.list(name, 3)[0];
  epochs_without_ = saved.count(name, 1, 3);
  plateaus_ = saved.count(name, 2, 3);
}

}  // namespace dbn
