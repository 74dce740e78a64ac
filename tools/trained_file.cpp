#include "trained_file.hpp"

#include <fmt/format.h>

#include <dbn/core/error.hpp>

using namespace dbn;

TrainedFile load_trained_file(const std::string& path) {
  const std::string kind = file_kind(path);
  if (kind == "dbn-stack") return load_stack(path);
  if (kind == "dbn-model") return load_model(path);
  throw DataError(fmt::format("{}: expected a dbn-stack or dbn-model, found {}", path,
                              kind.empty() ? "another safetensors file" : kind));
}

const Preprocessing& preprocessing_of(const TrainedFile& file) {
  return std::visit([](const auto& held) -> const Preprocessing& { return held.preprocessing; }, file);
}
