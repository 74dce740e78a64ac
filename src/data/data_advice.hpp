#pragma once
// Which visible units and which scaling suit data.

#include <dbn/data/description.hpp>

namespace dbn::detail {

DataAdvice advice_for(const Dataset& dataset, const FeatureDescription& values);

}  // namespace dbn::detail
