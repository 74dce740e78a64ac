#pragma once
// Exact likelihood of small RBMs by summing over every state of one binary layer.

#include <dbn/core/tensor.hpp>
#include <dbn/core/types.hpp>
#include <dbn/rbm/rbm.hpp>

namespace dbn {

/// log Z in nats, by enumeration of the smaller layer that is binary. Throws InvalidArgument when that has more than 25
/// units, or when neither layer is binary.
double exact_log_partition(const Rbm& rbm);

/// Mean of log p(v) = -F(v) - log Z over the cases, nats.
double exact_log_likelihood(const Rbm& rbm, const ConstMatrixRef& cases);

/// The gradient of -exact_log_likelihood with respect to Rbm::tensors(). The visible layer must be binary with at most
/// 20 units; throws InvalidArgument otherwise.
void exact_gradient(const Rbm& rbm, const ConstMatrixRef& cases, GradientSink sink);

}  // namespace dbn
