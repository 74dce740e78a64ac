#include <dbn/pretrain/unroll.hpp>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/random.hpp>
#include <dbn/nn/initializer.hpp>

namespace dbn {
namespace {

// Weights (hidden x visible) and bias of the way down, with the activation that makes means of its total inputs.
DenseLayer decoder_layer(const StackLayer& layer) {
  if (const auto* rbm = std::get_if<Rbm>(&layer)) {
    if (rbm->visible->activation().empty())
      throw InvalidArgument(fmt::format(
          "autoencoder: expected visible units that a layer of a net computes, found {} ones", rbm->visible->name()));
    return {rbm->weights.transpose(), rbm->visible_bias, &activation(rbm->visible->activation())};
  }
  const auto& one = std::get<Autoencoder>(layer);
  return {one.tied() ? Matrix(one.weights.transpose()) : one.decoder_weights, one.decoder_bias,
          &activation(one.loss == ReconstructionLoss::cross_entropy ? "sigmoid" : "linear")};
}

}  // namespace

std::vector<DenseLayer> encoder_layers(const Stack& stack) {
  stack.check();
  std::vector<DenseLayer> layers;
  for (const auto& layer : stack.layers)
    layers.push_back({encoder_weights(layer), encoder_bias(layer), &encoder_activation(layer)});
  return layers;
}

Mlp unroll(const Stack& stack, Index outputs, std::uint64_t seed) {
  return with_output_layer(encoder_layers(stack), outputs, seed);
}

Mlp with_output_layer(std::vector<DenseLayer> hidden, Index outputs, std::uint64_t seed) {
  if (outputs < 1) throw InvalidArgument(fmt::format("unroll: expected at least one output, found {}", outputs));
  constexpr double kOutputDeviation = 0.01;
  DenseLayer output{Matrix(hidden.back().fan_out(), outputs), Vector::Zero(outputs), &activation("linear")};
  fill_normal(Stream(seed, Purpose::initial_weights, static_cast<std::uint32_t>(hidden.size())), kOutputDeviation,
              output.weights);
  hidden.push_back(std::move(output));
  return {std::move(hidden)};
}

Mlp unroll_autoencoder(const Stack& stack) {
  reconstruction_loss_of(stack);
  std::vector<DenseLayer> layers = encoder_layers(stack);
  for (auto layer = stack.layers.rbegin(); layer != stack.layers.rend(); ++layer)
    layers.push_back(decoder_layer(*layer));
  layers.back().activation = &activation("linear");
  return {std::move(layers)};
}

std::string reconstruction_loss_of(const Stack& stack) {
  stack.check();
  const std::string data = decoder_layer(stack.layers.front()).activation->name;
  if (data == "sigmoid") return "binary-cross-entropy";
  if (data == "linear") return "squared-error";
  throw InvalidArgument(
      fmt::format("autoencoder: expected data of bernoulli or gaussian units, which a loss gives back, found {} ones",
                  std::get<Rbm>(stack.layers.front()).visible->name()));
}

}  // namespace dbn
