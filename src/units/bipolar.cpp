#include <algorithm>
#include <cmath>
#include <numbers>

#include <dbn/core/math.hpp>

#include "unit_table.hpp"

namespace dbn::detail {
namespace {

/// States -1 and 1, base measure 1: mean tanh(x), log-partition log(2 cosh x) = softplus(2x) - x.
class Bipolar final : public UnitType {
 public:
  std::string_view name() const override { return "bipolar"; }

  void mean_in_place(MatrixRef input, const UnitContext&) const override {
    input *= Scalar{2};
    logistic_in_place(input);
    input.array() = Scalar{2} * input.array() - Scalar{1};
  }

  void mean_and_states(const Stream& stream, Position first, MatrixRef input, MatrixRef states,
                       const UnitContext&) const override {
    input *= Scalar{2};
    logistic_in_place(input);
    draw_bernoulli(stream, first, input, states);
    states.array() = Scalar{2} * states.array() - Scalar{1};
    if (states.data() != input.data()) input.array() = Scalar{2} * input.array() - Scalar{1};
  }

  Eigen::VectorXd log_partition(const ConstMatrixRef& input, const UnitContext&) const override {
    const Eigen::ArrayXXd x = input.cast<double>().array().abs();
    return (x + (-2 * x).exp().log1p()).colwise().sum().transpose().matrix();
  }

  Scalar bias_for_mean(Scalar mean) const override {
    return static_cast<Scalar>(std::atanh(std::clamp(static_cast<double>(mean), -kMost, kMost)));
  }

  std::string_view activation() const override { return "tanh"; }
  std::pair<double, double> range() const override { return {-1, 1}; }
  double state_count(Index units) const override { return std::exp2(static_cast<double>(units)); }
  void state_into(Index number, VectorRef state) const override {
    for (Index i = 0; i < state.size(); ++i) state[i] = (number >> i & 1) == 1 ? Scalar{1} : Scalar{-1};
  }
  double default_rate() const override { return 0.01; }

 private:
  static constexpr double kMost = 0.998;  // as far from certainty as a bernoulli unit's log-odds at 1/1000
};

}  // namespace

std::shared_ptr<const UnitType> make_bipolar() { return std::make_shared<Bipolar>(); }

}  // namespace dbn::detail
