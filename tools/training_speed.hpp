#pragma once
// How long training takes on this machine, and what the time goes into.

#include <vector>

#include <dbn/data/case_source.hpp>

/// Cases of random bytes with random labels of ten classes: what is in them does not change the time.
dbn::PreparedCases random_cases(dbn::Index features, dbn::Index cases);

/// Bytes of random_cases().
double random_cases_memory(dbn::Index features, dbn::Index cases);

// Epochs are a run's second one: the first also touches fresh memory.

/// Seconds of an epoch of contrastive divergence (k = 1, momentum, weight cost), as `dbn pretrain` runs it.
double divergence_epoch_seconds(const dbn::PreparedCases& cases, dbn::Index hidden, dbn::Index batch);

/// Seconds of an epoch of back-propagation with Adam through a sigmoid net, as `dbn finetune` runs it. `sizes` are
/// those of the features, the hidden layers and the ten classes.
double finetune_epoch_seconds(const dbn::PreparedCases& cases, const std::vector<dbn::Index>& sizes, dbn::Index batch);

/// What an epoch of contrastive divergence does beside products, each part run on its own, in seconds.
struct DivergenceParts {
  double draws = 0;    ///< logistic and samples, of hidden twice and visible once
  double updates = 0;  ///< momentum, weight cost, write
  double gather = 0;   ///< bytes to scaled scalars
};
DivergenceParts divergence_parts(const dbn::PreparedCases& cases, dbn::Index hidden, dbn::Index batch);

/// Bytes that divergence_epoch_seconds() and divergence_parts() take, beside the cases.
double divergence_memory(dbn::Index visible, dbn::Index hidden, dbn::Index batch, dbn::Index cases);
