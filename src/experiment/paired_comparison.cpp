#include <dbn/experiment/paired_comparison.hpp>

#include <dbn/experiment/power.hpp>

namespace dbn {

PairedComparison paired_comparison(std::span<const double> a, std::span<const double> b, double margin,
                                   std::uint64_t seed, Index resamples) {
  PairedComparison result;
  result.seeds = static_cast<Index>(a.size());
  result.difference = paired_difference(a, b);
  result.p_wilcoxon = wilcoxon_signed_rank(a, b);
  result.margin = margin;
  const EquivalenceTest equivalence = equivalence_test(a, b, margin);
  if (result.difference.deviation == 0) return result;
  result.bootstrap_interval = bootstrap_interval(paired_differences(a, b), seed, resamples);
  result.p_t = paired_t_test(a, b);
  result.effect = effect_size(a, b);
  result.equivalence = equivalence;
  result.seeds_needed = pairs_needed(result.difference.mean, result.difference.deviation);
  return result;
}

}  // namespace dbn
