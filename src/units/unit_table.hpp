#pragma once
// What each unit type's own file offers to the table.

#include <memory>
#include <string_view>

#include <dbn/units/unit_type.hpp>

namespace dbn::detail {

std::shared_ptr<const UnitType> make_bernoulli();
std::shared_ptr<const UnitType> make_bipolar();
std::shared_ptr<const UnitType> make_gaussian();
std::shared_ptr<const UnitType> make_gaussian_learned();
std::shared_ptr<const UnitType> make_relu();
std::shared_ptr<const UnitType> make_relu6();
std::shared_ptr<const UnitType> make_softmax();
std::shared_ptr<const UnitType> make_replicated_softmax();
/// Groups of the types above, as unit_type() documents them.
std::shared_ptr<const UnitType> make_mixed(std::string_view text);

}  // namespace dbn::detail
