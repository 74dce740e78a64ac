#pragma once
// How good a stack of RBMs is as one model, a deep belief net: a lower bound on its log p(v) [Hinton, Osindero & Teh
// 2006; Salakhutdinov & Murray 2008 §5].
//
// The net draws h from its top RBM and goes down through the lower ones, p(v, h) = p(v | h^1) p(h^1 | h^2) ... p_top.
// For any q, log p(v) >= E_q[log p(v, h) - log q(h | v)]; here q goes up through the RBMs' conditionals, each layer
// drawn from the draws below. The bound is tight where q is the posterior, as above an RBM whose mirror image is the
// next layer.

#include <cstdint>

#include <dbn/core/types.hpp>
#include <dbn/pretrain/stack.hpp>

namespace dbn {

struct VariationalBoundOptions {
  Index draws = 10;              ///< of q for each case; the estimate is without bias for any number
  std::uint64_t seed = 0;        ///< of these draws
  std::uint32_t first_case = 0;  ///< number of the first case, which tells the draws of batches apart
};

/// The mean of the bound over the cases (features x cases), nats, estimated by draws of q; exact -F(v) - log Z for one
/// RBM. `log_partition` is log Z of the top RBM. Throws InvalidArgument as check_belief_net() does, and when the cases
/// do not fit.
double variational_bound(const Stack& stack, const ConstMatrixRef& cases, double log_partition,
                         const VariationalBoundOptions& options = {});

/// Throws InvalidArgument, saying which layer, unless all are RBMs, units below the top are exact(), each layer's
/// hidden units are the visible units of the next, and the data are not counts.
void check_belief_net(const Stack& stack);

}  // namespace dbn
