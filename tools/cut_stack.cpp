#include "cut_stack.hpp"

#include <iterator>
#include <utility>

#include <fmt/format.h>

#include <dbn/core/error.hpp>

using namespace dbn;

const Rbm& CutStack::rbm(const std::string& path, const std::string& what) const {
  if (const auto* found = std::get_if<Rbm>(&layer)) return *found;
  throw DataError(fmt::format("{}: expected an RBM as layer {} for {}, found an autoencoder; see --layer", path,
                              below.layers.size() + 1, what));
}

std::vector<Index> CutStack::sizes() const {
  std::vector<Index> sizes{visible_count(first())};
  for (const StackLayer& lower : below.layers) sizes.push_back(hidden_count(lower));
  sizes.push_back(hidden_count(layer));
  return sizes;
}

Matrix CutStack::up(Matrix data) const {
  for (const StackLayer& lower : below.layers) data = encode(lower, data);
  return data;
}

Matrix CutStack::down(Matrix codes, const Matrix* data) const {
  for (std::size_t i = below.layers.size(); i-- > 0;) codes = decode(below.layers[i], codes, i == 0 ? data : nullptr);
  return codes;
}

CutStack cut_stack(Stack stack, Index layer) {
  auto& layers = stack.layers;
  if (layer < 1 || layer > std::ssize(layers))
    throw InvalidArgument(
        fmt::format("--layer: expected 1 to {}, as the stack has layers, found {}", layers.size(), layer));
  const auto at = layers.begin() + (layer - 1);
  return {.below = {{std::make_move_iterator(layers.begin()), std::make_move_iterator(at)}}, .layer = std::move(*at)};
}
