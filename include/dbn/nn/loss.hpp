#pragma once
// What training minimises.

#include <span>

#include <dbn/core/types.hpp>

namespace dbn {

/// Softmax cross-entropy: returns the sum over cases of -log p(label) in nats, and turns `scores` (classes x cases)
/// into its gradient, p - onehot. Shapes must agree; every label must be a class.
double softmax_cross_entropy(MatrixRef scores, std::span<const int> labels);

}  // namespace dbn
