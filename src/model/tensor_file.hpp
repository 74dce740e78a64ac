#pragma once
// What stack and model files share: tensors by name, JSON metadata, and the strict way back.

#include <string>

#include <nlohmann/json.hpp>

#include <dbn/core/tensor.hpp>
#include <dbn/data/preprocessing.hpp>
#include <dbn/io/safetensors.hpp>

namespace dbn::detail {

using Json = nlohmann::json;

/// A matrix (fan_in x fan_out) becomes row-major [fan_out, fan_in]: the same bytes. A one-column one becomes [rows].
void add_tensor(SafetensorsFile& file, const std::string& name, const Eigen::Map<Matrix>& values, bool vector);

/// Takes tensors out of a file one by one, so that what is left over is unknown.
class TensorReader {
 public:
  TensorReader(SafetensorsFile file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}

  bool has(const std::string& name) const { return file_.find(name) != nullptr; }
  Matrix matrix(const std::string& name);
  Vector vector(const std::string& name);
  /// Throws DataError when a tensor was not taken.
  void finish() const;

  /// The parsed JSON of a metadata entry. Throws DataError when it is missing or no JSON.
  Json metadata(const std::string& key) const;
  const std::string& path() const { return path_; }

 private:
  Vector checked_values(const StoredTensor& tensor) const;
  StoredTensor take(const std::string& name, std::size_t rank);

  SafetensorsFile file_;
  std::string path_;
};

/// Opens a file of the given format ("dbn-stack"); DataError says what else it is.
TensorReader open_tensor_file(const std::string& path, const std::string& format);

/// Metadata common to both formats.
void add_metadata(SafetensorsFile& file, const std::string& format, const Json& config, const Json& history);

Json preprocessing_json(const Preprocessing& preprocessing);
/// config's "preprocessing", for so many features. Throws DataError, naming `path`, for anything but what
/// preprocessing_json writes.
Preprocessing preprocessing_from(const Json& config, Index features, const std::string& path);

/// json.at(key) as a T; DataError names path and key when it is missing or of another type. No number is rounded or
/// changes its sign.
template <typename T>
T field(const Json& json, const char* key, const std::string& path);

/// The same JSON, when it is an array; DataError names path and `what` it should be an array of.
const Json& list_of(const char* what, const Json& json, const std::string& path);

/// Throws DataError: path, then what is wrong.
[[noreturn]] void refuse(const std::string& path, const std::string& what);

}  // namespace dbn::detail
