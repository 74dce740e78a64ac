#include <dbn/pretrain/stack.hpp>

#include <limits>

#include <fmt/format.h>

#include <dbn/core/error.hpp>

namespace dbn {

Index visible_count(const StackLayer& layer) {
  return std::visit([](const auto& model) { return model.visible_count(); }, layer);
}

Index hidden_count(const StackLayer& layer) {
  return std::visit([](const auto& model) { return model.hidden_count(); }, layer);
}

Matrix encoder_weights(const StackLayer& layer) {
  if (const auto* rbm = std::get_if<Rbm>(&layer)) return rbm->statistics(rbm->weights);
  return std::get<Autoencoder>(layer).weights;
}

const Vector& encoder_bias(const StackLayer& layer) {
  return std::visit([](const auto& model) -> const Vector& { return model.hidden_bias; }, layer);
}

const Activation& encoder_activation(const StackLayer& layer) {
  if (const auto* rbm = std::get_if<Rbm>(&layer)) {
    if (rbm->hidden->activation().empty() || rbm->visible->replicated())
      throw InvalidArgument(fmt::format("stack: expected a layer that a net can compute, found {} units over {} ones",
                                        rbm->hidden->name(), rbm->visible->name()));
    return activation(rbm->hidden->activation());
  }
  return *std::get<Autoencoder>(layer).code;
}

TensorList tensors(StackLayer& layer) {
  return std::visit([](auto& model) { return model.tensors(); }, layer);
}

void encode_into(const StackLayer& layer, const ConstMatrixRef& visible, MatrixRef codes) {
  if (const auto* rbm = std::get_if<Rbm>(&layer))
    rbm->encode_into(visible, codes);
  else
    std::get<Autoencoder>(layer).encode_into(visible, codes);
}

Matrix encode(const StackLayer& layer, const ConstMatrixRef& visible) {
  Matrix codes(hidden_count(layer), visible.cols());
  encode_into(layer, visible, codes);
  return codes;
}

Matrix decode(const StackLayer& layer, const ConstMatrixRef& codes, const Matrix* data) {
  Matrix visible(visible_count(layer), codes.cols());
  const auto* rbm = std::get_if<Rbm>(&layer);
  if (rbm == nullptr) {
    std::get<Autoencoder>(layer).decode_into(codes, visible);
    return visible;
  }
  const Vector counts = data != nullptr ? rbm->counts_of(*data) : Vector();
  rbm->visible_mean_into(codes, visible, kNoEpilogue, counts.size() > 0 ? &counts : nullptr);
  return visible;
}

ValueRange visible_range(const StackLayer& layer) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (const auto* rbm = std::get_if<Rbm>(&layer)) return rbm->visible->range();
  const bool probabilities = std::get<Autoencoder>(layer).loss == ReconstructionLoss::cross_entropy;
  return probabilities ? ValueRange{0, 1} : ValueRange{-kInfinity, kInfinity};
}

Matrix reconstruct(const StackLayer& layer, const ConstMatrixRef& visible) {
  if (const auto* rbm = std::get_if<Rbm>(&layer)) return rbm->reconstruct(visible);
  return decode(layer, encode(layer, visible));
}

std::vector<Index> Stack::sizes() const {
  std::vector<Index> sizes{feature_count()};
  for (const auto& layer : layers) sizes.push_back(hidden_count(layer));
  return sizes;
}

void Stack::check() const {
  if (layers.empty()) throw InvalidArgument("stack: expected at least one layer, found none");
  for (std::size_t i = 1; i < layers.size(); ++i)
    if (visible_count(layers[i]) != hidden_count(layers[i - 1]))
      throw InvalidArgument(fmt::format("stack: layer {} expects {} inputs, layer {} gives {}", i,
                                        visible_count(layers[i]), i - 1, hidden_count(layers[i - 1])));
}

}  // namespace dbn
