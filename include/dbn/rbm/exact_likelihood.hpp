#pragma once
// Exact likelihood of small RBMs by summing over every state of one layer; the other one is summed, or integrated, by
// its log-partition.

#include <dbn/core/tensor.hpp>
#include <dbn/core/types.hpp>
#include <dbn/rbm/rbm.hpp>

namespace dbn {

/// Up to this many states are summed over: 25 binary units.
inline constexpr double kMostExactStates = 0x1p25;
/// States that a gradient may be summed over.
inline constexpr double kMostStatesForGradient = 0x1p20;

/// States of the smaller layer that can be enumerated; infinity when neither can. Hidden units that are not exact() can
/// be summed out but not over: with them the model is p(v) ~ e^{-F(v)} by definition, over visible states that can be
/// enumerated. Of replicated visible units Z depends on how long a document is: infinity.
double exact_state_count(const Rbm& rbm);

/// log Z in nats. Throws InvalidArgument when exact_state_count() is more than kMostExactStates.
double exact_log_partition(const Rbm& rbm);

/// Mean of log p(v) = -F(v) - log Z over the cases, nats. Throws InvalidArgument as exact_log_partition() does, and
/// without cases.
double exact_log_likelihood(const Rbm& rbm, const ConstMatrixRef& cases);

/// The gradient of -exact_log_likelihood with respect to Rbm::tensors(), 0 for variances that are not learned. Throws
/// InvalidArgument when the layer summed over has more than 2^20 states, and without cases.
void exact_gradient(const Rbm& rbm, const ConstMatrixRef& cases, GradientSink sink);

/// -log of the sum, or integral, of e^{-E(v, h)} over visible states v, for each column h, nats: the free energy seen
/// from the hidden layer. Throws InvalidArgument for hidden units without an energy, for replicated visible units, and
/// when shapes do not fit.
Eigen::VectorXd hidden_free_energy(const Rbm& rbm, const ConstMatrixRef& hidden_states);

}  // namespace dbn
