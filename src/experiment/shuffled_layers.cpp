#include "shuffled_layers.hpp"

#include <dbn/core/random.hpp>

namespace dbn::detail {
namespace {

void shuffle(const Stream& stream, std::uint32_t round, std::span<Scalar> values) {
  const auto order = permutation(stream, round, std::ssize(values));
  const std::vector<Scalar> before(values.begin(), values.end());
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = before[static_cast<std::size_t>(order[i])];
}

}  // namespace

void shuffle_layers(std::span<DenseLayer> layers, std::uint64_t seed) {
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const Stream stream(seed, Purpose::shuffled_weights, static_cast<std::uint32_t>(i));
    auto& [weights, bias, activation] = layers[i];
    shuffle(stream, 0, {weights.data(), static_cast<std::size_t>(weights.size())});
    shuffle(stream, 1, {bias.data(), static_cast<std::size_t>(bias.size())});
  }
}

}  // namespace dbn::detail
