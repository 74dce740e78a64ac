#pragma once
// What the writer of a record and its reader must agree on.

#include <array>
#include <optional>
#include <utility>

#include <dbn/experiment/comparison_run.hpp>
#include <dbn/nn/start_profile.hpp>

namespace dbn::detail {

inline constexpr int kRecordVersion = 1;

/// The numbers of a layer's profile by their keys.
inline constexpr std::array<std::pair<const char*, double LayerProfile::*>, 9> kProfileNumbers{{
    {"activation_mean", &LayerProfile::activation_mean},
    {"activation_variance", &LayerProfile::activation_variance},
    {"gradient_mean", &LayerProfile::gradient_mean},
    {"gradient_variance", &LayerProfile::gradient_variance},
    {"saturated", &LayerProfile::saturated},
    {"dead", &LayerProfile::dead},
    {"alike", &LayerProfile::alike},
    {"largest_singular_value", &LayerProfile::largest_singular_value},
    {"smallest_singular_value", &LayerProfile::smallest_singular_value},
}};

/// The pictures of a run by their keys, all of which may be missing.
inline constexpr std::array<std::pair<const char*, std::optional<Pictures> ComparisonRun::*>, 3> kRunPictures{{
    {"filters", &ComparisonRun::filters},
    {"reconstructions", &ComparisonRun::reconstructions},
    {"samples", &ComparisonRun::samples},
}};

}  // namespace dbn::detail
