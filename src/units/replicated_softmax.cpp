#include <algorithm>
#include <cmath>
#include <limits>

#include <dbn/core/math.hpp>

#include "softmax_shares.hpp"
#include "unit_table.hpp"

namespace dbn::detail {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Counts of the words of a document of D words, drawn D times from one softmax: mean D e^x / sum e^x, log-partition
/// D log sum e^x + the logarithm of D's multinomial coefficients, which is in the base measure and is left out of both
/// sides: it is a constant of the data. Hidden biases count D times [Salakhutdinov & Hinton 2009].
class ReplicatedSoftmax final : public UnitType {
 public:
  std::string_view name() const override { return "replicated-softmax"; }
  bool separable() const override { return false; }
  bool replicated() const override { return true; }
  bool hidden() const override { return false; }

  void mean_in_place(MatrixRef input, const UnitContext& context) const override {
    softmax_in_place(input);
    for (Index c = 0; c < input.cols(); ++c) input.col(c) *= draws(context, c);
  }

  void mean_and_states(const Stream& stream, Position first, MatrixRef input, MatrixRef states,
                       const UnitContext& context) const override {
    Vector probabilities(input.rows()), counts(input.rows());
    for (Index c = 0; c < input.cols(); ++c) {
      softmax_in_place(input.col(c));
      probabilities = input.col(c);
      counts.setZero();
      const auto count = static_cast<std::uint32_t>(std::llround(static_cast<double>(draws(context, c))));
      const std::uint32_t instance = first.instance + static_cast<std::uint32_t>(c);
      for (std::uint32_t d = 0; d < count; ++d)
        counts[draw_category(probabilities, stream.uniform({first.update, instance, first.unit + d}))] += 1;
      input.col(c) *= draws(context, c);
      states.col(c) = counts;
    }
  }

  Eigen::VectorXd log_partition(const ConstMatrixRef& input, const UnitContext& context) const override {
    Eigen::VectorXd sums(input.cols());
    for (Index c = 0; c < input.cols(); ++c)
      sums[c] = static_cast<double>(draws(context, c)) * log_sum_exp(input.col(c).cast<double>());
    return sums;
  }

  // Of a softmax, a count's mean and its probability have the same logarithm but for a constant.
  Scalar bias_for_mean(Scalar mean) const override { return log_of_share(mean); }

  std::string_view activation() const override { return ""; }
  std::pair<double, double> range() const override { return {0, kInfinity}; }
  double default_rate() const override { return 0.001; }

 private:
  static Scalar draws(const UnitContext& context, Index c) {
    return context.counts == nullptr ? Scalar{1} : (*context.counts)[c];
  }
};

}  // namespace

std::shared_ptr<const UnitType> make_replicated_softmax() { return std::make_shared<ReplicatedSoftmax>(); }

}  // namespace dbn::detail
