#include <dbn/model/net_export.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <dbn/core/error.hpp>
#include <dbn/nn/deep_autoencoder.hpp>
#include <dbn/nn/task.hpp>
#include <dbn/pretrain/unroll.hpp>

namespace dbn {
namespace {

NetPart parse_part(const std::string& name) {
  const auto& names = net_part_names();
  const auto at = std::find(names.begin(), names.end(), name);
  if (at == names.end())
    throw InvalidArgument(fmt::format("--part: expected one of {}, found '{}'", fmt::join(names, ", "), name));
  return static_cast<NetPart>(at - names.begin());
}

// The layers above the codes.
std::vector<DenseLayer> decoder_of(const Mlp& autoencoder) {
  const auto half = std::ssize(encoder_of(autoencoder));
  return {autoencoder.layers.begin() + half, autoencoder.layers.end()};
}

std::vector<DenseLayer> hidden_layers(const ModelFile& file) {
  if (task(file.task).outputs == Outputs::inputs) return encoder_of(file.net);
  if (file.net.layers.size() < 2)
    throw InvalidArgument("--part encoder: expected a net with hidden layers, found none; try --part full");
  return {file.net.layers.begin(), file.net.layers.end() - 1};
}

Eigen::VectorXd for_each_feature(const Vector& values, Index features) {
  if (values.size() == 1) return Eigen::VectorXd::Constant(features, static_cast<double>(values[0]));
  if (values.size() != features)
    throw InvalidArgument(fmt::format("scaling: fitted on {} features, found {}", values.size(), features));
  return values.cast<double>();
}

}  // namespace

const std::vector<std::string>& net_part_names() {
  static const std::vector<std::string> names{"full", "encoder", "decoder", "classifier"};
  return names;
}

NetPart net_part(const std::string& name, const ModelFile& file) {
  if (!name.empty()) return parse_part(name);
  return task(file.task).outputs == Outputs::classes ? NetPart::classifier : NetPart::full;
}

NetPart net_part(const std::string& name, const StackFile&) {
  return name.empty() ? NetPart::encoder : parse_part(name);
}

std::vector<std::string> NetExport::activations() const {
  std::vector<std::string> names;
  for (const auto& layer : net.layers) names.push_back(layer.activation->name);
  return names;
}

NetExport export_part(const ModelFile& file, NetPart part) {
  const Outputs outputs = task(file.task).outputs;
  if (part == NetPart::classifier && outputs != Outputs::classes)
    throw InvalidArgument(fmt::format("--part classifier: the model's task is {}; try --part full", file.task));
  if (part == NetPart::decoder && outputs != Outputs::inputs)
    throw InvalidArgument(
        fmt::format("--part decoder: expected an autoencoder, the model's task is {}; try --part full", file.task));
  if (part == NetPart::encoder)
    return {.part = part,
            .net = {hidden_layers(file)},
            .prediction = {},
            .preprocessing = file.preprocessing,
            .outputs = {}};
  if (part == NetPart::decoder)
    return {.part = part, .net = {decoder_of(file.net)}, .prediction = file.loss, .preprocessing = {}, .outputs = {}};
  return {.part = part,
          .net = file.net,
          .prediction = file.loss,
          .preprocessing = file.preprocessing,
          .outputs = file.outputs,
          .classes = outputs == Outputs::classes};
}

NetExport export_part(const StackFile& file, NetPart part) {
  if (part == NetPart::classifier)
    throw InvalidArgument(
        "--part classifier: a stack tells no classes; make a model of it by dbn finetune --from, or try --part "
        "encoder");
  if (part == NetPart::encoder)
    return {.part = part,
            .net = {encoder_layers(file.stack)},
            .prediction = {},
            .preprocessing = file.preprocessing,
            .outputs = {}};
  Mlp autoencoder = unroll_autoencoder(file.stack);
  const std::string loss = reconstruction_loss_of(file.stack);
  if (part == NetPart::decoder)
    return {.part = part, .net = {decoder_of(autoencoder)}, .prediction = loss, .preprocessing = {}, .outputs = {}};
  return {.part = part,
          .net = std::move(autoencoder),
          .prediction = loss,
          .preprocessing = file.preprocessing,
          .outputs = {}};
}

void fold_scaling(NetExport& net) {
  if (net.preprocessing.binarization.rule != Binarization::Rule::none)
    throw InvalidArgument(
        fmt::format("--fold-scaling: expected data that are not binarized, found --binarize {}, which no layer does; "
                    "leave the option out and binarize where the net is used",
                    net.preprocessing.binarization.text()));
  if (net.preprocessing.scale != "none") {
    DenseLayer& first = net.net.layers.front();
    const Eigen::VectorXd factor = for_each_feature(net.preprocessing.factor, first.fan_in());
    const Eigen::VectorXd shift = for_each_feature(net.preprocessing.shift, first.fan_in());
    first.weights = (factor.asDiagonal() * first.weights.cast<double>()).cast<Scalar>();
    // The rounded weights' own constant: near the shift, where data are, their rounding then makes no difference.
    Eigen::VectorXd bias = first.bias.cast<double>();
    bias.noalias() -= first.weights.cast<double>().transpose() * shift;
    first.bias = bias.cast<Scalar>();
  }
  net.preprocessing = {.schema = std::move(net.preprocessing.schema)};  // what the features are, no layer can say
}

}  // namespace dbn
