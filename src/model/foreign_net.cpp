#include <dbn/model/foreign_net.hpp>

#include <charconv>
#include <cmath>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/memory.hpp>
#include <dbn/data/csv_reader.hpp>
#include <dbn/io/file.hpp>
#include <dbn/io/json.hpp>
#include <dbn/io/npy_array.hpp>
#include <dbn/io/safetensors.hpp>
#include <dbn/io/zip_archive.hpp>
#include <dbn/model/model_file.hpp>

#include "tensor_file.hpp"

namespace dbn {
namespace {

constexpr const char* kExpected = "expected N.weight and N.bias of the Linear modules of a torch.nn.Sequential";

/// Which tensors a module has.
struct Module {
  bool weight = false;
  bool bias = false;
};

void check_whole(std::uint32_t number, const Module& module, const std::string& path) {
  const auto missing = [&](const char* has, const char* lacks) {
    detail::refuse(path,
                   fmt::format("tensor '{0}.{1}' has no '{0}.{2}' beside it; {3}", number, has, lacks, kExpected));
  };
  if (!module.bias) missing("weight", "bias");
  if (!module.weight) missing("bias", "weight");
}

// Numbers of the modules that these are the tensors of, in their order, not in that of names: 10 comes after 8.
std::vector<std::uint32_t> modules_of(const std::vector<std::string>& names, const std::string& path) {
  std::map<std::uint32_t, Module> modules;
  for (const std::string& name : names) {
    std::uint32_t number = 0;
    const auto [end, fault] = std::from_chars(name.data(), name.data() + name.size(), number);
    const std::string_view kind = std::string_view(name).substr(static_cast<std::size_t>(end - name.data()));
    // Not 01, which would be the same module as 1.
    const bool numbered = fault == std::errc() && name == fmt::format("{}{}", number, kind);
    if (!numbered || (kind != ".weight" && kind != ".bias"))
      detail::refuse(path, fmt::format("tensor {}: {}; rename or leave out what is none of them",
                                       quote_for_message(name), kExpected));
    bool& there = kind == ".weight" ? modules[number].weight : modules[number].bias;
    // Of an archive both N.bias and N.bias.npy are the array N.bias.
    if (std::exchange(there, true)) detail::refuse(path, fmt::format("two tensors {}", quote_for_message(name)));
  }
  if (modules.empty()) detail::refuse(path, fmt::format("{}, found no tensor", kExpected));
  std::vector<std::uint32_t> numbers;
  for (const auto& [number, module] : modules) {
    check_whole(number, module, path);
    numbers.push_back(number);
  }
  return numbers;
}

DenseLayer read_layer(detail::TensorReader& reader, std::uint32_t number) {
  DenseLayer layer{reader.matrix(fmt::format("{}.weight", number)), reader.vector(fmt::format("{}.bias", number)),
                   nullptr};
  if (layer.bias.size() != layer.fan_out())
    detail::refuse(reader.path(), fmt::format("tensor '{}.bias': expected {} entries, as its weight has rows, found {}",
                                              number, layer.fan_out(), layer.bias.size()));
  return layer;
}

// A file of dbn's own has a format that says so.
bool is_ours(const std::string& format) { return format.starts_with("dbn-"); }

// What `dbn export` makes for torch is another tool's file, but says what it is.
bool is_export(const SafetensorsFile& file) {
  return file.metadata.contains("activations") && file.metadata.contains("prediction") &&
         file.metadata.contains("preprocessing");
}

void check_takes_raw_data(const detail::TensorReader& reader) {
  const detail::Json preprocessing = reader.metadata("preprocessing");
  const auto scale = detail::field<std::string>(preprocessing, "scale", reader.path());
  const auto binarize = detail::field<std::string>(preprocessing, "binarize", reader.path());
  constexpr const char* kRaw = "expected a net that takes data as they are, found one for data";
  if (binarize != "none")
    detail::refuse(reader.path(), fmt::format("{} binarized by {}; use the stack or model that it was exported from",
                                              kRaw, quote_for_message(binarize)));
  if (scale != "none")
    detail::refuse(reader.path(), fmt::format("{} scaled by {}; use the stack or model that it was exported from, or "
                                              "export that with `dbn export --fold-scaling`",
                                              kRaw, quote_for_message(scale)));
}

void check_activations(const detail::TensorReader& reader, const Mlp& net, const std::string& hidden) {
  const detail::Json metadata = detail::Json::object({{"activations", reader.metadata("activations")}});
  const auto names = detail::field<std::vector<std::string>>(metadata, "activations", reader.path());
  if (names.size() != net.layers.size())
    detail::refuse(reader.path(), fmt::format("metadata: expected {} activations, as there are modules, found {}",
                                              net.layers.size(), names.size()));
  for (std::size_t i = 0; i + 1 < names.size(); ++i)
    if (names[i] != hidden)
      throw InvalidArgument(
          fmt::format("--activation: {} has {} after its layer {}, found {}; name that, or use the "
                      "stack or model that it was exported from",
                      reader.path(), quote_for_message(names[i]), i + 1, hidden));
  if (names.back() != "linear")
    detail::refuse(reader.path(), fmt::format("expected a linear output layer, found {}, as of an encoder; export "
                                              "with --part full, or use the stack or model that it was exported from",
                                              quote_for_message(names.back())));
}

StoredTensor tensor_of(const NpyArray& array, const std::string& name, const std::string& path) {
  if (array.type.kind != 'f')
    detail::refuse(
        path, fmt::format("array {}: expected floating point, found {}", quote_for_message(name), array.type.text()));
  std::vector<Scalar> numbers(static_cast<std::size_t>(array.count()));
  copy_elements<Scalar>(array, numbers);
  for (std::size_t i = 0; i < numbers.size(); ++i)
    if (!std::isfinite(numbers[i]))
      detail::refuse(path, fmt::format("array {}: element {} is not finite, or too large for this build",
                                       quote_for_message(name), i));
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(numbers.data());
  return {name,
          sizeof(Scalar) == 4 ? "F32" : "F64",
          {array.shape.begin(), array.shape.end()},
          {bytes, bytes + numbers.size() * sizeof(Scalar)}};
}

// A short file can promise terabytes. The numbers are held twice, as they were read and as a net.
void check_memory(const ZipArchive& archive, const std::string& path) {
  constexpr double kShare = 0.9, kCopies = 2;
  constexpr double kSmall = 1024.0 * 1024;  // no question to ask the system, which takes longer than to read it
  constexpr double kNarrowest = 4;          // bytes of the smallest number that is taken
  double promised = 0;
  for (const auto& member : archive.members()) promised += static_cast<double>(member.size);
  const double needed = kCopies * promised * static_cast<double>(sizeof(Scalar)) / kNarrowest;
  if (needed <= kSmall) return;
  const double left = kShare * (available_memory() - resident_memory());
  if (needed > left)
    detail::refuse(path, fmt::format("its arrays are to hold {} and may take {} of memory, expected at most {}, which "
                                     "is left",
                                     memory_text(promised), memory_text(needed), memory_text(left)));
}

std::string array_name(std::string member) {
  constexpr std::string_view kEnding = ".npy";
  if (member.ends_with(kEnding)) member.resize(member.size() - kEnding.size());
  return member;
}

SafetensorsFile read_archive(std::span<const std::uint8_t> bytes, const std::string& path) {
  const ZipArchive archive(bytes, path);
  std::vector<std::string> names;
  for (const auto& member : archive.members()) names.push_back(array_name(member.name));
  modules_of(names, path);
  check_memory(archive, path);
  SafetensorsFile file;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const ByteBuffer member = archive.read(i);
    const NpyArray array = parse_npy(member, fmt::format("{}: {}", path, quote_for_message(archive.members()[i].name)));
    file.tensors.push_back(tensor_of(array, names[i], path));
  }
  return file;
}

// UTF-8 without C0, DEL and C1, whose two bytes are C2 and 80 to 9F.
bool is_printable(const std::string& text) {
  if (!is_text({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()})) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(text[i]);
    const bool wide = byte == 0xC2 && i + 1 < text.size() && static_cast<std::uint8_t>(text[i + 1]) < 0xA0;
    if (byte < 0x20 || byte == 0x7F || wide) return false;
  }
  return true;
}

SafetensorsFile read_tensors(std::span<const std::uint8_t> bytes, const std::string& path) {
  return is_zip(bytes) ? read_archive(bytes, path) : decode_safetensors(bytes, path);
}

}  // namespace

bool is_foreign_net(const std::string& path) {
  constexpr std::size_t kMagic = 4;
  return is_zip(read_beginning(path, kMagic)) || !is_ours(file_kind(path));
}

Mlp load_foreign_net(const std::string& path, const std::string& hidden) {
  return load_foreign_net(read_file(path), path, hidden);
}

Mlp load_foreign_net(std::span<const std::uint8_t> bytes, const std::string& path, const std::string& hidden) {
  const Activation& between = activation(hidden);
  SafetensorsFile file = read_tensors(bytes, path);
  if (is_ours(file_kind(file)))
    detail::refuse(path, fmt::format("expected weights of another tool, found {}, which commands take as it is",
                                     quote_for_message(file_kind(file))));
  const bool exported = is_export(file);
  detail::TensorReader reader(std::move(file), path);
  if (exported) check_takes_raw_data(reader);
  Mlp net;
  for (const std::uint32_t number : modules_of(reader.names(), path)) {
    DenseLayer layer = read_layer(reader, number);
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
  if (exported) check_activations(reader, net, between.name);
  return net;
}

void check_class_names(const std::vector<std::string>& classes, Index outputs) {
  constexpr std::size_t kLongest = 256;
  if (std::ssize(classes) != outputs)
    throw InvalidArgument(
        fmt::format("--classes: expected {} names, as the net has outputs, found {}", outputs, classes.size()));
  for (const auto& name : classes)
    if (name.empty() || name.size() > kLongest || !is_printable(name))
      throw InvalidArgument(
          fmt::format("--classes: expected names of 1 to {} bytes, of UTF-8 without control "
                      "characters, found {}",
                      kLongest, quote_for_message(name)));
  if (std::set<std::string>(classes.begin(), classes.end()).size() != classes.size())
    throw InvalidArgument("--classes: one is named twice");
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
