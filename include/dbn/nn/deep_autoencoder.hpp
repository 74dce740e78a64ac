#pragma once
// Nets that learn their own inputs through a narrow middle [Hinton & Salakhutdinov 2006]: an encoder and, above it, its
// mirror image. The layer in the middle gives the codes; the last one is linear, as in every net.

#include <cstdint>
#include <string>
#include <vector>

#include <dbn/core/types.hpp>
#include <dbn/nn/initializer.hpp>
#include <dbn/nn/mlp.hpp>

namespace dbn {

/// Sizes of a deep autoencoder whose encoder has these (features, hidden..., codes): 784, 500, 30 become 784, 500, 30,
/// 500, 784.
std::vector<Index> mirrored(const std::vector<Index>& encoder_sizes);

/// A deep autoencoder from an initializer, as make_mlp() does it, whose codes have an activation of their own.
/// `encoder_sizes` are features, hidden layers, codes. Throws as make_mlp().
Mlp make_deep_autoencoder(const std::vector<Index>& encoder_sizes, const std::string& activation,
                          const std::string& code_activation, const std::string& initializer, std::uint64_t seed,
                          const InitializerOptions& options = {});

/// The encoder of a deep autoencoder: the lower half of its layers. Throws InvalidArgument for an odd number of them.
std::vector<DenseLayer> encoder_of(const Mlp& autoencoder);

}  // namespace dbn
