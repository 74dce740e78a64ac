#pragma once
// What stack, model and checkpoint files share: tensors by name, JSON metadata, and the strict way back.

#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <dbn/core/tensor.hpp>
#include <dbn/data/preprocessing.hpp>
#include <dbn/io/safetensors.hpp>

namespace dbn::detail {

using Json = nlohmann::json;

/// A matrix (fan_in x fan_out) becomes row-major [fan_out, fan_in], a `vector` [rows]: the same bytes, not copied.
TensorView view_of(const std::string& name, const Eigen::Map<Matrix>& values, bool vector);

/// Takes tensors out of a file one by one, so that what is left over is unknown.
class TensorReader {
 public:
  TensorReader(SafetensorsFile file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}

  bool has(const std::string& name) const { return file_.find(name) != nullptr; }
  Matrix matrix(const std::string& name);
  Vector vector(const std::string& name);
  /// A tensor of either rank, as view_of() wrote it.
  Matrix any(const std::string& name);
  /// A list of doubles.
  std::vector<double> numbers(const std::string& name);
  /// Names of the tensors that have not been taken.
  std::vector<std::string> names() const;
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
/// The same of a file that has been read.
TensorReader open_tensor_file(SafetensorsFile file, const std::string& path, const std::string& format);

/// Metadata of a file of this format: its name and version, and the given entries as JSON text.
std::map<std::string, std::string> metadata(const std::string& format, const std::map<std::string, Json>& entries);

Json preprocessing_json(const Preprocessing& preprocessing);
/// config's "preprocessing", for so many features; files of before there were columns of categories name none. Throws
/// DataError, naming `path`, for anything but what
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
