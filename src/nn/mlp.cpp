#include <dbn/nn/mlp.hpp>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/math.hpp>
#include <dbn/core/product.hpp>
#include <dbn/core/random.hpp>

namespace dbn {
namespace {

const Initializer& output_start(const Initializer& start, const InitializerOptions& options) {
  if (!options.output.empty()) return initializer(options.output);
  return start.whole_net ? start : initializer("xavier");
}

}  // namespace

void DenseLayer::forward_into(const ConstMatrixRef& in, MatrixRef out) const {
  multiply_add_into(transposed(weights), plain(in), bias, out,
                    [this](Index, MatrixRef tile) { activation->apply(tile); });
}

Matrix pass_through(std::span<const DenseLayer> layers, const ConstMatrixRef& batch) {
  if (!layers.empty() && batch.rows() != layers.front().fan_in())
    throw InvalidArgument(
        fmt::format("network: expected {} features, found {}", layers.front().fan_in(), batch.rows()));
  Matrix values = batch;
  for (const auto& layer : layers) {
    Matrix next(layer.fan_out(), batch.cols());
    layer.forward_into(values, next);
    values = std::move(next);
  }
  return values;
}

Matrix Mlp::scores(const ConstMatrixRef& batch) const { return pass_through(layers, batch); }

Matrix Mlp::probabilities(const ConstMatrixRef& batch) const {
  Matrix p = scores(batch);
  softmax_in_place(p);
  return p;
}

TensorList Mlp::tensors() {
  TensorList list;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    list.push_back(named(fmt::format("{}.weight", 2 * i), layers[i].weights));
    list.push_back(named(fmt::format("{}.bias", 2 * i), layers[i].bias));
  }
  return list;
}

Mlp make_mlp(const std::vector<Index>& sizes, const std::string& activation_name, const std::string& initializer_name,
             std::uint64_t seed, const InitializerOptions& options) {
  if (sizes.size() < 2) throw InvalidArgument("network: expected at least a number of features and of outputs");
  for (const Index size : sizes)
    if (size < 1) throw InvalidArgument(fmt::format("network: expected layer sizes from 1, found {}", size));
  const Activation& hidden = activation(activation_name);
  const Initializer& start = initializer(initializer_name);
  const Initializer& output = output_start(start, options);
  InitializerOptions own = options;
  // He's factor 2 is that of a rectifier; what a leak lets through needs no making up for.
  if (!own.gain && start.gain_squared == 2 && hidden.name == "leaky-relu") own.gain = hidden.gain;
  Mlp net;
  for (std::size_t i = 0; i + 1 < sizes.size(); ++i) {
    const bool last = i + 2 == sizes.size();
    const Initializer& row = last ? output : start;
    DenseLayer layer{Matrix(sizes[i], sizes[i + 1]), Vector::Zero(sizes[i + 1]),
                     last ? &activation("linear") : &hidden};
    const Stream stream(seed, Purpose::initial_weights, static_cast<std::uint32_t>(i));
    row.fill(stream, layer.weights, &row == &start ? own : InitializerOptions{});
    if (row.fill_bias != nullptr) row.fill_bias(stream, layer.fan_in(), layer.bias);
    net.layers.push_back(std::move(layer));
  }
  return net;
}

std::vector<Index> sizes_of(const Mlp& net) {
  std::vector<Index> sizes{net.feature_count()};
  for (const auto& layer : net.layers) sizes.push_back(layer.fan_out());
  return sizes;
}

double parameter_count(const std::vector<Index>& sizes) {
  double count = 0;
  for (std::size_t i = 0; i + 1 < sizes.size(); ++i)
    count += (static_cast<double>(sizes[i]) + 1) * static_cast<double>(sizes[i + 1]);
  return count;
}

}  // namespace dbn
