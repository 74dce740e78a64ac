// dbn inspect: what a stack, model or checkpoint file holds.

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <dbn/core/error.hpp>
#include <dbn/model/checkpoint_file.hpp>
#include <dbn/model/model_file.hpp>
#include <dbn/model/stack_file.hpp>

#include "command_line.hpp"
#include "commands.hpp"
#include "output.hpp"

using namespace dbn;
using nlohmann::json;

namespace {

json tensor_json(const NamedTensor& tensor, const std::string& name) {
  const auto& v = tensor.values;
  const double rms = std::sqrt(v.cast<double>().squaredNorm() / static_cast<double>(v.size()));
  return {{"name", name},
          {"rows", v.rows()},
          {"cols", v.cols()},
          {"rms", rms},
          {"largest", static_cast<double>(v.cwiseAbs().maxCoeff())}};
}

json describe(StackFile file) {
  json layers = json::array();
  json tensor_list = json::array();
  for (std::size_t i = 0; i < file.stack.layers.size(); ++i) {
    StackLayer& layer = file.stack.layers[i];
    json description{{"visible", visible_count(layer)}, {"hidden", hidden_count(layer)}};
    if (const auto* rbm = std::get_if<Rbm>(&layer))
      description.update(
          {{"kind", "rbm"}, {"visible_units", rbm->visible->name()}, {"hidden_units", rbm->hidden->name()}});
    else
      description.update({{"kind", "autoencoder"}, {"activation", encoder_activation(layer).name}});
    if (i < file.history.size() && !file.history[i].empty())
      description.update(
          {{"epochs", file.history[i].size()}, {"reconstruction_error", file.history[i].back().reconstruction_error}});
    layers.push_back(description);
    for (const auto& tensor : tensors(layer))
      tensor_list.push_back(tensor_json(tensor, fmt::format("layers.{}.{}", i, tensor.name)));
  }
  return {{"format", "dbn-stack"}, {"sizes", file.stack.sizes()},
          {"seed", file.seed},     {"scale", file.preprocessing.scale},
          {"layers", layers},      {"tensors", tensor_list}};
}

json describe(ModelFile file) {
  json sizes = json::array({file.net.feature_count()});
  json activations = json::array();
  for (const auto& layer : file.net.layers) {
    sizes.push_back(layer.fan_out());
    activations.push_back(layer.activation->name);
  }
  json tensor_list = json::array();
  for (const auto& tensor : file.net.tensors()) tensor_list.push_back(tensor_json(tensor, tensor.name));
  return {{"format", "dbn-model"},
          {"sizes", sizes},
          {"seed", file.seed},
          {"scale", file.preprocessing.scale},
          {"start", file.start},
          {"activations", activations},
          {"task", file.task},
          {"loss", file.loss},
          {task(file.task).numeric ? "targets" : "classes", file.outputs},
          {"epochs", file.history.size()},
          {"train_loss", file.history.empty() ? json() : json(file.history.back().train_loss)},
          {"tensors", tensor_list}};
}

json describe(Checkpoint file) {
  const RunPosition& p = file.run.position;
  json tensor_list = json::array();
  for (auto& [name, values] : file.run.tensors) tensor_list.push_back(tensor_json(named(name, values), name));
  return {{"format", "dbn-checkpoint"},
          {"position", {{"stage", p.stage}, {"layer", p.layer}, {"epoch", p.epoch}, {"update", p.update}}},
          {"config", file.identity},
          {"numbers", file.run.numbers},
          {"tensors", tensor_list}};
}

std::string tensor_table(const json& tensors) {
  std::string text = fmt::format("{:<28} {:>14} {:>12} {:>12}\n", "tensor", "shape", "rms", "largest");
  for (const auto& t : tensors)
    text += fmt::format("{:<28} {:>14} {:>12.5g} {:>12.5g}\n", t["name"].get<std::string>(),
                        fmt::format("{} x {}", t["rows"].dump(), t["cols"].dump()), t["rms"].get<double>(),
                        t["largest"].get<double>());
  return text;
}

std::string checkpoint_text(const json& d) {
  const json& p = d["position"];
  std::string text =
      fmt::format("format   dbn-checkpoint\nstands   {}, layer {}, epoch {}, update {}\n",
                  p["stage"].get<std::string>(), p["layer"].dump(), p["epoch"].dump(), p["update"].dump());
  for (const auto& [name, value] : d["config"].items()) text += fmt::format("{}: {}\n", name, value.get<std::string>());
  return text + tensor_table(d["tensors"]);
}

std::string as_text(const json& d) {
  if (d.contains("position")) return checkpoint_text(d);
  std::string text = fmt::format("format   {}\nsizes    {}\nscale    {}\nseed     {}\n", d["format"].get<std::string>(),
                                 d["sizes"].dump(), d["scale"].get<std::string>(), d["seed"].dump());
  for (const char* key : {"start", "activations", "task", "loss", "classes", "targets", "epochs", "train_loss"})
    if (d.contains(key)) text += fmt::format("{:<8} {}\n", key, d[key].dump());
  if (d.contains("layers"))
    for (const auto& layer : d["layers"]) text += fmt::format("layer    {}\n", layer.dump());
  return text + tensor_table(d["tensors"]);
}

}  // namespace

void run_inspect(std::span<const std::string> arguments) {
  CommandLine line(
      "inspect", "Architecture, tensors with their sizes and norms, and history of a stack, model or checkpoint file.");
  std::string path;
  bool verify = false;
  line.add_argument("FILE", &path, "stack, model or checkpoint file");
  line.add({{.name = "verify", .value = &verify, .help = "only check the file; every check is made in any case"}});
  if (!line.parse(arguments)) return;

  const std::string kind = file_kind(path);
  if (kind != "dbn-stack" && kind != "dbn-model" && kind != "dbn-checkpoint")
    throw DataError(fmt::format("{}: expected a dbn-stack, dbn-model or dbn-checkpoint, found {}", path,
                                kind.empty() ? "another safetensors file" : kind));
  json description = kind == "dbn-stack"   ? describe(load_stack(path))
                     : kind == "dbn-model" ? describe(load_model(path))
                                           : describe(load_checkpoint(path));
  if (verify) description = {{"format", kind}, {"verified", true}};
  if (line.global.json) return print_json(description);
  print(verify ? fmt::format("{}: sound {} file\n", path, kind) : as_text(description));
}
