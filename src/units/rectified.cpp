#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/math.hpp>

#include "unit_table.hpp"

namespace dbn::detail {
namespace {

double normal_density(double t) { return std::exp(-t * t / 2) / std::sqrt(2 * std::numbers::pi); }
double normal_tail(double t) { return std::erfc(t / std::numbers::sqrt2) / 2; }  // of values above t

/// E max(0, x + N(0, variance)).
double rectified_mean(double x, double deviation) {
  const double t = x / deviation;
  return x * normal_tail(-t) + deviation * normal_density(t);
}

/// Noisy rectified units: a state is max(0, x + noise), the noise normal with variance logistic(x) [Nair & Hinton
/// 2010]; a capped unit's state is min(cap, that). The mean is that of the state; its integral stands for the
/// log-partition, so that free energies have the slope that learning follows. No joint distribution has these
/// conditionals exactly: they approximate a sum of infinitely many binary units. The layer above and a net see max(0,
/// x), without noise.
class Rectified final : public UnitType {
 public:
  Rectified(std::string_view name, std::string_view activation, double cap)
      : name_(name), activation_(activation), cap_(cap) {
    // The mean is its own slope's integral: Simpson's rule on each step of the grid.
    integral_[0] = 0;
    for (std::size_t i = 0; i + 1 < kPoints; ++i) {
      const double x = grid(i);
      integral_[i + 1] = integral_[i] + kStep / 6 * (mean(x) + 4 * mean(x + kStep / 2) + mean(x + kStep));
    }
  }

  std::string_view name() const override { return name_; }

  void mean_in_place(MatrixRef input, const UnitContext&) const override {
    for (Index c = 0; c < input.cols(); ++c)
      for (Index r = 0; r < input.rows(); ++r)
        input(r, c) = static_cast<Scalar>(mean(static_cast<double>(input(r, c))));
  }

  void mean_and_states(const Stream& stream, Position first, MatrixRef input, MatrixRef states,
                       const UnitContext& context) const override {
    Matrix noise = Matrix::Zero(input.rows(), input.cols());
    add_normal_noise(stream, first, noise);
    Matrix deviation = input;
    logistic_in_place(deviation);
    // One number at a time: Eigen's square root is another one at the ends of a column.
    for (Index c = 0; c < input.cols(); ++c)
      for (Index r = 0; r < input.rows(); ++r)
        noise(r, c) =
            std::clamp(input(r, c) + std::sqrt(deviation(r, c)) * noise(r, c), Scalar{0}, static_cast<Scalar>(cap_));
    mean_in_place(input, context);
    states = noise;
  }

  void code_in_place(MatrixRef input, const UnitContext&) const override {
    input = input.cwiseMax(Scalar{0}).cwiseMin(static_cast<Scalar>(cap_)).eval();
  }

  Eigen::VectorXd log_partition(const ConstMatrixRef& input, const UnitContext&) const override {
    Eigen::VectorXd sums = Eigen::VectorXd::Zero(input.cols());
    for (Index c = 0; c < input.cols(); ++c)
      for (Index r = 0; r < input.rows(); ++r) sums[c] += integral(static_cast<double>(input(r, c)));
    return sums;
  }

  Eigen::VectorXd energy(const ConstMatrixRef&, const ConstVectorRef&, const UnitContext&) const override {
    throw InvalidArgument(fmt::format("energy: {} units have conditionals, but no energy of a joint state", name_));
  }

  Scalar bias_for_mean(Scalar mean) const override { return mean; }
  std::string_view activation() const override { return activation_; }
  std::pair<double, double> range() const override { return {0, cap_}; }
  bool exact() const override { return false; }
  bool visible() const override { return false; }
  double default_rate() const override { return 0.001; }

 private:
  // Below the grid a unit is off: at -12 the deviation is 1/400 of its distance to 0.
  static constexpr double kLeast = -12, kStep = 1.0 / 64;
  static constexpr std::size_t kPoints = 64 * 32 + 1;  // to 20

  static double grid(std::size_t i) { return kLeast + kStep * static_cast<double>(i); }

  double mean(double x) const {
    const double deviation = std::sqrt(logistic(x));
    if (deviation == 0) return 0;
    const double rectified = rectified_mean(x, deviation);
    return std::isinf(cap_) ? rectified : rectified - rectified_mean(x - cap_, deviation);
  }

  // Cubic between two points of the grid, by values and slopes there; beyond it the noise no longer matters.
  double integral(double x) const {
    constexpr double kMost = kLeast + kStep * (kPoints - 1);
    if (x <= kLeast) return 0;
    if (x >= kMost) return integral_.back() + (std::isinf(cap_) ? (x * x - kMost * kMost) / 2 : cap_ * (x - kMost));
    const auto i = static_cast<std::size_t>((x - kLeast) / kStep);
    const double t = (x - grid(i)) / kStep, u = 1 - t;
    return integral_[i] * u * u * (1 + 2 * t) + integral_[i + 1] * t * t * (1 + 2 * u) +
           kStep * t * u * (u * mean(grid(i)) - t * mean(grid(i + 1)));
  }

  std::string_view name_, activation_;
  double cap_;
  std::array<double, kPoints> integral_{};
};

}  // namespace

std::shared_ptr<const UnitType> make_relu() {
  return std::make_shared<Rectified>("relu", "relu", std::numeric_limits<double>::infinity());
}
std::shared_ptr<const UnitType> make_relu6() { return std::make_shared<Rectified>("relu6", "relu6", 6.0); }

}  // namespace dbn::detail
