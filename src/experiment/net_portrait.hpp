#pragma once
// What the report shows of one net beside its errors: how signals fare in it, and what its lowest units look for.

#include <cstdint>

#include <dbn/data/case_source.hpp>
#include <dbn/experiment/comparison_run.hpp>

namespace dbn::detail {

/// Profiles of a net at its start and after one epoch by these options at a constant rate, on up to 500 of the cases;
/// the second is empty when that epoch diverges.
RunProfile run_profile(const Mlp& start, const PreparedCases& labelled, const FinetuneOptions& options,
                       std::uint64_t seed);

/// Bytes that run_profile() takes at its largest for a net of these sizes, fine-tuned on so many cases.
double profile_memory(const std::vector<Index>& sizes, const FinetuneOptions& options, Index cases);

/// Weights into the first units of the lowest layer; none where cases are no pictures, or too large ones to keep.
std::optional<FilterPictures> filter_pictures(const Mlp& net, const std::vector<Index>& shape);

}  // namespace dbn::detail
