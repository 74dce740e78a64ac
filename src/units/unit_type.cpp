#include <dbn/units/unit_type.hpp>

#include <limits>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/table.hpp>

#include "unit_table.hpp"

namespace dbn {

void UnitType::check(Index units) const {
  if (units < 1) throw InvalidArgument(fmt::format("units: expected at least one {}, found {}", name(), units));
}

Eigen::VectorXd UnitType::energy(const ConstMatrixRef& states, const ConstVectorRef& bias, const UnitContext&) const {
  return -(states.cast<double>().transpose() * bias.cast<double>());
}

Vector UnitType::biases_for_means(const ConstVectorRef& means) const {
  return means.unaryExpr([this](Scalar mean) { return bias_for_mean(mean); });
}

std::string UnitType::objection(const FeatureSummary& data) const {
  const auto [least, most] = range();
  const double found_least = static_cast<double>(data.least.minCoeff());
  const double found_most = static_cast<double>(data.most.maxCoeff());
  if (found_least >= least && found_most <= most) return "";
  const std::string expected = most == std::numeric_limits<double>::infinity()
                                   ? fmt::format("values from {:g}", least)
                                   : fmt::format("values in [{:g}, {:g}]", least, most);
  return fmt::format("{} visible units expect {}, found {:.4g} to {:.4g}", name(), expected, found_least, found_most);
}

double UnitType::state_count(Index) const { return std::numeric_limits<double>::infinity(); }

void UnitType::state_into(Index, VectorRef) const {
  throw InvalidArgument(fmt::format("states: {} units have more of them than can be counted", name()));
}

const std::vector<std::shared_ptr<const UnitType>>& unit_types() {
  static const std::vector<std::shared_ptr<const UnitType>> table{
      detail::make_bernoulli(), detail::make_bipolar(), detail::make_gaussian(), detail::make_gaussian_learned(),
      detail::make_relu(),      detail::make_relu6(),   detail::make_softmax(),  detail::make_replicated_softmax()};
  return table;
}

std::vector<std::string> unit_type_names() {
  std::vector<std::string> names;
  for (const auto& type : unit_types()) names.emplace_back(type->name());
  return names;
}

std::shared_ptr<const UnitType> unit_type(std::string_view name) {
  if (name.find(':') != std::string_view::npos) return detail::make_mixed(name);
  for (const auto& type : unit_types())
    if (type->name() == name) return type;
  throw_unknown_row("unit type", name, unit_type_names());
}

}  // namespace dbn
