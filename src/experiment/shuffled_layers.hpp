#pragma once
// A control of pretraining: layers that keep their numbers and lose their structure.

#include <cstdint>
#include <span>

#include <dbn/nn/mlp.hpp>

namespace dbn::detail {

/// Permutes the weights of each layer among themselves, and its biases too: the histograms stay. Layer i draws from
/// the stream of layer i.
void shuffle_layers(std::span<DenseLayer> layers, std::uint64_t seed);

}  // namespace dbn::detail
