#include <dbn/units/unit_type.hpp>

#include <dbn/core/table.hpp>

#include "unit_table.hpp"

namespace dbn {

const std::vector<std::shared_ptr<const UnitType>>& unit_types() {
  static const std::vector<std::shared_ptr<const UnitType>> table{detail::make_bernoulli(), detail::make_gaussian()};
  return table;
}

std::vector<std::string> unit_type_names() {
  std::vector<std::string> names;
  for (const auto& type : unit_types()) names.emplace_back(type->name());
  return names;
}

std::shared_ptr<const UnitType> unit_type(std::string_view name) {
  for (const auto& type : unit_types())
    if (type->name() == name) return type;
  throw_unknown_row("unit type", name, unit_type_names());
}

}  // namespace dbn
