#include <cmath>
#include <limits>
#include <numbers>

#include "unit_table.hpp"

namespace dbn::detail {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Real states. With variance 1: base measure e^{-s^2/2}, mean x, log-partition x^2/2 + log(2 pi)/2. With variance
/// v = e^z, the density is proportional to e^{(x s - s^2/2) / v}: mean x, log-partition x^2/2v + log(2 pi v)/2 [Cho,
/// Ilin & Raiko 2011]. The energy (s^2/2 - b s) / v differs from (s - b)^2/2v by b^2/2v, which no probability notices.
class Gaussian final : public UnitType {
 public:
  explicit Gaussian(bool learned) : learned_(learned) {}

  std::string_view name() const override { return learned_ ? "gaussian-learned" : "gaussian"; }

  void mean_in_place(MatrixRef, const UnitContext&) const override {}

  void mean_and_states(const Stream& stream, Position first, MatrixRef input, MatrixRef states,
                       const UnitContext& context) const override {
    if (context.log_variance == nullptr) {
      states = input;
      return add_normal_noise(stream, first, states);
    }
    const Eigen::VectorXd half = log_variance(context, input.rows()) / 2;
    const Vector deviation = half.array().exp().matrix().cast<Scalar>();
    Matrix noise = Matrix::Zero(input.rows(), input.cols());
    add_normal_noise(stream, first, noise);
    states = input + deviation.asDiagonal() * noise;
  }

  Eigen::VectorXd log_partition(const ConstMatrixRef& input, const UnitContext& context) const override {
    const Eigen::VectorXd z = log_variance(context, input.rows());
    const double constant = 0.5 * static_cast<double>(input.rows()) * std::log(2 * std::numbers::pi) + 0.5 * z.sum();
    const Eigen::MatrixXd squares = input.cast<double>().cwiseAbs2();
    return ((0.5 * squares.transpose() * (-z.array()).exp().matrix()).array() + constant).matrix();
  }

  Eigen::VectorXd energy(const ConstMatrixRef& states, const ConstVectorRef& bias,
                         const UnitContext& context) const override {
    const Eigen::VectorXd precision = (-log_variance(context, states.rows()).array()).exp();
    const Eigen::MatrixXd s = states.cast<double>();
    return 0.5 * s.cwiseAbs2().transpose() * precision - s.transpose() * bias.cast<double>().cwiseProduct(precision);
  }

  Scalar bias_for_mean(Scalar mean) const override { return mean; }
  std::string_view activation() const override { return "linear"; }
  std::pair<double, double> range() const override { return {-kInfinity, kInfinity}; }
  bool learns_variance(Index) const override { return learned_; }
  bool hidden() const override { return !learned_; }
  double default_rate() const override { return 0.001; }

 private:
  static Eigen::VectorXd log_variance(const UnitContext& context, Index units) {
    if (context.log_variance == nullptr) return Eigen::VectorXd::Zero(units);
    return context.log_variance->segment(context.first, units).cast<double>();
  }

  bool learned_;
};

}  // namespace

std::shared_ptr<const UnitType> make_gaussian() { return std::make_shared<Gaussian>(false); }
std::shared_ptr<const UnitType> make_gaussian_learned() { return std::make_shared<Gaussian>(true); }

}  // namespace dbn::detail
