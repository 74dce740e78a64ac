#include <dbn/nn/deep_autoencoder.hpp>

#include <fmt/format.h>

#include <dbn/core/error.hpp>

namespace dbn {

std::vector<Index> mirrored(const std::vector<Index>& encoder_sizes) {
  if (encoder_sizes.size() < 2)
    throw InvalidArgument("autoencoder: expected at least a number of features and of codes");
  std::vector<Index> sizes = encoder_sizes;
  sizes.insert(sizes.end(), encoder_sizes.rbegin() + 1, encoder_sizes.rend());
  return sizes;
}

Mlp make_deep_autoencoder(const std::vector<Index>& encoder_sizes, const std::string& activation_name,
                          const std::string& code_activation, const std::string& initializer, std::uint64_t seed,
                          const InitializerOptions& options) {
  const Activation& code = activation(code_activation);
  Mlp net = make_mlp(mirrored(encoder_sizes), activation_name, initializer, seed, options);
  net.layers[encoder_sizes.size() - 2].activation = &code;
  return net;
}

std::vector<DenseLayer> encoder_of(const Mlp& autoencoder) {
  const std::size_t layers = autoencoder.layers.size();
  if (layers == 0 || layers % 2 != 0)
    throw InvalidArgument(
        fmt::format("autoencoder: expected as many layers above the codes as below, found {} in all", layers));
  return {autoencoder.layers.begin(), autoencoder.layers.begin() + static_cast<std::ptrdiff_t>(layers / 2)};
}

}  // namespace dbn
