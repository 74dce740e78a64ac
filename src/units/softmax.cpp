#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <dbn/core/math.hpp>
#include <dbn/core/parallel.hpp>

#include "softmax_shares.hpp"
#include "unit_table.hpp"

namespace dbn::detail {
namespace {

/// A group of units of which exactly one is on: probabilities e^x / sum e^x, log-partition log sum e^x. A layer of this
/// type is one group.
class Softmax final : public UnitType {
 public:
  std::string_view name() const override { return "softmax"; }
  bool separable() const override { return false; }

  void mean_in_place(MatrixRef input, const UnitContext&) const override { softmax_in_place(input); }

  void mean_and_states(const Stream& stream, Position first, MatrixRef input, MatrixRef states,
                       const UnitContext&) const override {
    softmax_in_place(input);
    for (Index c = 0; c < input.cols(); ++c) {
      const std::uint32_t instance = first.instance + static_cast<std::uint32_t>(c);
      const Index on = draw_category(input.col(c), stream.uniform({first.update, instance, first.unit}));
      states.col(c).setZero();
      states(on, c) = 1;
    }
  }

  Eigen::VectorXd log_partition(const ConstMatrixRef& input, const UnitContext&) const override {
    Eigen::VectorXd sums(input.cols());
    for (Index c = 0; c < input.cols(); ++c) sums[c] = log_sum_exp(input.col(c).cast<double>());
    return sums;
  }

  Scalar bias_for_mean(Scalar mean) const override { return log_of_share(mean); }

  std::string_view activation() const override { return ""; }
  std::pair<double, double> range() const override { return {0, 1}; }

  std::string objection(const FeatureSummary& data) const override {
    if (const std::string outside = UnitType::objection(data); !outside.empty()) return outside;
    const double sum = data.mean.cast<double>().sum();
    if (std::abs(sum - 1) < 1e-3) return "";
    return fmt::format(
        "softmax visible units expect one of a group to be 1 and the others 0, found a mean sum of {:.4g}", sum);
  }

  double state_count(Index units) const override { return static_cast<double>(units); }
  void state_into(Index number, VectorRef state) const override {
    state.setZero();
    state[number] = 1;
  }
  double default_rate() const override { return 0.05; }
};

}  // namespace

std::shared_ptr<const UnitType> make_softmax() { return std::make_shared<Softmax>(); }

}  // namespace dbn::detail
