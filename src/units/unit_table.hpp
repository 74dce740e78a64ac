#pragma once
// What each unit type's own file offers to the table.

#include <memory>

#include <dbn/units/unit_type.hpp>

namespace dbn::detail {

std::shared_ptr<const UnitType> make_bernoulli();
std::shared_ptr<const UnitType> make_gaussian();

}  // namespace dbn::detail
