#pragma once
// From a stack to a net: what pretraining is for.

#include <cstdint>

#include <dbn/nn/mlp.hpp>
#include <dbn/pretrain/stack.hpp>

namespace dbn {

/// A net whose hidden layers are the stack's encoders and whose output layer, linear, gets a small random start:
/// standard deviation 0.01, biases 0, drawn from the stream that make_mlp would use. Throws InvalidArgument for a stack
/// that does not fit together or fewer than one output.
Mlp unroll(const Stack& stack, Index outputs, std::uint64_t seed);

}  // namespace dbn
