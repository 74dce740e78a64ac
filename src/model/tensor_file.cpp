#include "tensor_file.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/math.hpp>
#include <dbn/io/json.hpp>
#include <dbn/model/model_file.hpp>

namespace dbn::detail {
namespace {

constexpr const char* kVersion = "1";
constexpr const char* kDtype = sizeof(Scalar) == 4 ? "F32" : "F64";

// Values of a stored tensor, whichever precision the writing build had.
Vector values_of(const StoredTensor& tensor) {
  const auto convert = [&]<typename Stored>(Stored) {
    Eigen::Matrix<Stored, Eigen::Dynamic, 1> stored(static_cast<Index>(tensor.bytes.size() / sizeof(Stored)));
    std::memcpy(stored.data(), tensor.bytes.data(), tensor.bytes.size());
    return Vector(stored.template cast<Scalar>());
  };
  return tensor.dtype == "F32" ? convert(float{}) : convert(double{});
}

Json numbers(const Vector& values) {
  Json list = Json::array();
  for (Index i = 0; i < values.size(); ++i) list.push_back(static_cast<double>(values[i]));
  return list;
}

Vector vector_from(const Json& json, const char* key, Index features, const std::string& path) {
  const auto list = field<std::vector<double>>(json, key, path);
  Vector values(static_cast<Index>(list.size()));
  std::transform(list.begin(), list.end(), values.data(), [](double x) { return static_cast<Scalar>(x); });
  if (values.size() != 1 && values.size() != features)
    refuse(path, fmt::format("preprocessing.{}: expected one number or one for each of {} features, found {}", key,
                             features, values.size()));
  if (!all_finite(values)) refuse(path, fmt::format("preprocessing.{}: expected finite numbers", key));
  return values;
}

Json columns_json(const Schema& schema) {
  Json list = Json::array();
  for (const auto& column : schema.columns) {
    list.push_back({{"name", column.name}});
    if (column.categorical()) list.back()["categories"] = column.categories;
  }
  return list;
}

Schema schema_from(const Json& json, Index features, const std::string& path) {
  Schema schema;
  if (!json.contains("columns")) return schema;
  for (const auto& entry : list_of("columns", json["columns"], path)) {
    Column column{.name = field<std::string>(entry, "name", path), .categories = {}};
    if (entry.contains("categories")) {
      column.categories = field<std::vector<std::string>>(entry, "categories", path);
      if (!column.categorical()) refuse(path, fmt::format("columns: '{}' has no category", column.name));
    }
    schema.columns.push_back(std::move(column));
  }
  check_schema(schema, path);
  if (schema.feature_count() != features)
    refuse(path, fmt::format("columns: expected those of {} features, found {}", features, schema.feature_count()));
  return schema;
}

Binarization binarization_from(const Json& json, const std::string& path) {
  const auto seed = field<std::uint64_t>(json, "binarize_seed", path);
  try {
    return Binarization::parse(field<std::string>(json, "binarize", path), seed, "config: binarize");
  } catch (const InvalidArgument& error) {
    refuse(path, error.what());
  }
}

}  // namespace

void refuse(const std::string& path, const std::string& what) { throw DataError(path + ": " + what); }

TensorView view_of(const std::string& name, const Eigen::Map<Matrix>& values, bool vector) {
  const auto rows = static_cast<std::uint64_t>(values.rows());
  const auto cols = static_cast<std::uint64_t>(values.cols());
  return {name,
          kDtype,
          vector ? std::vector{rows} : std::vector{cols, rows},
          {reinterpret_cast<const std::uint8_t*>(values.data()), rows * cols * sizeof(Scalar)}};
}

StoredTensor TensorReader::take(const std::string& name, std::size_t rank) {
  const auto at =
      std::find_if(file_.tensors.begin(), file_.tensors.end(), [&](const auto& t) { return t.name == name; });
  if (at == file_.tensors.end()) refuse(path_, fmt::format("expected a tensor '{}', found none", name));
  if (at->shape.size() != rank)
    refuse(path_, fmt::format("tensor '{}': expected rank {}, found {}", name, rank, at->shape.size()));
  if (std::find(at->shape.begin(), at->shape.end(), std::uint64_t{0}) != at->shape.end())
    refuse(path_, fmt::format("tensor '{}': expected dimensions from 1, found 0", name));
  StoredTensor tensor = std::move(*at);
  file_.tensors.erase(at);
  return tensor;
}

Matrix TensorReader::matrix(const std::string& name) {
  const StoredTensor tensor = take(name, 2);
  const Vector values = checked_values(tensor);
  return Eigen::Map<const Matrix>(values.data(), static_cast<Index>(tensor.shape[1]),
                                  static_cast<Index>(tensor.shape[0]));
}

Vector TensorReader::vector(const std::string& name) { return checked_values(take(name, 1)); }

Matrix TensorReader::any(const std::string& name) {
  const StoredTensor* tensor = file_.find(name);
  return tensor != nullptr && tensor->shape.size() == 2 ? matrix(name) : Matrix(vector(name));
}

std::vector<double> TensorReader::numbers(const std::string& name) {
  const StoredTensor* tensor = file_.find(name);
  if (tensor == nullptr || tensor->dtype != "F64" || tensor->shape.size() != 1)
    refuse(path_, fmt::format("expected a list of F64 '{}', found none", name));
  std::vector<double> list(tensor->bytes.size() / sizeof(double));
  if (!list.empty()) std::memcpy(list.data(), tensor->bytes.data(), tensor->bytes.size());
  return list;
}

std::vector<std::string> TensorReader::names() const {
  std::vector<std::string> names;
  for (const auto& tensor : file_.tensors) names.push_back(tensor.name);
  return names;
}

// A double that a float cannot hold becomes infinite only here.
Vector TensorReader::checked_values(const StoredTensor& tensor) const {
  Vector values = values_of(tensor);
  if (!all_finite(values)) refuse(path_, fmt::format("tensor '{}': a value is too large for this build", tensor.name));
  return values;
}

void TensorReader::finish() const {
  if (!file_.tensors.empty())
    refuse(path_, fmt::format("unknown tensor '{}': not part of what the file's config describes",
                              file_.tensors.front().name));
}

Json TensorReader::metadata(const std::string& key) const {
  const auto at = file_.metadata.find(key);
  if (at == file_.metadata.end()) refuse(path_, fmt::format("expected metadata '{}', found none", key));
  return parse_json(at->second, path_ + ": " + key);
}

TensorReader open_tensor_file(const std::string& path, const std::string& format) {
  return open_tensor_file(decode_safetensors(read_file(path), path), path, format);
}

TensorReader open_tensor_file(SafetensorsFile file, const std::string& path, const std::string& format) {
  const auto text = [&](const char* key) {
    const auto at = file.metadata.find(key);
    return at == file.metadata.end() ? std::string("none") : quote_for_message(at->second);
  };
  const std::string found = file_kind(file);
  if (found != format)
    refuse(path, fmt::format("expected format {}, found {}{}", format, text("format"),
                             found == "dbn-stack" ? "; use `dbn finetune --from` to make a model of it" : ""));
  if (text("version") != quote_for_message(kVersion))
    refuse(path,
           fmt::format("expected version {}, found {}: written by another version of dbn", kVersion, text("version")));
  return {std::move(file), path};
}

std::map<std::string, std::string> metadata(const std::string& format, const std::map<std::string, Json>& entries) {
  std::map<std::string, std::string> all{{"format", format}, {"version", kVersion}};
  for (const auto& [name, json] : entries) all[name] = json.dump();
  return all;
}

Json preprocessing_json(const Preprocessing& preprocessing) {
  Json json{{"scale", preprocessing.scale},
            {"shift", numbers(preprocessing.shift)},
            {"factor", numbers(preprocessing.factor)},
            {"binarize", preprocessing.binarization.text()},
            {"binarize_seed", preprocessing.binarization.seed}};
  if (!preprocessing.schema.empty()) json["columns"] = columns_json(preprocessing.schema);
  return json;
}

Preprocessing preprocessing_from(const Json& config, Index features, const std::string& path) {
  const Json json = field<Json>(config, "preprocessing", path);
  Preprocessing preprocessing{field<std::string>(json, "scale", path), vector_from(json, "shift", features, path),
                              vector_from(json, "factor", features, path), binarization_from(json, path),
                              schema_from(json, features, path)};
  const auto& names = scale_names();
  if (std::find(names.begin(), names.end(), preprocessing.scale) == names.end())
    refuse(path, fmt::format("config: unknown scaling '{}'", preprocessing.scale));
  return preprocessing;
}

const Json& list_of(const char* what, const Json& json, const std::string& path) {
  if (!json.is_array()) refuse(path, fmt::format("metadata: expected a list of {}", what));
  return json;
}

template <typename T>
T field(const Json& json, const char* key, const std::string& path) {
  try {
    const Json& value = json.at(key);
    const bool right = std::is_same_v<T, std::uint64_t> ? value.is_number_unsigned()
                       : std::is_same_v<T, double>      ? value.is_number()
                                                        : true;
    if (right) return value.get<T>();
  } catch (const Json::exception&) {
  }
  refuse(path, fmt::format("metadata: '{}' is missing or of the wrong type", key));
}

template bool field(const Json&, const char*, const std::string&);
template Json field(const Json&, const char*, const std::string&);
template std::string field(const Json&, const char*, const std::string&);
template std::vector<std::string> field(const Json&, const char*, const std::string&);
template std::vector<double> field(const Json&, const char*, const std::string&);
template std::uint64_t field(const Json&, const char*, const std::string&);
template double field(const Json&, const char*, const std::string&);

}  // namespace dbn::detail
