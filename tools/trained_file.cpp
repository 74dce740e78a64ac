#include "trained_file.hpp"

#include <utility>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/io/file.hpp>
#include <dbn/io/json.hpp>
#include <dbn/io/safetensors.hpp>

using namespace dbn;

TrainedFile load_trained_file(const std::string& path) {
  SafetensorsFile contents = decode_safetensors(read_file(path), path);
  const std::string kind = file_kind(contents);
  if (kind == "dbn-stack") return load_stack(std::move(contents), path);
  if (kind == "dbn-model") return load_model(std::move(contents), path);
  throw DataError(fmt::format("{}: expected a dbn-stack or dbn-model, found {}", path,
                              kind.empty() ? "another safetensors file" : quote_for_message(kind)));
}

const Preprocessing& preprocessing_of(const TrainedFile& file) {
  return std::visit([](const auto& held) -> const Preprocessing& { return held.preprocessing; }, file);
}
