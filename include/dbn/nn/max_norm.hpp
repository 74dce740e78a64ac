#pragma once
// A limit on the length of the vector of weights into each unit [Srebro & Shraibman 2005; Hinton et al. 2012].

#include <dbn/core/types.hpp>

namespace dbn {

/// Shortens each column of `weights` (fan_in x units) that is longer than `longest` to that length.
void limit_norms(MatrixRef weights, double longest);

}  // namespace dbn
