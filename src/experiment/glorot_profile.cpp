#include <dbn/experiment/glorot_profile.hpp>

#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/math.hpp>
#include <dbn/core/parallel.hpp>
#include <dbn/core/product.hpp>
#include <dbn/nn/activation.hpp>

namespace dbn {
namespace {

void check(const ProfileNet& net) {
  if (net.width < 1 || net.depth < 1 || net.cases < 1 || net.jacobian_cases < 0 || net.jacobian_cases > net.cases)
    throw InvalidArgument(
        fmt::format("profile: expected width, depth and cases from 1 and no more Jacobians than "
                    "cases, found {}, {}, {} and {}",
                    net.width, net.depth, net.cases, net.jacobian_cases));
}

Matrix normal_cases(const ProfileNet& net, std::uint64_t seed) {
  Matrix cases = Matrix::Zero(net.width, net.cases);
  add_normal_noise(Stream(seed, Purpose::synthetic_training), {}, cases);
  return cases;
}

Matrix layer_weights(const std::string& name, const InitializerOptions& options, std::uint64_t seed, Index layer,
                     const ProfileNet& net) {
  Matrix weights(net.width, net.width);
  initializer(name).fill(Stream(seed, Purpose::initial_weights, static_cast<std::uint32_t>(layer)), weights, options);
  return weights;
}

Matrix total_inputs(const Matrix& weights, const Matrix& in) {
  Matrix total(weights.cols(), in.cols());
  multiply_into(transposed(weights), plain(in), total);
  return total;
}

double deviation(const Matrix& values) { return std::sqrt(mean_and_variance(values).variance); }

Matrix tanh_of(Matrix total) {
  activation("tanh").apply(total);
  return total;
}

// The scale at which tanh of the scaled total inputs has this deviation: it grows with the scale.
double scale_for(const Matrix& total, double wanted) {
  constexpr int kHalvings = 40;
  const auto at = [&](double scale) { return deviation(tanh_of(static_cast<Scalar>(scale) * total)); };
  constexpr double kMost = 1e6;
  double low = 0, high = 1;
  while (at(high) < wanted) {
    if (high > kMost)
      throw InvalidArgument(fmt::format("profile: no scale of the inputs gives the first layer deviation {}", wanted));
    high *= 2;
  }
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (low + high) / 2;
    (at(middle) < wanted ? low : high) = middle;
  }
  return high;
}

// Mean singular value of weights whose rows are multiplied by `slopes`: by the eigenvalues of the Gram matrix, which
// costs a tenth of a singular value decomposition; the smallest few are known less well and weigh nothing.
double mean_singular_value(const Matrix& weights, const Eigen::VectorXd& slopes) {
  return singular_values(slopes.asDiagonal() * weights.cast<double>()).mean();
}

// `below` holds the activations that the weights multiply.
void add_jacobian(GlorotProfile& profile, const Matrix& weights, const Matrix& below, Index cases) {
  const Eigen::MatrixXd slopes = 1 - below.leftCols(cases).cast<double>().array().square();
  Eigen::VectorXd means(cases);
  parallel_for(cases, [&](Index c) { means[c] = mean_singular_value(weights, slopes.col(c)); });
  profile.singular_value.push_back(means.mean());
  // Over rows: sqrt(n) deviations of the weights.
  const double spread = weights.cast<double>().norm() / std::sqrt(static_cast<double>(weights.cols()));
  profile.expected_singular_value.push_back(8 / (3 * std::numbers::pi) * spread * slopes.mean());
}

}  // namespace

const std::vector<PublishedProfile>& published_profiles() {
  static const std::vector<PublishedProfile> table{
      {"U(-1/sqrt(n), 1/sqrt(n))",
       "lecun-uniform",
       {.gain = 1 / std::sqrt(3.0)},
       {0.164, 0.094, 0.054, 0.031, 0.018},
       0.49},
      {"Xavier", "xavier-uniform", {}, {0.268, 0.248, 0.232, 0.222, 0.213}, 0.80},
  };
  return table;
}

GlorotProfile glorot_profile(const std::string& initializer, const InitializerOptions& options, double first_deviation,
                             std::uint64_t seed, const ProfileNet& net) {
  check(net);
  if (!(first_deviation > 0 && first_deviation <= 0.9))
    throw InvalidArgument(fmt::format("profile: expected a deviation from 0 to 0.9, found {}", first_deviation));
  const Matrix first = total_inputs(layer_weights(initializer, options, seed, 0, net), normal_cases(net, seed));
  GlorotProfile profile;
  profile.input_scale = scale_for(first, first_deviation);
  Matrix activations = tanh_of(static_cast<Scalar>(profile.input_scale) * first);
  profile.activation_deviation.push_back(deviation(activations));
  for (Index layer = 1; layer < net.depth; ++layer) {
    const Matrix weights = layer_weights(initializer, options, seed, layer, net);
    if (net.jacobian_cases > 0) add_jacobian(profile, weights, activations, net.jacobian_cases);
    activations = tanh_of(total_inputs(weights, activations));
    profile.activation_deviation.push_back(deviation(activations));
  }
  return profile;
}

std::vector<double> relu_second_moments(const std::string& initializer, std::uint64_t seed, const ProfileNet& net) {
  check(net);
  const Activation& relu = activation("relu");
  Matrix activations = normal_cases(net, seed);
  std::vector<double> moments;
  for (Index layer = 0; layer < net.depth; ++layer) {
    activations = total_inputs(layer_weights(initializer, {}, seed, layer, net), activations);
    relu.apply(activations);
    moments.push_back(activations.cast<double>().squaredNorm() / static_cast<double>(activations.size()));
  }
  return moments;
}

}  // namespace dbn
