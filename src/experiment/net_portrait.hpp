#pragma once
// What the report shows of one net beside its errors: how signals fare in it, and what its units look for and
// remember.

#include <cstdint>

#include <dbn/data/case_source.hpp>
#include <dbn/experiment/comparison_run.hpp>
#include <dbn/pretrain/stack.hpp>

namespace dbn::detail {

/// Profiles of a net at its start and after one epoch by these options at a constant rate, on up to 500 of the cases;
/// the second is empty when that epoch diverges.
RunProfile run_profile(const Mlp& start, const PreparedCases& labelled, const FinetuneOptions& options,
                       std::uint64_t seed);

/// Bytes that run_profile() takes at its largest for a net of these sizes, fine-tuned on so many cases.
double profile_memory(const std::vector<Index>& sizes, const FinetuneOptions& options, Index cases);

/// Whether cases of this shape are pictures, and not too large to keep.
bool are_pictures(const std::vector<Index>& shape);

/// Weights into the first units of the lowest layer, as ComparisonRun::filters; none where cases are no pictures.
std::optional<Pictures> filter_pictures(const Mlp& net, const std::vector<Index>& shape);

/// What a stack remembers, as ComparisonRun has it.
struct StackPictures {
  std::optional<Pictures> reconstructions = {};
  std::optional<Pictures> samples = {};
};

/// Of the first of the cases, unscaled, from the least of their values as black to the most as white; none where cases
/// are no pictures. Samples come from the chains of an RBM at the top; none where these grow beyond all numbers.
StackPictures stack_pictures(const Stack& stack, const PreparedCases& cases, const std::vector<Index>& shape,
                             std::uint64_t seed);

}  // namespace dbn::detail
