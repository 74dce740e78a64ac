#include <dbn/nn/start_profile.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/math.hpp>
#include <dbn/core/product.hpp>

namespace dbn {
namespace {

// The largest slope that the function has, over the range where any of them bends.
Scalar steepest_slope(const Activation& f) {
  constexpr Index kPoints = 257;
  Matrix at = Vector::LinSpaced(kPoints, Scalar{-8}, Scalar{8});
  Matrix slope = Matrix::Ones(kPoints, 1);
  if (!f.slope_from_input) f.apply(at);
  f.multiply_by_slope(at, slope);
  return slope.cwiseAbs().maxCoeff();
}

// `at` is what multiply_by_slope takes.
void set_saturation(LayerProfile& profile, const Activation& f, const Matrix& at) {
  constexpr auto kFlat = static_cast<Scalar>(0.05);
  Matrix slope = Matrix::Ones(at.rows(), at.cols());
  f.multiply_by_slope(at, slope);
  const Eigen::Array<bool, Eigen::Dynamic, Eigen::Dynamic> flat = slope.array().abs() <= kFlat * steepest_slope(f);
  profile.saturated = static_cast<double>(flat.count()) / static_cast<double>(at.size());
  Index dead = 0;
  for (Index unit = 0; unit < at.rows(); ++unit) dead += flat.row(unit).all() ? 1 : 0;
  profile.dead = static_cast<double>(dead) / static_cast<double>(at.rows());
}

// Sorted, equal units stand side by side.
double alike_share(const DenseLayer& layer) {
  const auto begin = [&](Index unit) { return layer.weights.col(unit).data(); };
  const auto less = [&](Index a, Index b) {
    if (layer.bias[a] != layer.bias[b]) return layer.bias[a] < layer.bias[b];
    return std::lexicographical_compare(begin(a), begin(a) + layer.fan_in(), begin(b), begin(b) + layer.fan_in());
  };
  std::vector<Index> units(static_cast<std::size_t>(layer.fan_out()));
  std::iota(units.begin(), units.end(), Index{0});
  std::sort(units.begin(), units.end(), less);
  std::vector<bool> alike(units.size());
  for (std::size_t i = 1; i < units.size(); ++i)
    if (!less(units[i - 1], units[i])) alike[i - 1] = alike[i] = true;
  return static_cast<double>(std::count(alike.begin(), alike.end(), true)) / static_cast<double>(units.size());
}

void check(const Mlp& net, const ConstMatrixRef& batch, std::span<const int> labels) {
  if (batch.rows() != net.feature_count() || batch.cols() < 1 || std::ssize(labels) != batch.cols())
    throw InvalidArgument(
        fmt::format("start profile: expected {} features, a case or more and as many labels, found "
                    "{} x {}, {}",
                    net.feature_count(), batch.rows(), batch.cols(), labels.size()));
  for (const int label : labels)
    if (label < 0 || label >= net.output_count())
      throw InvalidArgument(
          fmt::format("start profile: expected labels below {}, found {}", net.output_count(), label));
  for (std::size_t i = 0; i < net.layers.size(); ++i)
    if (!all_finite(net.layers[i].weights) || !all_finite(net.layers[i].bias))
      throw InvalidArgument(fmt::format("start profile: expected finite weights, layer {} has others", i + 1));
}

/// The forward pass: what slopes are taken from, layer by layer, and the scores.
struct Forward {
  std::vector<Matrix> slopes_at;
  Matrix scores;
};

Forward forward(const Mlp& net, const ConstMatrixRef& batch, std::vector<LayerProfile>& profile) {
  Forward pass{.slopes_at = {}, .scores = batch};
  for (std::size_t i = 0; i < net.layers.size(); ++i) {
    const DenseLayer& layer = net.layers[i];
    Matrix total(layer.fan_out(), batch.cols());
    multiply_add_into(transposed(layer.weights), plain(pass.scores), layer.bias, total, kNoEpilogue);
    Matrix output = total;
    layer.activation->apply(output);
    const auto [mean, variance] = mean_and_variance(output);
    profile[i].activation_mean = mean;
    profile[i].activation_variance = variance;
    pass.slopes_at.push_back(layer.activation->slope_from_input ? std::move(total) : output);
    set_saturation(profile[i], *layer.activation, pass.slopes_at.back());
    pass.scores = std::move(output);
  }
  return pass;
}

void backward(const Mlp& net, Forward pass, std::span<const int> labels, std::vector<LayerProfile>& profile) {
  Matrix delta = std::move(pass.scores);
  softmax_in_place(delta);
  for (Index c = 0; c < delta.cols(); ++c) delta(labels[static_cast<std::size_t>(c)], c) -= Scalar{1};
  for (std::size_t i = net.layers.size(); i-- > 0;) {
    net.layers[i].activation->multiply_by_slope(pass.slopes_at[i], delta);
    const auto [mean, variance] = mean_and_variance(delta);
    profile[i].gradient_mean = mean;
    profile[i].gradient_variance = variance;
    if (i == 0) return;
    Matrix below(net.layers[i].fan_in(), delta.cols());
    multiply_into(plain(net.layers[i].weights), plain(delta), below);
    delta = std::move(below);
  }
}

// Factor per step from `first` to `last`, `steps` apart.
double factor(double first, double last, std::size_t steps) {
  if (steps == 0) return 1;
  return first > 0 ? std::pow(last / first, 1 / static_cast<double>(steps)) : 0;
}

bool overflows(const LayerProfile& layer) {
  return !std::isfinite(layer.activation_variance) || !std::isfinite(layer.gradient_variance);
}

double largest(std::span<const LayerProfile> layers, double LayerProfile::*share) {
  double most = 0;
  for (const auto& layer : layers) most = std::max(most, layer.*share);
  return most;
}

std::size_t hidden_count(const std::vector<LayerProfile>& profile) { return profile.empty() ? 0 : profile.size() - 1; }

}  // namespace

std::vector<LayerProfile> start_profile(const Mlp& net, const ConstMatrixRef& batch, std::span<const int> labels) {
  check(net, batch, labels);
  std::vector<LayerProfile> profile(net.layers.size());
  for (std::size_t i = 0; i < net.layers.size(); ++i) {
    profile[i].units = net.layers[i].fan_out();
    profile[i].alike = alike_share(net.layers[i]);
    const Eigen::VectorXd singular = singular_values(net.layers[i].weights.cast<double>());
    profile[i].smallest_singular_value = singular.minCoeff();
    profile[i].largest_singular_value = singular.maxCoeff();
  }
  backward(net, forward(net, batch, profile), labels, profile);
  return profile;
}

double activation_factor(const std::vector<LayerProfile>& profile) {
  const std::size_t hidden = hidden_count(profile);
  if (hidden < 2) return 1;
  return factor(profile[0].activation_variance, profile[hidden - 1].activation_variance, hidden - 1);
}

double gradient_factor(const std::vector<LayerProfile>& profile) {
  const std::size_t hidden = hidden_count(profile);
  if (hidden < 2) return 1;
  return factor(profile[hidden - 1].gradient_variance, profile[0].gradient_variance, hidden - 1);
}

std::vector<std::string> start_faults(const std::vector<LayerProfile>& profile) {
  constexpr double kLittle = 0.6, kMuch = 2;           // of the variance, layer by layer
  constexpr double kMostDead = 0.1, kMostFlat = 0.75;  // a ReLU's half is no fault
  const std::size_t hidden = hidden_count(profile);
  if (hidden == 0) return {};
  const std::span<const LayerProfile> layers(profile.data(), hidden);
  if (std::any_of(layers.begin(), layers.end(), overflows)) return {"activations or gradients overflow"};
  std::vector<std::string> faults;
  const auto units = [&](double LayerProfile::*share, double most, const char* what) {
    const double found = largest(layers, share);
    if (found > most) faults.push_back(fmt::format("up to {:.0f} % of a layer's {}", 100 * found, what));
  };
  units(&LayerProfile::alike, 0, "units are alike and stay so");
  units(&LayerProfile::dead, kMostDead, "units are dead");
  units(&LayerProfile::saturated, kMostFlat, "outputs are saturated");
  if (layers.front().gradient_variance == 0) {
    faults.emplace_back("no gradient reaches the first layer");
    return faults;
  }
  const auto step = [&](double found, const char* less, const char* more) {
    if (found < kLittle) faults.push_back(fmt::format("{}, to {:.3g} % of their variance a layer", less, 100 * found));
    if (found > kMuch) faults.push_back(fmt::format("{}, to {:.3g} times their variance a layer", more, found));
  };
  step(activation_factor(profile), "signals fade", "signals grow");
  step(gradient_factor(profile), "gradients vanish", "gradients explode");
  return faults;
}

}  // namespace dbn
