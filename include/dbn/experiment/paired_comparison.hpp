#pragma once
// All that is said about two starts from their errors on the same seeds.

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include <dbn/core/types.hpp>
#include <dbn/experiment/bootstrap.hpp>
#include <dbn/experiment/effect_size.hpp>
#include <dbn/experiment/paired_t.hpp>
#include <dbn/experiment/statistics.hpp>

namespace dbn {

/// Errors a against errors b, percent; differences are a[i] - b[i], in points.
///
/// From one seed there is nothing but the difference: intervals, effect and seeds needed are none, all p are 1. The
/// same holds when all differences are equal, but for p_wilcoxon: such errors are too coarse to have a spread to judge
/// by. From two seeds p_wilcoxon cannot be below 0.5 and the bootstrap's interval only spans the two differences.
struct PairedComparison {
  Index seeds = 0;
  MeanEstimate difference;                                       ///< with the t interval
  std::optional<std::array<double, 2>> bootstrap_interval = {};  ///< of the mean difference, 95 %
  double p_t = 1;
  double p_wilcoxon = 1;
  std::optional<EffectSize> effect = {};
  double margin = 0;            ///< points: a smaller difference is none
  EquivalenceTest equivalence;  ///< within +-margin
  /// For a t test of power 0.8 at 5 %, were the difference and its deviation as observed; none when either is 0.
  std::optional<Index> seeds_needed = {};
};

/// A tenth of a point: ten of MNIST's ten thousand test cases.
constexpr double kEquivalenceMargin = 0.1;

/// Two series of errors by seed, in the same order of seeds; `seed` is the bootstrap's. Throws InvalidArgument when
/// their lengths differ, for no errors, for errors that are not finite and for a margin that is not above 0.
PairedComparison paired_comparison(std::span<const double> a, std::span<const double> b,
                                   double margin = kEquivalenceMargin, std::uint64_t seed = 0,
                                   Index resamples = kBootstrapResamples);

}  // namespace dbn
