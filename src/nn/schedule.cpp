#include <dbn/nn/schedule.hpp>

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

const std::vector<RateSchedule>& rate_schedules() {
  static const std::vector<RateSchedule> table{
      {"constant", [](double) { return 1.0; }},
      {"cosine", [](double progress) { return 0.5 * (1.0 + std::cos(std::numbers::pi * progress)); }},
  };
  return table;
}

const RateSchedule& rate_schedule(std::string_view name) { return row_named(rate_schedules(), name, "schedule"); }

}  // namespace dbn
