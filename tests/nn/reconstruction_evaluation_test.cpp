#include <dbn/nn/reconstruction_evaluation.hpp>

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/core/math.hpp>
#include <dbn/nn/deep_autoencoder.hpp>

namespace dbn {
namespace {

constexpr auto kEpsilon = static_cast<double>(std::numeric_limits<Scalar>::epsilon());

PreparedCases cases_of(const Matrix& features) {
  Dataset dataset;
  dataset.name = "made";
  dataset.features = features;
  return {std::make_shared<const Dataset>(dataset), all_cases(features.cols()), {}};
}

// More cases than are evaluated at once, with values from 0 to 1.
Matrix many() {
  Matrix features(3, 1500);
  for (Index i = 0; i < features.size(); ++i) features.data()[i] = static_cast<Scalar>(i * 7919 % 1009) / Scalar{1008};
  return features;
}

// The naive twin: one value at a time, in double.
TEST(ReconstructionEvaluation, IsTheDefinition) {
  const Mlp net = make_deep_autoencoder({3, 2}, "tanh", "linear", "xavier", 1);
  const Matrix features = many();
  const Matrix scores = net.scores(features);
  for (const char* name : {"squared-error", "binary-cross-entropy"}) {
    const Loss& by = loss(name);
    double squared = 0, entropy = 0, variance = 0;
    const Eigen::VectorXd mean = features.cast<double>().rowwise().mean();
    for (Index c = 0; c < features.cols(); ++c)
      for (Index r = 0; r < 3; ++r) {
        const auto x = static_cast<double>(features(r, c)), score = static_cast<double>(scores(r, c));
        const double back = by.probabilities ? logistic(score) : score;
        squared += (back - x) * (back - x);
        variance += (mean[r] - x) * (mean[r] - x);
        entropy -= x * std::log(logistic(score)) + (1 - x) * std::log(1 - logistic(score));
      }
    const auto e = evaluate_reconstruction(net, cases_of(features), by);
    EXPECT_EQ(e.cases, 1500);
    EXPECT_NEAR(e.squared_error, squared / 1500, 64 * kEpsilon * squared / 1500) << name;
    EXPECT_NEAR(e.unexplained, 100 * squared / variance, 6400 * kEpsilon * squared / variance) << name;
    EXPECT_EQ(e.cross_entropy.has_value(), by.probabilities);
    EXPECT_NEAR(e.cross_entropy.value_or(entropy / 1500), entropy / 1500, 64 * kEpsilon * entropy / 1500);
  }
}

TEST(ReconstructionEvaluation, OfConstantCasesAllIsExplainedOrNothing) {
  Mlp net = make_deep_autoencoder({2, 1}, "tanh", "linear", "zeros", 1);
  const auto cases = cases_of(Matrix::Constant(2, 5, Scalar(0.25)));
  EXPECT_EQ(evaluate_reconstruction(net, cases, loss("squared-error")).unexplained, 100);
  net.layers.back().bias.setConstant(Scalar(0.25));
  const auto exact = evaluate_reconstruction(net, cases, loss("squared-error"));
  EXPECT_EQ(exact.squared_error, 0);
  EXPECT_EQ(exact.unexplained, 0);
}

// Test cases may well leave the range of the training cases that the scaling was fitted on.
TEST(ReconstructionEvaluation, ValuesThatAreNoProbabilitiesHaveASquaredErrorStill) {
  const Mlp net = make_deep_autoencoder({3, 2}, "tanh", "linear", "xavier", 1);
  Matrix outside = many();
  outside(1, 1400) = Scalar(1.5);
  const auto e = evaluate_reconstruction(net, cases_of(outside), loss("binary-cross-entropy"));
  EXPECT_FALSE(e.cross_entropy.has_value());
  EXPECT_GT(e.squared_error, 0);
}

TEST(ReconstructionEvaluation, RefusesWhatDoesNotFit) {
  const Mlp net = make_deep_autoencoder({3, 2}, "tanh", "linear", "xavier", 1);
  const Loss& squares = loss("squared-error");
  EXPECT_THROW(evaluate_reconstruction(make_mlp({3, 2}, "tanh", "xavier", 1), cases_of(many()), squares),
               InvalidArgument);
  EXPECT_THROW(evaluate_reconstruction(net, cases_of(Matrix(3, 0)), squares), InvalidArgument);
  Matrix outside = many();
  outside(1, 1400) = Scalar(1.5);
  EXPECT_NO_THROW(evaluate_reconstruction(net, cases_of(outside), squares));
  EXPECT_THAT([&] { check_inputs(cases_of(outside), loss("binary-cross-entropy")); },
              testing::ThrowsMessage<DataError>(testing::AllOf(testing::HasSubstr("made: case 1401: feature 2 is 1.5"),
                                                               testing::HasSubstr("--loss squared-error"))));
  EXPECT_NO_THROW(check_inputs(cases_of(many()), loss("binary-cross-entropy")));
}

}  // namespace
}  // namespace dbn
