#include <cmath>
#include <numbers>

#include "unit_table.hpp"

namespace dbn::detail {
namespace {

/// Real states of unit variance, base measure e^{-s^2/2}: mean x, log-partition x^2/2 + log(2 pi)/2. The energy
/// s^2/2 - b s differs from (s - b)^2/2 by b^2/2, which no probability notices.
class Gaussian final : public UnitType {
 public:
  std::string_view name() const override { return "gaussian"; }

  void mean_in_place(MatrixRef) const override {}

  void mean_and_states(const Stream& stream, Position first, MatrixRef input, MatrixRef states) const override {
    states = input;
    add_normal_noise(stream, first, states);
  }

  Eigen::VectorXd log_partition(const ConstMatrixRef& input) const override {
    const double constant = 0.5 * static_cast<double>(input.rows()) * std::log(2 * std::numbers::pi);
    return (0.5 * input.cast<double>().colwise().squaredNorm().transpose().array() + constant).matrix();
  }

  Eigen::VectorXd energy(const ConstMatrixRef& states, const ConstVectorRef& bias) const override {
    return 0.5 * states.cast<double>().colwise().squaredNorm().transpose() -
           states.cast<double>().transpose() * bias.cast<double>();
  }

  Scalar bias_for_mean(Scalar mean) const override { return mean; }
  std::string_view activation() const override { return "linear"; }
  bool binary() const override { return false; }
  double default_rate() const override { return 0.001; }
};

}  // namespace

std::shared_ptr<const UnitType> make_gaussian() { return std::make_shared<Gaussian>(); }

}  // namespace dbn::detail
