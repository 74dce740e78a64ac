// dbn inspect: what a stack, model or checkpoint file holds.

#include <algorithm>
#include <numeric>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <dbn/core/error.hpp>
#include <dbn/io/image_grid.hpp>
#include <dbn/io/json.hpp>
#include <dbn/io/png.hpp>
#include <dbn/model/checkpoint_file.hpp>
#include <dbn/model/model_file.hpp>
#include <dbn/model/stack_file.hpp>
#include <dbn/pretrain/doctor.hpp>

#include "cases.hpp"
#include "command_line.hpp"
#include "commands.hpp"
#include "doctor_report.hpp"
#include "output.hpp"
#include "pictures.hpp"

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

// What the features are made of; null where each is a number.
json columns_json(const Schema& schema) {
  json columns;
  for (const auto& column : schema.columns)
    columns.push_back({{"name", column.name}, {"categories", column.categories}});
  return columns;
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
  return {{"format", "dbn-stack"},
          {"sizes", file.stack.sizes()},
          {"columns", columns_json(file.preprocessing.schema)},
          {"seed", file.seed},
          {"scale", file.preprocessing.scale},
          {"binarize", file.preprocessing.binarization.text()},
          {"layers", layers},
          {"tensors", tensor_list}};
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
  const Outputs outputs = task(file.task).outputs;
  return {{"format", "dbn-model"},
          {"sizes", sizes},
          {"columns", columns_json(file.preprocessing.schema)},
          {"seed", file.seed},
          {"scale", file.preprocessing.scale},
          {"binarize", file.preprocessing.binarization.text()},
          {"start", file.start},
          {"activations", activations},
          {"task", file.task},
          {"loss", file.loss},
          {outputs_name(outputs), outputs == Outputs::inputs ? json(file.net.feature_count()) : json(file.outputs)},
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
  for (const auto& column : d["columns"])
    text += fmt::format("column   {}\n", column["categories"].empty()
                                             ? column["name"].dump() + " a number"
                                             : column["name"].dump() + " " + column["categories"].dump());
  for (const char* key : {"start", "activations", "task", "loss", "classes", "targets", "epochs", "train_loss"})
    if (d.contains(key)) text += fmt::format("{:<8} {}\n", key, d[key].dump());
  if (d.contains("layers"))
    for (const auto& layer : d["layers"]) text += fmt::format("layer    {}\n", layer.dump());
  return text + tensor_table(d["tensors"]);
}

constexpr Index kMostFilters = 400;

/// --filters and what belongs to it.
struct FilterOptions {
  std::string path;
  Index width = 0;

  OptionFields fields() {
    return {
        {.name = "filters",
         .value = &path,
         .help = fmt::format("write the first layer's weights to this .png file: what each hidden unit looks for, 0 "
                             "grey and its largest weight white or black; the {} units with the largest norms, the "
                             "largest first",
                             kMostFilters),
         .unset = "none"},
        width_field(&width),
    };
  }
};

// Columns of `weights`, those with the largest norms first.
Matrix strongest(const Matrix& weights) {
  const Vector norms = weights.colwise().norm();
  std::vector<Index> order(static_cast<std::size_t>(weights.cols()));
  std::iota(order.begin(), order.end(), Index{0});
  std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) { return norms[a] > norms[b]; });
  order.resize(std::min(order.size(), static_cast<std::size_t>(kMostFilters)));
  return weights(Eigen::all, order);
}

void write_filters(const FilterOptions& options, const Matrix& weights) {
  write_png(options.path, image_grid(strongest(weights), image_shape(weights.rows(), options.width),
                                     {.symmetric = true, .least = 0, .most = 1}));
}

void check_filters(const FilterOptions& options, const std::string& path, const std::string& kind,
                   const CommandLine& line) {
  if (!options.path.ends_with(".png"))
    throw InvalidArgument(fmt::format("--filters: expected a file that ends in .png, found '{}'", options.path));
  if (kind == "dbn-checkpoint")
    throw InvalidArgument(fmt::format("--filters: expected a stack or a model, found the checkpoint {}", path));
  check_output(options.path, {path}, line.global.force || line.global.dry_run);
}

// What the doctor finds in a stack: of its weights and history, and with data of what its units do on them.
std::vector<Finding> findings_of(const StackFile& file, const std::optional<DataOptions>& data) {
  if (!data) return examine(file.stack, nullptr, file.history);
  const PreparedCases cases = load_stack_cases(*data, file);
  return examine(file.stack, &cases, file.history);
}

/// A file in words, the weights of the first layer where it has layers (fan_in x fan_out), and a stack's findings.
struct Inspected {
  json description;
  Matrix first_weights = {};
  std::vector<Finding> findings = {};
};

Inspected read(const std::string& kind, const std::string& path, const std::optional<DataOptions>& data) {
  if (data && kind != "dbn-stack")
    throw InvalidArgument(fmt::format("--data: expected a stack to examine on cases, found the {} {}", kind, path));
  if (kind == "dbn-checkpoint") return {describe(load_checkpoint(path))};
  if (kind == "dbn-model") {
    ModelFile file = load_model(path);
    Matrix weights = file.net.layers.front().weights;
    return {describe(std::move(file)), std::move(weights)};
  }
  StackFile file = load_stack(path);
  Matrix weights = encoder_weights(file.stack.layers.front());
  auto findings = findings_of(file, data);
  json description = describe(std::move(file));
  description["findings"] = findings_json(findings);
  return {std::move(description), std::move(weights), std::move(findings)};
}

}  // namespace

void run_inspect(std::span<const std::string> arguments) {
  CommandLine line(
      "inspect", "Architecture, tensors with their sizes and norms, and history of a stack, model or checkpoint file.");
  std::string path;
  bool verify = false;
  line.add_argument("FILE", &path, "stack, model or checkpoint file");
  line.add({{.name = "verify", .value = &verify, .help = "only check the file; every check is made in any case"}});
  FilterOptions filters;
  line.add(filters.fields());
  DataOptions data;
  line.add(model_data_fields(data), "data");
  if (!line.parse(arguments)) return;

  const std::string kind = file_kind(path);
  if (kind != "dbn-stack" && kind != "dbn-model" && kind != "dbn-checkpoint")
    throw DataError(fmt::format("{}: expected a dbn-stack, dbn-model or dbn-checkpoint, found {}", path,
                                kind.empty() ? "another safetensors file" : quote_for_message(kind)));
  if (!filters.path.empty()) check_filters(filters, path, kind, line);
  const bool with_data = line.given("data") || line.given("test");
  auto [description, weights, findings] = read(kind, path, with_data ? std::optional(data) : std::nullopt);
  if (!filters.path.empty()) {
    image_shape(weights.rows(), filters.width);
    if (!line.global.dry_run) write_filters(filters, weights);
  }
  if (verify) description = {{"format", kind}, {"verified", true}};
  if (!filters.path.empty()) description["filters"] = filters.path;
  if (line.global.json) return print_json(description);
  print(verify ? fmt::format("{}: sound {} file\n", path, kind) : as_text(description) + findings_text(findings));
}
