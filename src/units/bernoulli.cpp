#include <algorithm>
#include <cmath>

#include <dbn/core/math.hpp>

#include "unit_table.hpp"

namespace dbn::detail {
namespace {

/// States 0 and 1, base measure 1: mean logistic(x), log-partition softplus(x).
class Bernoulli final : public UnitType {
 public:
  std::string_view name() const override { return "bernoulli"; }

  void mean_in_place(MatrixRef input, const UnitContext&) const override { logistic_in_place(input); }

  void mean_and_states(const Stream& stream, Position first, MatrixRef input, MatrixRef states,
                       const UnitContext&) const override {
    logistic_in_place(input);
    draw_bernoulli(stream, first, input, states);
  }

  Eigen::VectorXd log_partition(const ConstMatrixRef& input, const UnitContext&) const override {
    return softplus_column_sums(input);
  }

  // Log-odds, held within those of 1/1000: a pixel that was never seen is rare, not impossible.
  Scalar bias_for_mean(Scalar mean) const override {
    const double p = std::clamp(static_cast<double>(mean), kLeast, 1 - kLeast);
    return static_cast<Scalar>(std::log(p / (1 - p)));
  }

  std::string_view activation() const override { return "sigmoid"; }
  std::pair<double, double> range() const override { return {0, 1}; }
  double state_count(Index units) const override { return std::exp2(static_cast<double>(units)); }
  void state_into(Index number, VectorRef state) const override {
    for (Index i = 0; i < state.size(); ++i) state[i] = static_cast<Scalar>(number >> i & 1);
  }
  double default_rate() const override { return 0.05; }

 private:
  static constexpr double kLeast = 1e-3;
};

}  // namespace

std::shared_ptr<const UnitType> make_bernoulli() { return std::make_shared<Bernoulli>(); }

}  // namespace dbn::detail
