#include <dbn/nn/regression_evaluation.hpp>

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

namespace dbn {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr double kTolerance = 64 * static_cast<double>(std::numeric_limits<Scalar>::epsilon());

// A net of one layer whose scores are its inputs.
Mlp identity_net(Index size) {
  return {{DenseLayer{Matrix::Identity(size, size), Vector::Zero(size), &activation("linear")}}};
}

PreparedCases cases(Matrix features, Matrix targets) {
  Dataset dataset;
  dataset.name = "made";
  dataset.shape = {features.rows()};
  dataset.features = std::move(features);
  set_targets(dataset, std::move(targets), {});
  const Index count = dataset.case_count();
  return {std::make_shared<const Dataset>(std::move(dataset)), all_cases(count), {}};
}

const Loss& squares() { return loss("squared-error"); }
const Loss& probabilities() { return loss("binary-cross-entropy"); }

// The first target is scikit-learn's example of r2_score: 0.9486...
TEST(EvaluateRegression, WorkedExampleOfTwoTargets) {
  const Matrix targets = (Matrix(2, 4) << 3, Scalar(-0.5), 2, 7, 1, 2, 3, 4).finished();
  const Matrix predictions = (Matrix(2, 4) << Scalar(2.5), 0, 2, 8, 2, 2, 2, 2).finished();
  const RegressionEvaluation e = evaluate_regression(identity_net(2), cases(predictions, targets), squares());
  EXPECT_EQ(e.cases, 4);
  ASSERT_EQ(e.targets.size(), 2U);
  EXPECT_NEAR(e.targets[0].r2, 1 - 1.5 / 29.1875, kTolerance);
  EXPECT_NEAR(e.targets[0].rmse, std::sqrt(0.375), kTolerance);
  EXPECT_NEAR(e.targets[0].mean_absolute_error, 0.5, kTolerance);
  EXPECT_NEAR(e.targets[1].r2, 1 - 6.0 / 5, kTolerance) << "worse than their mean: below 0";
  EXPECT_NEAR(e.targets[1].rmse, std::sqrt(1.5), kTolerance);
  EXPECT_NEAR(e.targets[1].mean_absolute_error, 1, kTolerance);
  EXPECT_NEAR(e.r2, (e.targets[0].r2 + e.targets[1].r2) / 2, kTolerance);
  EXPECT_NEAR(e.error, 100 * (1 - e.r2), kTolerance);
  EXPECT_NEAR(e.rmse, std::sqrt((0.375 + 1.5) / 2), kTolerance);
  EXPECT_NEAR(e.mean_absolute_error, 0.75, kTolerance);
  EXPECT_EQ(e.cross_entropy, std::nullopt);
  EXPECT_EQ(e.wrong_side, std::nullopt);
}

TEST(EvaluateRegression, ConstantTargetsAreExplainedOrNot) {
  const Matrix targets = Matrix::Constant(1, 3, 4);
  EXPECT_EQ(evaluate_regression(identity_net(1), cases(targets, targets), squares()).r2, 1);
  Matrix off = targets;
  off(0, 1) = 5;
  EXPECT_EQ(evaluate_regression(identity_net(1), cases(off, targets), squares()).r2, 0);
  EXPECT_EQ(evaluate_regression(identity_net(1), cases(off.col(1), targets.col(1)), squares()).r2, 0) << "one case";
}

TEST(EvaluateRegression, ProbabilitiesHaveACrossEntropyAndASide) {
  const Matrix scores = (Matrix(2, 2) << 2, -1, -3, 1).finished();
  const Matrix targets = (Matrix(2, 2) << 1, 1, 0, Scalar(0.75)).finished();
  const RegressionEvaluation e = evaluate_regression(identity_net(2), cases(scores, targets), probabilities());
  const auto p = [](double score) { return 1 / (1 + std::exp(-score)); };
  ASSERT_TRUE(e.cross_entropy && e.wrong_side);
  EXPECT_NEAR(
      *e.cross_entropy,
      (-std::log(p(2)) - std::log(p(-1)) - std::log(1 - p(-3)) - 0.75 * std::log(p(1)) - 0.25 * std::log(p(-1))) / 2,
      kTolerance);
  EXPECT_EQ(*e.wrong_side, 25) << "one of four";
  EXPECT_NEAR(e.targets[0].mean_absolute_error, ((1 - p(2)) + (1 - p(-1))) / 2, kTolerance);
}

TEST(EvaluateRegression, RunsByBatches) {
  const Matrix targets = Vector::LinSpaced(1000, 0, 999).transpose();
  const Matrix predictions = targets.array() + 2;
  const RegressionEvaluation e = evaluate_regression(identity_net(1), cases(predictions, targets), squares());
  EXPECT_EQ(e.cases, 1000);
  EXPECT_NEAR(e.rmse, 2, kTolerance);
  EXPECT_NEAR(e.r2, 1 - 4000 / (1000 * (1e6 - 1) / 12), kTolerance);
}

// R2 does not depend on units, so a net under training is measured as it will be when its scaling is folded in.
TEST(EvaluateRegression, OfScaledPredictionsIsThatOfTheFoldedNet) {
  const TargetScaling scaling{Vector::Constant(1, 50), Vector::Constant(1, 20)};
  const Matrix targets = (Matrix(1, 4) << 10, 40, 60, 90).finished();
  const PreparedCases some = cases((Matrix(1, 4) << -2, 0, 1, 2).finished(), targets);
  Mlp folded = identity_net(1);
  fold_target_scaling(folded, scaling);
  const RegressionEvaluation e = evaluate_regression(identity_net(1), some, squares(), scaling);
  EXPECT_NEAR(e.r2, evaluate_regression(folded, some, squares()).r2, kTolerance);
  EXPECT_NEAR(e.r2, 1 - 200.0 / 3400, kTolerance);
}

TEST(EvaluateRegression, RefusesWhatDoesNotFit) {
  const Matrix two = Matrix::Constant(2, 1, 2);
  EXPECT_THROW(evaluate_regression(identity_net(1), cases(two.topRows(1), two), squares()), InvalidArgument);
  EXPECT_THROW(evaluate_regression(identity_net(2), cases(Matrix(2, 0), Matrix(2, 0)), squares()), InvalidArgument);
  EXPECT_THAT([&] { evaluate_regression(identity_net(2), cases(two, two), probabilities()); },
              ThrowsMessage<DataError>(
                  testing::AllOf(HasSubstr("made: case 1: target target1 is 2"), HasSubstr("--loss squared-error"))));
}

}  // namespace
}  // namespace dbn
