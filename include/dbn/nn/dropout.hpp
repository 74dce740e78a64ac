#pragma once
// Dropout [Srivastava et al. 2014]: in training each unit is left out by chance, and what stays is scaled up, so that
// the whole net serves afterwards as it is.

#include <cstdint>
#include <vector>

#include <dbn/core/types.hpp>

namespace dbn {

/// Which share of each layer's inputs is left out. A mask is a function of (seed, layer, update, case of the batch,
/// unit): the same however often a batch is evaluated within an update.
struct Dropout {
  std::vector<double> rates;  ///< in [0, 1), of each layer's inputs, the features first; empty: none
  std::uint64_t seed = 0;

  double rate(std::size_t layer) const { return layer < rates.size() ? rates[layer] : 0; }

  /// Fills `mask` (units first_unit... x cases; first_unit a multiple of 4) with 0 for what is left out and
  /// 1 / (1 - rate) for what stays.
  void mask_into(std::size_t layer, Index update, Index first_unit, MatrixRef mask) const;
};

}  // namespace dbn
