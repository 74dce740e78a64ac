#pragma once
// A likelihood that needs no log Z: of each visible unit, given all others [Besag 1975].

#include <cstdint>

#include <dbn/core/types.hpp>
#include <dbn/rbm/rbm.hpp>

namespace dbn {

struct PseudoLikelihoodOptions {
  Index sampled = 0;             ///< units that are drawn for each case, with replacement; 0: all units, without a draw
  std::uint64_t seed = 0;        ///< of these draws
  std::uint32_t first_case = 0;  ///< number of the first case, which tells the draws of batches apart
};

/// Mean over the cases of sum_i log p(v_i | all other units of v), nats, with p(v) ~ e^{-F(v)}. Of sampled units it is
/// their mean times the number of units, as scikit-learn's score_samples does with one unit. A value between a unit's
/// two states counts as a share of either. Throws InvalidArgument unless visible units have two states each, for shapes
/// that do not fit, and without cases.
double log_pseudo_likelihood(const Rbm& rbm, const ConstMatrixRef& cases, const PseudoLikelihoodOptions& options = {});

/// Whether visible units have two states each.
bool has_pseudo_likelihood(const Rbm& rbm);

}  // namespace dbn
