#include <dbn/model/foreign_net.hpp>

#include <charconv>
#include <cmath>
#include <map>
#include <string_view>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/io/file.hpp>
#include <dbn/io/json.hpp>
#include <dbn/io/npy_array.hpp>
#include <dbn/io/safetensors.hpp>
#include <dbn/io/zip_archive.hpp>

#include "tensor_file.hpp"

namespace dbn {
namespace {

constexpr const char* kExpected = "expected N.weight and N.bias of the Linear modules of a torch.nn.Sequential";

/// Which tensors a module has.
struct Module {
  bool weight = false;
  bool bias = false;
};

// In the order of their numbers, not of their names: 10 comes after 8.
std::map<std::uint32_t, Module> modules_of(const detail::TensorReader& reader) {
  std::map<std::uint32_t, Module> modules;
  for (const std::string& name : reader.names()) {
    std::uint32_t number = 0;
    const auto [end, fault] = std::from_chars(name.data(), name.data() + name.size(), number);
    const std::string_view kind = std::string_view(name).substr(static_cast<std::size_t>(end - name.data()));
    // Not 01, which would be the same module as 1.
    const bool numbered = fault == std::errc() && name == fmt::format("{}{}", number, kind);
    if (!numbered || (kind != ".weight" && kind != ".bias"))
      detail::refuse(reader.path(), fmt::format("tensor {}: {}; rename or leave out what is none of them",
                                                quote_for_message(name), kExpected));
    (kind == ".weight" ? modules[number].weight : modules[number].bias) = true;
  }
  if (modules.empty()) detail::refuse(reader.path(), fmt::format("{}, found no tensor", kExpected));
  return modules;
}

DenseLayer read_layer(detail::TensorReader& reader, std::uint32_t number, const Module& module) {
  const auto missing = [&](const char* has, const char* lacks) {
    detail::refuse(reader.path(),
                   fmt::format("tensor '{0}.{1}' has no '{0}.{2}' beside it; {3}", number, has, lacks, kExpected));
  };
  if (!module.bias) missing("weight", "bias");
  if (!module.weight) missing("bias", "weight");
  DenseLayer layer{reader.matrix(fmt::format("{}.weight", number)), reader.vector(fmt::format("{}.bias", number)),
                   nullptr};
  if (layer.bias.size() != layer.fan_out())
    detail::refuse(reader.path(), fmt::format("tensor '{}.bias': expected {} entries, as its weight has rows, found {}",
                                              number, layer.fan_out(), layer.bias.size()));
  return layer;
}

// A file of dbn's own has a format that says so.
bool is_ours(const SafetensorsFile& file) {
  const auto format = file.metadata.find("format");
  return format != file.metadata.end() && format->second.starts_with("dbn-");
}

StoredTensor tensor_of(const NpyArray& array, const std::string& name, const std::string& path) {
  if (array.type.kind != 'f')
    detail::refuse(
        path, fmt::format("array {}: expected floating point, found {}", quote_for_message(name), array.type.text()));
  std::vector<double> numbers(static_cast<std::size_t>(array.count()));
  copy_elements<double>(array, numbers);
  for (std::size_t i = 0; i < numbers.size(); ++i)
    if (!std::isfinite(numbers[i]))
      detail::refuse(path, fmt::format("array {}: element {} is not finite", quote_for_message(name), i));
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(numbers.data());
  return {name, "F64", {array.shape.begin(), array.shape.end()}, {bytes, bytes + numbers.size() * sizeof(double)}};
}

SafetensorsFile read_archive(std::span<const std::uint8_t> bytes, const std::string& path) {
  constexpr std::string_view kEnding = ".npy";
  const ZipArchive archive(bytes, path);
  SafetensorsFile file;
  for (std::size_t i = 0; i < archive.members().size(); ++i) {
    std::string name = archive.members()[i].name;
    const ByteBuffer member = archive.read(i);
    const NpyArray array = parse_npy(member, fmt::format("{}: {}", path, quote_for_message(name)));
    if (name.ends_with(kEnding)) name.resize(name.size() - kEnding.size());
    file.tensors.push_back(tensor_of(array, name, path));
  }
  return file;
}

SafetensorsFile read_tensors(const std::string& path) {
  const ByteBuffer bytes = read_file(path);
  return is_zip(bytes) ? read_archive(bytes, path) : decode_safetensors(bytes, path);
}

}  // namespace

bool is_foreign_net(const std::string& path) { return !is_ours(read_tensors(path)); }

Mlp load_foreign_net(const std::string& path, const std::string& hidden) {
  const Activation& between = activation(hidden);
  SafetensorsFile file = read_tensors(path);
  if (is_ours(file))
    detail::refuse(path, fmt::format("expected weights of another tool, found a {}, which commands take as it is",
                                     file.metadata.at("format")));
  detail::TensorReader reader(std::move(file), path);
  Mlp net;
  for (const auto& [number, module] : modules_of(reader)) {
    DenseLayer layer = read_layer(reader, number, module);
    if (!net.layers.empty()) {
      DenseLayer& below = net.layers.back();
      if (layer.fan_in() != below.fan_out())
        detail::refuse(path,
                       fmt::format("tensor '{}.weight': expected {} columns, as the module before it has outputs, "
                                   "found {}",
                                   number, below.fan_out(), layer.fan_in()));
      below.activation = &between;
    }
    net.layers.push_back(std::move(layer));
  }
  net.layers.back().activation = &activation("linear");
  return net;
}

void check_outputs(const Mlp& net, const Task& task, Index outputs, const std::string& path) {
  if (net.output_count() != outputs)
    detail::refuse(path, fmt::format("expected {} outputs, one for each of the {}, found {}", outputs,
                                     outputs_name(task.outputs), net.output_count()));
  if (task.outputs == Outputs::inputs && net.layers.size() % 2 != 0)
    detail::refuse(path, fmt::format("expected an autoencoder with as many layers above its codes as below, found {}",
                                     net.layers.size()));
}

}  // namespace dbn
