#include <dbn/nn/evaluation.hpp>

#include <cmath>
#include <utility>

#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

#include "tests/support/statistics_fixture.hpp"

namespace dbn {
namespace {

// A net of one layer whose scores are its inputs.
Mlp identity_net(Index size) {
  return {{DenseLayer{Matrix::Identity(size, size), Vector::Zero(size), &activation("linear")}}};
}

PreparedCases cases(Matrix features, std::vector<int> labels) {
  Dataset dataset;
  dataset.name = "made";
  dataset.shape = {features.rows()};
  dataset.classes = {"a", "b"};
  dataset.labels = std::move(labels);
  const Index count = features.cols();
  dataset.features = std::move(features);
  return {std::make_shared<const Dataset>(std::move(dataset)), all_cases(count), {}};
}

TEST(Evaluate, CountsErrorsAndConfusion) {
  Matrix x(2, 4);
  x << Scalar(2), Scalar(0), Scalar(3), Scalar(0), Scalar(0), Scalar(2), Scalar(0), Scalar(1);
  const Evaluation e = evaluate(identity_net(2), cases(x, {0, 1, 1, kUnlabelled}));
  EXPECT_EQ(e.cases, 3);
  EXPECT_DOUBLE_EQ(e.error, 100.0 / 3);
  EXPECT_EQ(e.confusion, (std::vector<std::vector<Index>>{{1, 0}, {1, 1}}));
  const double p2 = 1 / (1 + std::exp(-2.0));
  const double p3 = 1 / (1 + std::exp(-3.0));
  EXPECT_NEAR(e.cross_entropy, -(2 * std::log(p2) + std::log(1 - p3)) / 3, 1e-6);
  // Two right cases at confidence p2 share a bin, one wrong case at p3 lies in another.
  EXPECT_NEAR(e.calibration_error, 100 * (2 * (1 - p2) + p3) / 3, 1e-4);
}

TEST(Evaluate, WilsonIntervalOfAWorkedExample) {
  // 10 of 100: Newcombe [1998] gives 0.0552 to 0.1744 for the score method.
  const auto interval = wilson_interval(10, 100);
  EXPECT_NEAR(interval[0], 5.52, 0.005);
  EXPECT_NEAR(interval[1], 17.44, 0.005);
  for (Index n = 1; n <= 2000; ++n) {
    EXPECT_EQ(wilson_interval(0, n)[0], 0) << n;
    EXPECT_EQ(wilson_interval(n, n)[1], 100) << n;
  }
}

TEST(Evaluate, WilsonIntervalAgreesWithSciPy) {
  for (const auto& row : test::statistics_fixture("wilson"))
    test::expect_limits(wilson_interval(row.at("wrong").get<Index>(), row.at("cases").get<Index>()), row.at("interval"),
                        1e-11);
}

TEST(Evaluate, WilsonIntervalRefusesWhatIsNoShare) {
  for (const auto& [wrong, cases] : {std::pair{0, 0}, {-1, 5}, {6, 5}, {0, -1}})
    EXPECT_THROW(wilson_interval(wrong, cases), InvalidArgument) << wrong << " of " << cases;
}

// Seen elsewhere: all predictions one class, silently.
TEST(Evaluate, TellsWhenSeveralClassesArePredictedAsOne) {
  Matrix x(2, 3);
  x << Scalar(0), Scalar(0), Scalar(0), Scalar(2), Scalar(3), Scalar(1);
  const auto only = [&](const Matrix& scores, std::vector<int> labels) {
    return evaluate(identity_net(2), cases(scores, std::move(labels))).only_prediction();
  };
  EXPECT_EQ(only(x, {0, 1, 1}), 1);
  EXPECT_EQ(only(x, {0, 1, kUnlabelled}), 1);
  EXPECT_EQ(only(-x, {0, 1, 1}), 0);
  EXPECT_EQ(only(x, {1, 1, 1}), std::nullopt) << "cases of one class are rightly predicted as one";
  EXPECT_EQ(only(x, {0, kUnlabelled, kUnlabelled}), std::nullopt) << "one case";
  x(0, 2) = Scalar(2);
  EXPECT_EQ(only(x, {0, 1, 1}), std::nullopt);
}

TEST(Evaluate, NoLabelsIsAnError) {
  EXPECT_THROW(evaluate(identity_net(2), cases(Matrix::Zero(2, 1), {kUnlabelled})), InvalidArgument);
}

TEST(Evaluate, PredictionsComeInOrderAndComplete) {
  Matrix x = Matrix::Zero(2, 700);
  for (Index c = 0; c < 700; ++c) x(c % 2, c) = Scalar(5);
  Index next = 0;
  for_each_prediction(identity_net(2), cases(x, {}), loss("softmax"), [&](Index first, const Matrix& p) {
    EXPECT_EQ(first, next);
    for (Index c = 0; c < p.cols(); ++c) EXPECT_GT(p((first + c) % 2, c), Scalar(0.99));
    next += p.cols();
  });
  EXPECT_EQ(next, 700);
}

}  // namespace
}  // namespace dbn
