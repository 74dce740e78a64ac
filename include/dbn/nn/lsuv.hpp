#pragma once
// Layer-sequential unit variance: a start that is fitted to data [Mishkin & Matas 2016, "All you need is a good init"].

#include <vector>

#include <dbn/data/case_source.hpp>
#include <dbn/nn/initializer.hpp>
#include <dbn/nn/mlp.hpp>

namespace dbn {

/// Scales the weights of each layer, from the first to the last, until the total inputs of the layer have variance 1
/// over units and cases of `batch` (features x cases). The weights should come orthonormal, as `lsuv` makes them.
/// Throws InvalidArgument when shapes do not fit, or when a layer's total inputs are all alike or not finite.
void lsuv(Mlp& net, const ConstMatrixRef& batch);

/// Up to `most` of `count` case numbers, evenly spaced, because files may be sorted by class.
std::vector<Index> spread_cases(Index count, Index most);

/// Finishes the start of a net on up to 256 cases, evenly spaced, where `start` needs data; else leaves it as it is.
/// Throws InvalidArgument as `lsuv` does.
void fit_start(Mlp& net, const Initializer& start, const CaseSource& cases);

}  // namespace dbn
