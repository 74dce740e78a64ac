#include <dbn/model/stack_file.hpp>

#include <utility>

#include <fmt/format.h>

#include <dbn/core/error.hpp>

#include "tensor_file.hpp"

namespace dbn {
namespace {

using detail::Json;

Json layer_config(const StackLayer& layer) {
  if (const auto* rbm = std::get_if<Rbm>(&layer))
    return {{"kind", "rbm"}, {"visible", rbm->visible->name()}, {"hidden", rbm->hidden->name()}};
  const auto& autoencoder = std::get<Autoencoder>(layer);
  return {{"kind", "autoencoder"},
          {"activation", autoencoder.code->name},
          {"loss", reconstruction_loss_names()[static_cast<std::size_t>(autoencoder.loss)]},
          {"tied", autoencoder.tied()}};
}

StackLayer read_layer(detail::TensorReader& reader, const Json& config, std::size_t i) {
  const auto text = [&](const char* key) { return detail::field<std::string>(config, key, reader.path()); };
  const auto name = [&](const char* tensor) { return fmt::format("layers.{}.{}", i, tensor); };
  if (text("kind") == "rbm") {
    Rbm rbm{unit_type(text("visible")), unit_type(text("hidden")), reader.matrix(name("weight")),
            reader.vector(name("visible_bias")), reader.vector(name("hidden_bias"))};
    if (rbm.visible->learns_variances()) rbm.visible_log_variance = reader.vector(name("visible_log_variance"));
    return rbm;
  }
  if (text("kind") != "autoencoder")
    detail::refuse(reader.path(), fmt::format("layer {}: unknown kind '{}'", i, text("kind")));
  Autoencoder model;
  model.weights = reader.matrix(name("weight"));
  model.hidden_bias = reader.vector(name("hidden_bias"));
  if (!detail::field<bool>(config, "tied", reader.path()))
    model.decoder_weights = reader.matrix(name("decoder_weight"));
  model.decoder_bias = reader.vector(name("decoder_bias"));
  model.code = &activation(text("activation"));
  model.loss = reconstruction_loss(text("loss"));
  return model;
}

// Shapes and units that belong together within a layer.
void check_layer(StackLayer& layer, std::size_t i, const std::string& path) {
  for (const auto& tensor : tensors(layer)) {
    const bool ends_visible = tensor.name.starts_with("visible_") || tensor.name == "decoder_bias";
    const Index expected = ends_visible || tensor.name == "weight" ? visible_count(layer) : hidden_count(layer);
    if (tensor.values.rows() != expected)
      detail::refuse(path, fmt::format("layers.{}.{}: expected {} entries, found {}", i, tensor.name, expected,
                                       tensor.values.rows()));
    if (tensor.name == "decoder_weight" && tensor.values.cols() != visible_count(layer))
      detail::refuse(path, fmt::format("layers.{}.decoder_weight: expected {} outputs, found {}", i,
                                       visible_count(layer), tensor.values.cols()));
  }
  if (const auto* rbm = std::get_if<Rbm>(&layer))
    check_units(*rbm->visible, *rbm->hidden, rbm->visible_count(), rbm->hidden_count());
}

Json history_json(const std::vector<std::vector<PretrainEpoch>>& history) {
  Json layers = Json::array();
  for (const auto& layer : history) {
    Json epochs = Json::array();
    for (const auto& e : layer)
      epochs.push_back({{"reconstruction_error", e.reconstruction_error},
                        {"free_energy_gap", e.free_energy_gap ? Json(*e.free_energy_gap) : Json()}});
    layers.push_back(epochs);
  }
  return layers;
}

std::vector<std::vector<PretrainEpoch>> history_from(const Json& json, const std::string& path) {
  std::vector<std::vector<PretrainEpoch>> history;
  for (const auto& layer : detail::list_of("layers", json, path)) {
    auto& epochs = history.emplace_back();
    for (const auto& e : detail::list_of("epochs", layer, path)) {
      PretrainEpoch record{.layer = static_cast<Index>(history.size()), .epoch = static_cast<Index>(epochs.size()) + 1};
      record.reconstruction_error = detail::field<double>(e, "reconstruction_error", path);
      if (!detail::field<Json>(e, "free_energy_gap", path).is_null())
        record.free_energy_gap = detail::field<double>(e, "free_energy_gap", path);
      epochs.push_back(record);
    }
  }
  return history;
}

}  // namespace

void save_stack(const StackFile& file, const std::string& path) {
  std::vector<TensorView> views;
  Json layers = Json::array();
  Stack stack = file.stack;
  for (std::size_t i = 0; i < stack.layers.size(); ++i) {
    layers.push_back(layer_config(stack.layers[i]));
    for (const auto& tensor : tensors(stack.layers[i]))
      views.push_back(detail::view_of(fmt::format("layers.{}.{}", i, tensor.name), tensor.values, !is_weight(tensor)));
  }
  const Json config{
      {"layers", layers}, {"preprocessing", detail::preprocessing_json(file.preprocessing)}, {"seed", file.seed}};
  write_safetensors(path, views,
                    detail::metadata("dbn-stack", {{"config", config}, {"history", history_json(file.history)}}));
}

StackFile load_stack(const std::string& path) { return load_stack(decode_safetensors(read_file(path), path), path); }

StackFile load_stack(SafetensorsFile contents, const std::string& path) {
  auto reader = detail::open_tensor_file(std::move(contents), path, "dbn-stack");
  const Json config = reader.metadata("config");
  const Json layers = detail::field<Json>(config, "layers", path);
  StackFile file;
  try {
    for (const auto& layer : detail::list_of("layers", layers, path)) {
      const std::size_t i = file.stack.layers.size();
      file.stack.layers.push_back(read_layer(reader, layer, i));
      check_layer(file.stack.layers.back(), i, path);
    }
    file.stack.check();
  } catch (const InvalidArgument& error) {
    detail::refuse(path, error.what());
  }
  reader.finish();
  file.preprocessing = detail::preprocessing_from(config, file.stack.feature_count(), path);
  file.seed = detail::field<std::uint64_t>(config, "seed", path);
  file.history = history_from(reader.metadata("history"), path);
  return file;
}

}  // namespace dbn
