#include <dbn/model/net_writer.hpp>

#include <algorithm>
#include <iterator>
#include <vector>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/io/file.hpp>
#include <dbn/io/folder.hpp>
#include <dbn/io/json.hpp>
#include <dbn/io/npz_writer.hpp>
#include <dbn/io/pt_writer.hpp>
#include <dbn/io/streamed_file.hpp>

#include "tensor_file.hpp"

namespace dbn {
namespace {

using detail::Json;

/// What is written, in a copy of its own: tensors under the names of nn.Sequential and, if wanted, the scaling.
class Arrays {
 public:
  Arrays(const NetExport& net, bool with_preprocessing) : net_(net.net), preprocessing_(net.preprocessing) {
    tensors_ = net_.tensors();
    if (!with_preprocessing) return;
    if (preprocessing_.scale != "none") {
      tensors_.push_back(named("preprocessing.shift", preprocessing_.shift));
      tensors_.push_back(named("preprocessing.factor", preprocessing_.factor));
    }
    const Binarization& binarization = preprocessing_.binarization;
    if (binarization.rule != Binarization::Rule::threshold) return;
    threshold_.setConstant(static_cast<Scalar>(binarization.threshold));
    tensors_.push_back(named("preprocessing.threshold", threshold_));
  }
  Arrays(const Arrays&) = delete;
  Arrays& operator=(const Arrays&) = delete;

  const TensorList& tensors() const { return tensors_; }
  std::vector<TensorView> views() const {
    std::vector<TensorView> views;
    for (const auto& tensor : tensors_)
      views.push_back(detail::view_of(tensor.name, tensor.values, !is_weight(tensor)));
    return views;
  }

 private:
  Mlp net_;
  Preprocessing preprocessing_;
  Vector threshold_ = Vector::Zero(1);
  TensorList tensors_;
};

// Weights (in x out) become a line for each output; a vector one number a line.
std::string csv_text(const NamedTensor& tensor) {
  std::string text;
  auto out = std::back_inserter(text);
  if (!is_weight(tensor)) {
    for (const Scalar value : tensor.values.reshaped()) fmt::format_to(out, "{}\n", value);
    return text;
  }
  for (Index c = 0; c < tensor.values.cols(); ++c)
    for (Index r = 0; r < tensor.values.rows(); ++r)
      fmt::format_to(out, "{}{}", tensor.values(r, c), r + 1 < tensor.values.rows() ? "," : "\n");
  return text;
}

std::string csv_name(const NamedTensor& tensor) { return tensor.name + ".csv"; }
std::string csv_path(const std::string& folder, const NamedTensor& tensor) {
  return fmt::format("{}/{}", folder, csv_name(tensor));
}

void check_names(const TensorList& tensors, const std::string& path, bool overwrite) {
  remove_stale_temporaries(path);
  for (const auto& name : names_in_folder(path)) {
    const bool ours = std::any_of(tensors.begin(), tensors.end(), [&](const auto& t) { return csv_name(t) == name; });
    if (!ours)
      throw IoError(fmt::format("{}: holds {}, which is no part of what is written; give a new folder", path,
                                quote_for_message(name)));
    if (!overwrite)
      throw IoError(fmt::format("{}: holds {}; use --force to replace it", path, quote_for_message(name)));
  }
}

}  // namespace

void write_torch(const NetExport& net, const std::string& path) {
  const std::map<std::string, std::string> metadata{
      {"format", "pt"},
      {"activations", Json(net.activations()).dump()},
      {"prediction", net.prediction},
      {"outputs", Json(net.outputs).dump()},
      {"preprocessing", detail::preprocessing_json(net.preprocessing).dump()}};
  write_safetensors(path, Arrays(net, false).views(), metadata);
}

void write_pt(const NetExport& net, const std::string& path) { write_pt(path, Arrays(net, false).views()); }

void write_npz(const NetExport& net, const std::string& path) { write_npz(path, Arrays(net, true).views()); }

void check_csv_folder(const NetExport& net, const std::string& path, bool overwrite) {
  check_names(Arrays(net, true).tensors(), path, overwrite);
}

void write_csv_folder(const NetExport& net, const std::string& path, bool overwrite) {
  const Arrays arrays(net, true);
  check_names(arrays.tensors(), path, overwrite);
  const OutputFolder folder(path);
  // None gets its name before the bytes of all are on the disk.
  std::vector<StreamedFile> files;
  for (const auto& tensor : arrays.tensors()) files.emplace_back(csv_path(path, tensor)).append(csv_text(tensor));
  for (auto& file : files) file.commit();
}

std::vector<std::string> csv_paths(const NetExport& net, const std::string& path) {
  const Arrays arrays(net, true);
  std::vector<std::string> paths;
  for (const auto& tensor : arrays.tensors()) paths.push_back(csv_path(path, tensor));
  return paths;
}

}  // namespace dbn
