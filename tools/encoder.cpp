#include "encoder.hpp"

#include <utility>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/random.hpp>
#include <dbn/nn/task.hpp>

#include "cut_stack.hpp"

using namespace dbn;

namespace {

// A batch is an update of the stream of its own.
Matrix hidden_states(const Rbm& rbm, const Matrix& visible, const Stream& stream, Index first) {
  const Vector counts = rbm.counts_of(visible);
  Matrix states(rbm.hidden_count(), visible.cols());
  rbm.hidden_mean_and_states_into(rbm.statistics(visible), stream, static_cast<std::uint32_t>(first / kCaseBatch),
                                  states, states, kNoEpilogue, counts.size() > 0 ? &counts : nullptr);
  return states;
}

CaseMap stack_encoder(Stack stack, const std::string& path, const EncoderChoice& choice) {
  const Index layer = choice.layer.value_or(std::ssize(stack.layers));
  CutStack cut = cut_stack(std::move(stack), layer);
  CaseMap map{.layer = layer, .sizes = cut.sizes(), .apply = {}};
  if (!choice.states_by) {
    map.apply = [cut = std::move(cut)](const Matrix& data, Index) { return encode(cut.layer, cut.up(data)); };
    return map;
  }
  cut.rbm(path, "--sample");
  const Stream stream(*choice.states_by, Purpose::code_states, static_cast<std::uint32_t>(layer - 1));
  map.apply = [cut = std::move(cut), stream](const Matrix& data, Index first) {
    return hidden_states(std::get<Rbm>(cut.layer), cut.up(data), stream, first);
  };
  return map;
}

CaseMap model_encoder(ModelFile model, const std::string& path, const EncoderChoice& choice) {
  auto& layers = model.net.layers;
  const Index hidden = std::ssize(layers) - 1;
  if (choice.states_by)
    throw InvalidArgument(fmt::format(
        "--sample: the units of a net have no states to draw, and {} is a model; leave it out, or encode by a stack",
        path));
  if (hidden == 0) throw DataError(fmt::format("{}: expected hidden layers, which give codes, found none", path));
  const bool autoencoder = task(model.task).outputs == Outputs::inputs;
  const Index layer = choice.layer.value_or(autoencoder ? std::ssize(layers) / 2 : hidden);
  if (layer < 1 || layer > hidden)
    throw InvalidArgument(
        fmt::format("--layer: expected 1 to {}, as the model has hidden layers, found {}", hidden, layer));
  layers.erase(layers.begin() + layer, layers.end());
  CaseMap map{.layer = layer, .sizes = sizes_of(model.net), .apply = {}};
  map.apply = [layers = std::move(layers)](const Matrix& data, Index) { return pass_through(layers, data); };
  return map;
}

}  // namespace

CaseMap make_encoder(TrainedFile file, const std::string& path, const EncoderChoice& choice) {
  if (auto* stack = std::get_if<StackFile>(&file)) return stack_encoder(std::move(stack->stack), path, choice);
  return model_encoder(std::move(std::get<ModelFile>(file)), path, choice);
}
