#include <dbn/experiment/pca.hpp>

#include <cmath>
#include <limits>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/core/random.hpp>
#include <dbn/data/synthetic.hpp>

#include "../support/peak_memory.hpp"
#include "../support/thread_count.hpp"

namespace dbn {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

PreparedCases cases_of(Matrix features) {
  Dataset dataset;
  dataset.name = "made";
  const Index cases = features.cols();
  dataset.features = std::move(features);
  return {std::make_shared<const Dataset>(std::move(dataset)), all_cases(cases), {}};
}

/// Normal numbers whose spread falls from feature to feature.
Matrix spread(Index features, Index cases) {
  Matrix x = Matrix::Zero(features, cases);
  add_normal_noise(Stream(1, Purpose::generation), {}, x);
  for (Index f = 0; f < features; ++f) x.row(f) *= static_cast<Scalar>(std::pow(0.8, static_cast<double>(f)));
  return x;
}

/// Whole numbers from 0 to 7, which Scalar holds exactly, also far from 0.
Matrix digits_of(Index rows, Index cols, std::uint32_t update) {
  const Stream stream(2, Purpose::generation);
  Matrix x(rows, cols);
  for (Index c = 0; c < cols; ++c)
    for (Index r = 0; r < rows; ++r)
      x(r, c) =
          static_cast<Scalar>(stream.below(8, {update, static_cast<std::uint32_t>(c), static_cast<std::uint32_t>(r)}));
  return x;
}

// By hand: variances 9/2 along the first axis, 1/2 along the second.
TEST(Pca, FindsTheAxesOfAnEllipse) {
  const Pca pca = principal_components(cases_of((Matrix(2, 4) << 3, -3, 0, 0, 0, 0, 1, -1).finished()), 1);
  EXPECT_DOUBLE_EQ(pca.variances[0], 4.5);
  EXPECT_DOUBLE_EQ(pca.variances[1], 0.5);
  EXPECT_NEAR(std::abs(pca.components(0, 0)), 1, 1e-15);
  EXPECT_NEAR(reconstruction_error(pca, cases_of((Matrix(2, 2) << 5, 0, 2, 0).finished())), 2, 1e-14);  // (2^2 + 0) / 2
}

// All sums are in double, whose roundings leave a share of some 300 x 1e-16 of the whole.
TEST(Pca, LosesTheDiscardedVariancesOfItsOwnCases) {
  constexpr Index kFeatures = 12;
  const PreparedCases cases = cases_of(spread(kFeatures, 300));  // one batch of 256 and one of 44
  for (Index width = 1; width <= kFeatures; ++width) {
    const Pca pca = principal_components(cases, width);
    const double all = pca.variances.sum();
    EXPECT_NEAR(reconstruction_error(pca, cases), pca.variances.tail(kFeatures - width).sum(), 1e-12 * all) << width;
  }
}

TEST(Pca, DirectionsAreOrthonormalAndHoldAllOfTheVariance) {
  const Matrix x = spread(12, 300);
  const Pca pca = principal_components(cases_of(x), 12);
  const Eigen::MatrixXd unit = pca.components.transpose() * pca.components;
  EXPECT_TRUE(unit.isIdentity(1e-13));
  for (Index i = 1; i < 12; ++i) EXPECT_GE(pca.variances[i - 1], pca.variances[i]);
  const Eigen::MatrixXd exact = x.cast<double>();
  const Eigen::MatrixXd centred = exact.colwise() - exact.rowwise().mean();
  EXPECT_NEAR(pca.variances.sum(), centred.squaredNorm() / 300, 1e-12);
  EXPECT_NEAR((pca.mean - exact.rowwise().mean()).norm(), 0, 1e-13);
}

// Three coordinates and an offset, all whole numbers. A residual of roundings, 1e-13 or less, is squared.
TEST(Pca, IsExactInASubspaceOfItsWidth) {
  constexpr Index kFeatures = 10, kWidth = 3;
  const Matrix basis = digits_of(kFeatures, kWidth, 0);
  const Vector offset = digits_of(kFeatures, 1, 1);
  const auto points = [&](Index count, std::uint32_t update) {
    Matrix x = basis * digits_of(kWidth, count, update);
    x.colwise() += offset;
    return cases_of(std::move(x));
  };
  const Pca pca = principal_components(points(100, 2), kWidth);
  EXPECT_LT(reconstruction_error(pca, points(50, 3)), 1e-20);
  EXPECT_LT(pca.variances.tail(kFeatures - kWidth).maxCoeff(), 1e-12 * pca.variances[0]);
  EXPECT_GT(reconstruction_error(principal_components(points(100, 2), kWidth - 1), points(50, 3)), 1);
}

// A mean of 2^20 would leave four digits of a variance that is a difference of squares; centring keeps ten.
TEST(Pca, AMeanFarFromZeroCostsNothing) {
  const Matrix x = digits_of(6, 300, 4);
  const Pca near = principal_components(cases_of(x), 2);
  const Pca far = principal_components(cases_of((x.array() + Scalar(1 << 20)).matrix()), 2);
  EXPECT_LT((near.variances - far.variances).cwiseAbs().maxCoeff(), 1e-8 * near.variances[0]);
}

TEST(Pca, ThreadsChangeNoBit) {
  const PreparedCases cases = cases_of(spread(200, 300));
  std::vector<Pca> all;
  for (const int threads : {1, 2, 3}) {
    const test::ThreadCount guard(threads);
    all.push_back(principal_components(cases, 5));
  }
  for (const Pca& pca : all) {
    EXPECT_EQ(pca.components, all.front().components);
    EXPECT_EQ(pca.variances, all.front().variances);
  }
}

TEST(Pca, WhatHasNoComponentsIsRefused) {
  const PreparedCases cases = cases_of(spread(4, 10));
  for (const Index width : {Index{-1}, Index{0}, Index{5}})
    EXPECT_THAT([&] { principal_components(cases, width); },
                ThrowsMessage<InvalidArgument>(HasSubstr("1 to the 4 features, found " + std::to_string(width))));
  EXPECT_THROW(principal_components(cases_of(Matrix(4, 0)), 1), InvalidArgument);
  const Pca pca = principal_components(cases, 2);
  EXPECT_THROW(reconstruction_error(pca, cases_of(Matrix(4, 0))), InvalidArgument);
  EXPECT_THAT([&] { reconstruction_error(pca, cases_of(spread(3, 10))); },
              ThrowsMessage<InvalidArgument>(HasSubstr("4 features, found 3")));
  for (const Scalar bad : {std::numeric_limits<Scalar>::infinity(), std::numeric_limits<Scalar>::quiet_NaN()}) {
    Matrix x = spread(4, 10);
    x(2, 3) = bad;
    EXPECT_THAT([&] { principal_components(cases_of(x), 2); }, ThrowsMessage<DataError>(HasSubstr("finite variance")));
  }
}

TEST(PcaMemorySlow, IsWhatItTakes) {
  if (!test::kPlainHeap) GTEST_SKIP() << "this build's heap is larger than what is asked for";
  const PreparedCases cases = cases_of(spread(1000, 600));
  const test::PeakMemory peak;
  const Pca pca = principal_components(cases, 30);
  reconstruction_error(pca, cases);
  const double estimate = pca_memory(1000, 30);
  const auto growth = static_cast<double>(peak.growth());
  EXPECT_GT(estimate + 4e6, growth);
  EXPECT_LT(estimate, 1.5 * (growth + static_cast<double>(peak.free_at_start())));
}

// The generator of curves is calibrated to what the paper's figure 2A says of 18 components: 5.90. The squared error of
// a picture varies by about half of it, so that of 10 000 pictures is known to 0.03; the training cases add less.
TEST(PcaCurvesSlow, LeavesWhatWasPublishedOfACurve) {
  const auto curves = [](Purpose part, Index count) {
    auto dataset = std::make_shared<const Dataset>(synthetic_dataset("curves").make(Stream(0, part), count));
    const auto all = all_cases(count);
    return PreparedCases(dataset, all, fit_preprocessing("unit", *dataset, all));
  };
  const Pca pca = principal_components(curves(Purpose::synthetic_training, 20000), 18);
  EXPECT_NEAR(reconstruction_error(pca, curves(Purpose::synthetic_test, 10000)), 5.90, 0.12);
}

}  // namespace
}  // namespace dbn
