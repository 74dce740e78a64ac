#include <dbn/nn/initializer.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include <boost/math/distributions/normal.hpp>

#include <dbn/core/parallel.hpp>
#include <dbn/core/table.hpp>

#include "orthogonal.hpp"

namespace dbn {
namespace {

using Law = Initializer::Law;

// Draws that are no weight's normal or uniform: biases, and which connections a unit has.
constexpr std::uint32_t kOtherDraws = 1;

// Columns are independent draws, so that they may be made on any thread.
void for_each_column(const MatrixRef& weights, FunctionRef<void(Index)> body) {
  const Tiles tiles(weights.cols(), 16, 1);
  parallel_for(tiles.count(), [&](Index t) {
    for (Index o = tiles.first(t); o < tiles.first(t) + tiles.length(t); ++o) body(o);
  });
}

Position column_position(Index o) { return {.instance = static_cast<std::uint32_t>(o)}; }

std::span<Scalar> column_span(MatrixRef weights, Index o) {
  return {weights.col(o).data(), static_cast<std::size_t>(weights.rows())};
}

// Uniform on [-bound, bound).
void fill_uniform(const Stream& stream, double bound, MatrixRef weights) {
  for_each_column(weights, [&](Index o) {
    stream.uniforms_into(column_position(o), column_span(weights, o));
    weights.col(o) = static_cast<Scalar>(bound) * (Scalar{2} * weights.col(o).array() - Scalar{1});
  });
}

// Normal within two standard deviations, by the inverse of its distribution function.
void fill_truncated(const Stream& stream, double deviation, MatrixRef weights) {
  const boost::math::normal normal;
  const double least = cdf(normal, -2.0);
  fill_uniform(stream, 1, weights);
  for_each_column(weights, [&](Index o) {
    for (Scalar& w : column_span(weights, o)) {
      const double share = 0.5 * (static_cast<double>(w) + 1);
      w = static_cast<Scalar>(deviation * quantile(normal, least + share * (1 - 2 * least)));
    }
  });
}

double rows(const MatrixRef& w) { return static_cast<double>(w.rows()); }
double cols(const MatrixRef& w) { return static_cast<double>(w.cols()); }

double xavier_deviation(const Law& law, const MatrixRef& w) {
  return std::sqrt(2.0 * law.gain_squared / (rows(w) + cols(w)));
}
double fan_in_deviation(const Law& law, const MatrixRef& w) { return std::sqrt(law.gain_squared / rows(w)); }
double fan_out_deviation(const Law& law, const MatrixRef& w) { return std::sqrt(law.gain_squared / cols(w)); }

using Deviation = double (*)(const Law&, const MatrixRef&);
template <Deviation deviation>
void fill_normal_by(const Stream& stream, const Law& law, MatrixRef w) {
  fill_normal(stream, deviation(law, w), w);
}
// A uniform on [-b, b] has standard deviation b / sqrt(3).
template <Deviation deviation>
void fill_uniform_by(const Stream& stream, const Law& law, MatrixRef w) {
  fill_uniform(stream, std::sqrt(3.0) * deviation(law, w), w);
}
constexpr auto* fill_xavier = &fill_normal_by<&xavier_deviation>;
constexpr auto* fill_fan_in = &fill_normal_by<&fan_in_deviation>;
constexpr auto* fill_fan_out = &fill_normal_by<&fan_out_deviation>;
constexpr auto* fill_xavier_uniform = &fill_uniform_by<&xavier_deviation>;
constexpr auto* fill_fan_in_uniform = &fill_uniform_by<&fan_in_deviation>;
constexpr auto* fill_fan_out_uniform = &fill_uniform_by<&fan_out_deviation>;

void fill_plain_normal(const Stream& stream, const Law& law, MatrixRef w) { fill_normal(stream, law.scale, w); }
void fill_plain_uniform(const Stream& stream, const Law& law, MatrixRef w) { fill_uniform(stream, law.scale, w); }
void fill_truncated_normal(const Stream& s, const Law& law, MatrixRef w) { fill_truncated(s, law.scale, w); }
void fill_zeros(const Stream&, const Law&, MatrixRef weights) { weights.setZero(); }
void fill_ones(const Stream&, const Law&, MatrixRef weights) { weights.setOnes(); }
void fill_constant(const Stream&, const Law& law, MatrixRef w) { w.setConstant(static_cast<Scalar>(law.scale)); }

void fill_identity(const Stream&, const Law& law, MatrixRef weights) {
  weights.setZero();
  weights.diagonal().setConstant(static_cast<Scalar>(law.scale));
}

void fill_orthogonal(const Stream& stream, const Law& law, MatrixRef weights) {
  fill_normal(stream, 1, weights);
  weights = (std::sqrt(law.gain_squared) * detail::orthonormal(weights.cast<double>())).cast<Scalar>();
}

// `count` different numbers below n, each set of them as likely as any other [Floyd, in Bentley 1987].
std::vector<Index> choose(const Stream& stream, Position at, Index n, Index count) {
  std::vector<Index> chosen;
  for (Index most = n - count; most < n; ++most, ++at.unit) {
    const auto pick = static_cast<Index>(stream.below(static_cast<std::uint32_t>(most + 1), at));
    const bool taken = std::find(chosen.begin(), chosen.end(), pick) != chosen.end();
    chosen.push_back(taken ? most : pick);
  }
  return chosen;
}

void fill_sparse(const Stream& stream, const Law& law, MatrixRef weights) {
  const Index count = std::min(law.connections, weights.rows());
  weights.setZero();
  for_each_column(weights, [&](Index o) {
    Position at = column_position(o);
    at.update = kOtherDraws;
    for (const Index i : choose(stream, at, weights.rows(), count)) {
      Position normal = column_position(o);
      normal.unit = static_cast<std::uint32_t>(i);
      weights(i, o) = static_cast<Scalar>(law.scale * stream.normal(normal));
    }
  });
}

void fill_pytorch_bias(const Stream& stream, Index fan_in, VectorRef bias) {
  const auto bound = static_cast<Scalar>(1 / std::sqrt(static_cast<double>(fan_in)));
  stream.uniforms_into({.update = kOtherDraws}, {bias.data(), static_cast<std::size_t>(bias.size())});
  bias = bound * (Scalar{2} * bias.array() - Scalar{1});
}

}  // namespace

const std::vector<Initializer>& initializers() {
  constexpr bool kWholeNet = true;
  constexpr double kThird = 1.0 / 3.0;  // of a bound 1 / sqrt(fan_in): sqrt(3 gain^2 / fan_in)
  static const std::vector<Initializer> table{
      {"zeros", "all units of a layer stay alike", "sigmoid", &fill_zeros, 1, 0, kWholeNet},
      {"ones", "all units of a layer stay alike", "sigmoid", &fill_ones, 1, 1, kWholeNet},
      {"constant", "all units of a layer stay alike", "sigmoid", &fill_constant, 1, 0.1, kWholeNet},
      {"uniform", "bound 0.05", "sigmoid", &fill_plain_uniform, 1, 0.05},
      {"normal", "standard deviation 0.01, Hinton 2012", "sigmoid", &fill_plain_normal, 1, 0.01},
      {"truncated-normal", "standard deviation 0.01, cut at two", "sigmoid", &fill_truncated_normal, 1, 0.01},
      {"xavier", "normal, Glorot & Bengio 2010", "sigmoid", fill_xavier},
      {"xavier-normal", "Glorot & Bengio 2010", "sigmoid", fill_xavier},
      {"xavier-uniform", "Glorot & Bengio 2010", "sigmoid", fill_xavier_uniform},
      {"he", "normal, He et al. 2015", "relu", fill_fan_in, 2},
      {"he-normal", "He et al. 2015", "relu", fill_fan_in, 2},
      {"he-uniform", "He et al. 2015", "relu", fill_fan_in_uniform, 2},
      {"he-fan-out", "normal, He et al. 2015", "relu", fill_fan_out, 2},
      {"he-fan-out-normal", "He et al. 2015", "relu", fill_fan_out, 2},
      {"he-fan-out-uniform", "He et al. 2015", "relu", fill_fan_out_uniform, 2},
      {"lecun", "normal, LeCun et al. 1998", "selu", fill_fan_in},
      {"lecun-normal", "LeCun et al. 1998", "selu", fill_fan_in},
      {"lecun-uniform", "LeCun et al. 1998", "selu", fill_fan_in_uniform},
      {"orthogonal", "Saxe et al. 2014", "tanh", &fill_orthogonal},
      {"sparse", "Martens 2010", "sigmoid", &fill_sparse},
      {"identity", "ones on the diagonal", "relu", &fill_identity},
      {"lsuv", "Mishkin & Matas 2016", "relu", &fill_orthogonal, 1, 1, kWholeNet, nullptr, true},
      {"pytorch", "default of torch.nn.Linear", "relu", fill_fan_in_uniform, kThird, 1, kWholeNet, &fill_pytorch_bias},
  };
  return table;
}

const Initializer& initializer(std::string_view name) { return row_named(initializers(), name, "initializer"); }

std::vector<std::string> initializer_names() { return row_names(initializers()); }

void Initializer::fill(const Stream& stream, MatrixRef weights, const InitializerOptions& options) const {
  fill_weights(stream,
               {.gain_squared = options.gain ? *options.gain * *options.gain : gain_squared,
                .scale = options.scale.value_or(scale),
                .connections = options.connections},
               weights);
}

OptionFields InitializerOptions::fields() {
  return {
      {.name = "init-gain",
       .value = &gain,
       .help = "factor on the weights of xavier, he, lecun, orthogonal and pytorch starts",
       .range = {.least = 0, .most = 1e3, .above_least = true},
       .unset = "1; for he sqrt(2), or what a leaky ReLU needs"},
      {.name = "init-scale",
       .value = &scale,
       .help = "deviation of normal, truncated-normal and sparse starts, bound of uniform, value of constant, identity",
       .range = {-1e3, 1e3},
       .unset = "0.01, 0.01, 1, 0.05, 0.1, 1"},
      {.name = "init-connections",
       .value = &connections,
       .help = "incoming connections of each unit of a sparse start",
       .range = {1, 1e9}},
      {.name = "init-output",
       .value = &output,
       .help = "initializer of the output layer",
       .choices = initializer_names(),
       .unset = "xavier; that of the whole net for zeros, ones, constant, lsuv and pytorch"},
  };
}

void fill_normal(const Stream& stream, double deviation, MatrixRef weights) {
  for_each_column(weights, [&](Index o) {
    weights.col(o).setZero();
    stream.add_normals(column_position(o), column_span(weights, o));
    weights.col(o) *= static_cast<Scalar>(deviation);
  });
}

}  // namespace dbn
