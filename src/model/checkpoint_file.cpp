#include <dbn/model/checkpoint_file.hpp>

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/io/file.hpp>
#include <dbn/io/json.hpp>

#include "tensor_file.hpp"

namespace dbn {
namespace {

using detail::Json;

constexpr const char* kFormat = "dbn-checkpoint";
// Lists of numbers are doubles in any build and stand beside the tensors under names of their own.
constexpr std::string_view kNumbers = "numbers.";
// Bits are promised within one build only, and precision is what would change them unseen.
constexpr const char* kPrecision = "precision of this build";

// Fit for a terminal: these texts are shown as they are.
bool is_plain(const std::string& text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; });
}

RunIdentity identity_from(const Json& json, const std::string& path) {
  RunIdentity identity;
  if (!json.is_object()) detail::refuse(path, "config: expected an object");
  for (const auto& [name, value] : json.items()) {
    if (!value.is_string() || !is_plain(name) || !is_plain(value.get<std::string>()))
      detail::refuse(path, fmt::format("config: {}: expected a plain text", quote_for_message(name)));
    identity[name] = value.get<std::string>();
  }
  return identity;
}

RunPosition position_from(const Json& json, const std::string& path) {
  const auto count = [&](const char* key) { return static_cast<Index>(detail::field<std::uint64_t>(json, key, path)); };
  const auto stage = detail::field<std::string>(json, "stage", path);
  if (!is_plain(stage)) detail::refuse(path, "position: stage: expected a plain text");
  return {stage, count("layer"), count("epoch"), count("update")};
}

std::string value_of(const RunIdentity& identity, const std::string& name) {
  const auto at = identity.find(name);
  return at == identity.end() ? "nothing" : at->second.empty() ? "''" : at->second;
}

}  // namespace

RunIdentity with_precision(RunIdentity identity) {
  identity[kPrecision] = sizeof(Scalar) == sizeof(float) ? "float" : "double";
  return identity;
}

void add_options(RunIdentity& identity, const OptionFields& fields, const std::vector<std::string_view>& except) {
  for (const auto& field : fields) {
    if (std::find(except.begin(), except.end(), field.name) != except.end()) continue;
    const std::string text = option_text(field);
    identity["--" + field.name] = text.empty() ? field.unset : text;
  }
}

std::string difference(const RunIdentity& then, const RunIdentity& now) {
  constexpr int kMostShown = 3;
  RunIdentity names = then;
  names.insert(now.begin(), now.end());
  std::string text;
  int found = 0;
  for (const auto& entry : names) {
    const std::string before = value_of(then, entry.first);
    const std::string after = value_of(now, entry.first);
    if (before == after || ++found > kMostShown) continue;
    text += fmt::format("{}{}: {} then, {} now", text.empty() ? "" : "; ", entry.first, before, after);
  }
  return found > kMostShown ? fmt::format("{}; and {} more", text, found - kMostShown) : text;
}

void save_checkpoint(const RunState& state, const RunIdentity& identity, const std::string& path) {
  std::vector<TensorView> tensors;
  for (const auto& tensor : state.tensors)
    tensors.push_back(detail::view_of(tensor.name, tensor.values, tensor.values.cols() == 1));
  for (const auto& [name, list] : state.numbers)
    tensors.push_back({std::string(kNumbers) + name,
                       "F64",
                       {list.size()},
                       {reinterpret_cast<const std::uint8_t*>(list.data()), list.size() * sizeof(double)}});
  const auto& p = state.position;
  const Json position{{"stage", p.stage}, {"layer", p.layer}, {"epoch", p.epoch}, {"update", p.update}};
  write_safetensors(path, tensors,
                    detail::metadata(kFormat, {{"config", Json(with_precision(identity))}, {"position", position}}));
}

Checkpoint load_checkpoint(const std::string& path) {
  return load_checkpoint(decode_safetensors(read_file(path), path), path);
}

Checkpoint load_checkpoint(SafetensorsFile contents, const std::string& path) {
  auto reader = detail::open_tensor_file(std::move(contents), path, kFormat);
  Checkpoint checkpoint;
  checkpoint.identity = identity_from(reader.metadata("config"), path);
  if (const auto other = difference(checkpoint.identity, with_precision(checkpoint.identity)); !other.empty())
    detail::refuse(path, "made by another build: " + other);
  checkpoint.identity.erase(kPrecision);
  checkpoint.run.position = position_from(reader.metadata("position"), path);
  for (const auto& name : reader.names()) {
    if (name.starts_with(kNumbers))
      checkpoint.run.numbers[name.substr(kNumbers.size())] = reader.numbers(name);
    else
      checkpoint.run.tensors.emplace(name, reader.any(name));
  }
  return checkpoint;
}

}  // namespace dbn
