#include <dbn/nn/regression_evaluation.hpp>

#include <cmath>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/moments.hpp>
#include <dbn/nn/evaluation.hpp>

namespace dbn {
namespace {

// What is summed over cases, target by target.
class Sums {
 public:
  Sums(Index targets, const Loss& loss)
      : loss_(loss),
        moments_(targets),
        squared_(Eigen::ArrayXd::Zero(targets)),
        absolute_(Eigen::ArrayXd::Zero(targets)) {}

  void add(const Matrix& scores, const Matrix& targets, const TargetScaling& scaling) {
    if (loss_.probabilities) {
      Matrix gradient = scores;
      cross_entropy_ += loss_.value_and_gradient(gradient, targets);
    }
    Matrix predictions = scores;
    loss_.predict(predictions);
    scaling.undo(predictions);
    for (Index c = 0; c < targets.cols(); ++c) {
      const Eigen::ArrayXd target = targets.col(c).cast<double>();
      const Eigen::ArrayXd prediction = predictions.col(c).cast<double>();
      moments_.add(target);
      squared_ += (prediction - target).square();
      absolute_ += (prediction - target).abs();
      wrong_ += ((prediction > 0.5) != (target > 0.5)).count();
    }
  }

  RegressionEvaluation result() const {
    RegressionEvaluation result{.cases = moments_.count()};
    const auto cases = static_cast<double>(result.cases);
    const Index count = squared_.size();
    for (Index k = 0; k < count; ++k)
      result.targets.push_back({r2(k), std::sqrt(squared_[k] / cases), absolute_[k] / cases});
    for (const auto& target : result.targets) result.r2 += target.r2 / static_cast<double>(count);
    result.error = 100 * (1 - result.r2);
    result.rmse = std::sqrt(squared_.mean() / cases);
    result.mean_absolute_error = absolute_.mean() / cases;
    if (loss_.probabilities) {
      result.cross_entropy = cross_entropy_ / cases;
      result.wrong_side = 100 * static_cast<double>(wrong_) / (cases * static_cast<double>(count));
    }
    return result;
  }

 private:
  double r2(Index k) const {
    const double variance = moments_.squares()[k];
    if (variance > 0) return 1 - squared_[k] / variance;
    return squared_[k] > 0 ? 0 : 1;
  }

  const Loss& loss_;
  Moments moments_;
  Eigen::ArrayXd squared_, absolute_;
  double cross_entropy_ = 0;
  Index wrong_ = 0;
};

}  // namespace

RegressionEvaluation evaluate_regression(const Mlp& net, const PreparedCases& cases, const Loss& loss) {
  const Index count = net.output_count();
  return evaluate_regression(net, cases, loss, {Vector::Zero(count), Vector::Ones(count)});
}

RegressionEvaluation evaluate_regression(const Mlp& net, const PreparedCases& cases, const Loss& loss,
                                         const TargetScaling& scaling) {
  check_targets(cases, net.output_count(), loss);
  if (cases.case_count() == 0)
    throw InvalidArgument(fmt::format("{}: expected cases with targets, found none", cases.dataset().name));
  Sums sums(net.output_count(), loss);
  const auto all = all_cases(cases.case_count());
  for_each_scores(net, cases, [&](Index first, const Matrix& scores) {
    Matrix targets(scores.rows(), scores.cols());
    cases.gather_targets_into(
        std::span(all).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(scores.cols())), targets);
    sums.add(scores, targets, scaling);
  });
  return sums.result();
}

}  // namespace dbn
