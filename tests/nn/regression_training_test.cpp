// Fine-tuning towards numbers, from targets in their own units to predictions in these.

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/core/random.hpp>
#include <dbn/nn/fine_tune.hpp>
#include <dbn/nn/regression_evaluation.hpp>

namespace dbn {
namespace {

constexpr Index kCases = 120;

// Two features; a target near 5000 that is bent in the first, and a small one that falls with the second.
PreparedCases waves(Index count, Scalar scale = 1) {
  Matrix x = Matrix::Zero(2, count);
  add_normal_noise(Stream(7, Purpose::synthetic_training), {}, x);
  Matrix y(2, count);
  for (Index c = 0; c < count; ++c) y.col(c) << 5000 + 100 * std::sin(2 * x(0, c)), Scalar(-0.01) * x(1, c);
  Dataset dataset;
  dataset.name = "waves";
  dataset.shape = {2};
  dataset.features = std::move(x);
  set_targets(dataset, scale * y, {"height", "slope"});
  return {std::make_shared<const Dataset>(std::move(dataset)), all_cases(count), {}};
}

FinetuneOptions regression() {
  FinetuneOptions options;
  options.task = "regression";
  options.epochs = 60;
  options.batch = 10;
  options.learning_rate = 0.01;
  return options;
}

Mlp start(Index outputs = 2) { return make_mlp({2, 20, outputs}, "tanh", "xavier", 1); }

TEST(RegressionTraining, LearnsTargetsOfVeryDifferentUnits) {
  const PreparedCases cases = waves(kCases);
  const FinetuneResult result = fine_tune(start(), cases, &cases, regression(), 1);
  const RegressionEvaluation e = evaluate_regression(result.net, cases, loss("squared-error"));
  EXPECT_GT(e.targets[0].r2, 0.9);
  EXPECT_GT(e.targets[1].r2, 0.9);
  // What training watched is what the finished net does.
  EXPECT_NEAR(*result.history.back().validation_error, e.error, 0.01);
  EXPECT_LT(result.history.back().train_loss, result.history.front().train_loss / 3);
}

TEST(RegressionTraining, UnitsChangeNothingButTheUnits) {
  FinetuneOptions options = regression();
  options.epochs = 2;
  const auto error = [&](Scalar scale) {
    const PreparedCases cases = waves(kCases, scale);
    return evaluate_regression(fine_tune(start(), cases, nullptr, options, 1).net, cases, loss("squared-error")).error;
  };
  EXPECT_NEAR(error(1), error(1024), 0.05);
}

TEST(RegressionTraining, GoesOnFromAModelThatWasUnfolded) {
  const PreparedCases cases = waves(kCases);
  Mlp net = fine_tune(start(), cases, nullptr, regression(), 1).net;
  const Matrix batch = Matrix::Identity(2, 2);
  const Matrix before = net.scores(batch);
  unfold_target_scaling(net, fit_target_scaling(cases, loss("squared-error")));
  FinetuneOptions options = regression();
  options.epochs = 1;
  options.learning_rate = 1e-9;
  EXPECT_TRUE(fine_tune(net, cases, nullptr, options, 1).net.scores(batch).isApprox(before, Scalar(1e-4)));
}

TEST(RegressionTraining, ProbabilitiesAreLearntAsTheyAre) {
  Dataset dataset = waves(kCases).dataset();
  const Matrix& x = std::get<Matrix>(dataset.features);
  set_targets(dataset, (x.array() > 0).cast<Scalar>(), {});
  const PreparedCases cases(std::make_shared<const Dataset>(std::move(dataset)), all_cases(kCases), {});
  FinetuneOptions options = regression();
  options.loss = "binary-cross-entropy";
  const Mlp net = fine_tune(start(), cases, nullptr, options, 1).net;
  EXPECT_LT(*evaluate_regression(net, cases, loss("binary-cross-entropy")).wrong_side, 5);
}

TEST(RegressionTraining, PatienceWatchesUnexplainedVariance) {
  const PreparedCases cases = waves(kCases);
  FinetuneOptions options = regression();
  options.patience = 3;
  const FinetuneResult result = fine_tune(start(), cases, &cases, options, 1);
  const double best = *result.history[static_cast<std::size_t>(result.best_epoch - 1)].validation_error;
  for (const auto& e : result.history) EXPECT_GE(*e.validation_error, best);
  EXPECT_NEAR(evaluate_regression(result.net, cases, loss("squared-error")).error, best, 0.01);
}

TEST(RegressionTraining, RefusesTargetsThatDoNotFit) {
  const PreparedCases cases = waves(kCases);
  EXPECT_THROW(fine_tune(start(3), cases, nullptr, regression(), 1), InvalidArgument);
  FinetuneOptions options = regression();
  options.loss = "binary-cross-entropy";
  EXPECT_THROW(fine_tune(start(), cases, nullptr, options, 1), DataError);
  EXPECT_THROW(fine_tune(start(), cases, nullptr, {}, 1), InvalidArgument) << "no labels";
}

}  // namespace
}  // namespace dbn
