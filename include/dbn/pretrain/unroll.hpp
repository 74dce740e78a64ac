#pragma once
// From a stack to a net: what pretraining is for.

#include <cstdint>
#include <string>
#include <vector>

#include <dbn/nn/mlp.hpp>
#include <dbn/pretrain/stack.hpp>

namespace dbn {

/// A net whose hidden layers are the stack's encoders and whose output layer, linear, gets a small random start:
/// standard deviation 0.01, biases 0, drawn from the stream that make_mlp would use. Throws InvalidArgument for a stack
/// that does not fit together or fewer than one output.
Mlp unroll(const Stack& stack, Index outputs, std::uint64_t seed);

/// The layers of that net below its output layer.
std::vector<DenseLayer> encoder_layers(const Stack& stack);

/// That net over any hidden layers, of which there is at least one.
Mlp with_output_layer(std::vector<DenseLayer> hidden, Index outputs, std::uint64_t seed);

/// A deep autoencoder: the stack's encoders and, above them, its decoders from the top down, with weights of their own
/// that start as the stack's [Hinton & Salakhutdinov 2006]. Hidden layers of the decoder have the activation of the
/// units that they stand for; the last one is linear, for reconstruction_loss_of() to turn into data. Throws
/// InvalidArgument for a stack that does not fit together or whose units no layer of a net computes.
Mlp unroll_autoencoder(const Stack& stack);

/// Row of losses() under which the deep autoencoder of a stack gives back data as its lowest layer does:
/// binary-cross-entropy for binary units and cross-entropy, squared-error for others.
std::string reconstruction_loss_of(const Stack& stack);

}  // namespace dbn
