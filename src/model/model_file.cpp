#include <dbn/model/model_file.hpp>

#include <set>
#include <utility>

#include <fmt/format.h>

#include <dbn/core/error.hpp>

#include "tensor_file.hpp"

namespace dbn {
namespace {

using detail::Json;

// As in Mlp::tensors().
std::string linear_key(std::size_t layer, const char* tensor) { return fmt::format("{}.{}", 2 * layer, tensor); }

Json history_json(const std::vector<FinetuneEpoch>& history) {
  Json epochs = Json::array();
  for (const auto& e : history)
    epochs.push_back({{"train_loss", e.train_loss},
                      {"validation_error", e.validation_error ? Json(*e.validation_error) : Json()},
                      {"learning_rate", e.learning_rate}});
  return epochs;
}

std::vector<FinetuneEpoch> history_from(const Json& json, const std::string& path) {
  std::vector<FinetuneEpoch> history;
  for (const auto& e : detail::list_of("epochs", json, path)) {
    FinetuneEpoch record{.epoch = static_cast<Index>(history.size()) + 1};
    record.train_loss = detail::field<double>(e, "train_loss", path);
    if (!detail::field<Json>(e, "validation_error", path).is_null())
      record.validation_error = detail::field<double>(e, "validation_error", path);
    record.learning_rate = detail::field<double>(e, "learning_rate", path);
    history.push_back(record);
  }
  return history;
}

Mlp read_net(detail::TensorReader& reader, const std::vector<std::string>& activations) {
  Mlp net;
  for (std::size_t i = 0; i < activations.size(); ++i) {
    DenseLayer layer{reader.matrix(linear_key(i, "weight")), reader.vector(linear_key(i, "bias")),
                     &activation(activations[i])};
    if (layer.bias.size() != layer.fan_out())
      detail::refuse(reader.path(), fmt::format("{}: expected {} entries, found {}", linear_key(i, "bias"),
                                                layer.fan_out(), layer.bias.size()));
    if (i > 0 && layer.fan_in() != net.layers.back().fan_out())
      detail::refuse(reader.path(), fmt::format("{}: expected {} inputs, as the layer below has outputs, found {}",
                                                linear_key(i, "weight"), net.layers.back().fan_out(), layer.fan_in()));
    net.layers.push_back(std::move(layer));
  }
  return net;
}

std::vector<std::string> output_names(const Json& config, const ModelFile& file, const std::string& path) {
  const Outputs outputs = task(file.task).outputs;
  if (outputs == Outputs::inputs) {
    if (file.net.layers.size() % 2 != 0 || file.net.output_count() != file.net.feature_count())
      detail::refuse(path, fmt::format("config: expected an autoencoder with as many layers above its codes as below "
                                       "and an output for each feature, found {} layers from {} features to {} outputs",
                                       file.net.layers.size(), file.net.feature_count(), file.net.output_count()));
    return {};
  }
  const char* key = outputs_name(outputs);
  const auto names = detail::field<std::vector<std::string>>(config, key, path);
  if (std::set<std::string>(names.begin(), names.end()).size() != names.size())
    detail::refuse(path, fmt::format("config: {}: one is named twice", key));
  if (static_cast<Index>(names.size()) != file.net.output_count())
    detail::refuse(path,
                   fmt::format("config: {}: expected {} names, found {}", key, file.net.output_count(), names.size()));
  return names;
}

}  // namespace

void save_model(const ModelFile& file, const std::string& path) {
  std::vector<TensorView> tensors;
  std::vector<std::string> names;
  Mlp net = file.net;
  for (const auto& layer : net.layers) names.push_back(layer.activation->name);
  for (const auto& tensor : net.tensors())
    tensors.push_back(detail::view_of(tensor.name, tensor.values, !is_weight(tensor)));
  Json config{{"task", file.task},    {"loss", file.loss},
              {"activations", names}, {"preprocessing", detail::preprocessing_json(file.preprocessing)},
              {"seed", file.seed},    {"start", file.start}};
  const Outputs outputs = task(file.task).outputs;
  if (outputs != Outputs::inputs) config[outputs_name(outputs)] = file.outputs;
  write_safetensors(path, tensors,
                    detail::metadata("dbn-model", {{"config", config}, {"history", history_json(file.history)}}));
}

ModelFile load_model(const std::string& path) { return load_model(decode_safetensors(read_file(path), path), path); }

ModelFile load_model(SafetensorsFile contents, const std::string& path) {
  auto reader = detail::open_tensor_file(std::move(contents), path, "dbn-model");
  const Json config = reader.metadata("config");
  ModelFile file;
  const auto names = detail::field<std::vector<std::string>>(config, "activations", path);
  if (names.empty() || names.back() != "linear")
    detail::refuse(path, "config: expected activations that end in linear");
  try {
    file.task = task(detail::field<std::string>(config, "task", path)).name;
    file.loss = task_loss(task(file.task), detail::field<std::string>(config, "loss", path)).name;
    file.net = read_net(reader, names);
  } catch (const InvalidArgument& error) {
    detail::refuse(path, error.what());
  }
  reader.finish();
  file.outputs = output_names(config, file, path);
  file.preprocessing = detail::preprocessing_from(config, file.net.feature_count(), path);
  file.seed = detail::field<std::uint64_t>(config, "seed", path);
  file.start = detail::field<std::string>(config, "start", path);
  file.history = history_from(reader.metadata("history"), path);
  return file;
}

std::string file_kind(const std::string& path) {
  return file_kind(SafetensorsFile{.tensors = {}, .metadata = read_safetensors_metadata(path)});
}

std::string file_kind(const SafetensorsFile& contents) {
  const auto format = contents.metadata.find("format");
  return format == contents.metadata.end() ? "" : format->second;
}

// The file's contents as a value, and their copy whose tensors are viewed and written from where they lie.
double saving_memory(double tensors) {
  constexpr double kCopies = 2;
  return kCopies * tensors;
}

}  // namespace dbn
