#include <dbn/core/math.hpp>

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace dbn {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
constexpr auto kScalarEpsilon = static_cast<double>(std::numeric_limits<Scalar>::epsilon());

TEST(Math, LogisticHoldsAtExtremes) {
  EXPECT_EQ(logistic(0), 0.5);
  EXPECT_EQ(logistic(1000), 1);
  EXPECT_EQ(logistic(-1000), 0);
  EXPECT_EQ(logistic(kInfinity), 1);
  EXPECT_EQ(logistic(-kInfinity), 0);
  EXPECT_TRUE(std::isnan(logistic(kNan)));
}

// The far negative side keeps its digits: 1 / (1 + e^-x) would lose none, but 1 - logistic(-x) all of them.
TEST(Math, LogisticIsPreciseOnBothSides) {
  for (const double x : {0.1, 1.0, 7.5, 40.0, 700.0}) {
    EXPECT_NEAR(logistic(-x) / std::exp(-x), 1 / (1 + std::exp(-x)), 4 * kEpsilon) << x;
    EXPECT_NEAR(logistic(x) + logistic(-x), 1, 2 * kEpsilon) << x;
  }
}

// Seen elsewhere: log(1 + exp x) overflowing beyond 709, or vanishing below -37.
TEST(Math, SoftplusDoesNotOverflow) {
  EXPECT_EQ(softplus(1000), 1000);
  EXPECT_EQ(softplus(kInfinity), kInfinity);
  EXPECT_EQ(softplus(-1000), 0);
  EXPECT_EQ(softplus(-kInfinity), 0);
  EXPECT_NEAR(softplus(0), std::log(2), kEpsilon);
  EXPECT_NEAR(softplus(-50) / std::exp(-50), 1, 4 * kEpsilon);
  for (const double x : {0.5, 3.0, 20.0}) EXPECT_NEAR(softplus(x) - softplus(-x), x, 4 * kEpsilon * x);
}

TEST(Math, LogSumExpHoldsAtExtremes) {
  const double log2 = std::log(2);
  EXPECT_EQ(log_sum_exp(Eigen::VectorXd()), -kInfinity);
  EXPECT_DOUBLE_EQ(log_sum_exp(Eigen::Vector2d(1000, 1000)), 1000 + log2);
  EXPECT_DOUBLE_EQ(log_sum_exp(Eigen::Vector2d(-1000, -1000)), -1000 + log2);
  EXPECT_DOUBLE_EQ(log_sum_exp(Eigen::Vector2d(1000, -1000)), 1000);
  EXPECT_EQ(log_sum_exp(Eigen::Vector2d(-kInfinity, -kInfinity)), -kInfinity);
  EXPECT_DOUBLE_EQ(log_sum_exp(Eigen::Vector2d(-kInfinity, 3)), 3);
  EXPECT_EQ(log_sum_exp(Eigen::Vector2d(kInfinity, 0)), kInfinity);
  EXPECT_TRUE(std::isnan(log_sum_exp(Eigen::Vector2d(0, kNan))));
  EXPECT_TRUE(std::isnan(log_sum_exp(Eigen::Vector2d(kNan, 0))));
}

TEST(Math, LogSumExpIsTheLogarithmOfTheSum) {
  const Eigen::Vector3d x(0.3, -1.2, 2.0);
  EXPECT_NEAR(log_sum_exp(x), std::log(x.array().exp().sum()), 4 * kEpsilon);
}

// A column of every length up to a few vector registers: values in the vector body and in the tail.
TEST(Math, LogisticInPlaceIsLogisticOfEachElement) {
  for (Index rows = 1; rows <= 40; ++rows) {
    Matrix x(rows, 3);
    for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<Scalar>(i % 23 - 11) / Scalar{2};
    const Matrix before = x;
    logistic_in_place(x);
    for (Index i = 0; i < x.size(); ++i)
      ASSERT_NEAR(x.data()[i], logistic(before.data()[i]), 4 * kScalarEpsilon) << rows << " rows, element " << i;
  }
}

TEST(Math, LogisticInPlaceHoldsAtExtremes) {
  const double extremes[] = {-kInfinity, -1000, -90, 90, 1000, kInfinity};
  for (const double extreme : extremes) {
    Matrix x = Matrix::Constant(19, 1, static_cast<Scalar>(extreme));
    logistic_in_place(x);
    for (Index r = 0; r < x.rows(); ++r) EXPECT_NEAR(x(r, 0), extreme < 0 ? 0 : 1, kScalarEpsilon) << extreme;
  }
}

// A diverged run is noticed by its NaN: no kernel may turn one into a number.
TEST(Math, KernelsKeepNan) {
  for (Index rows = 1; rows <= 33; ++rows)
    for (Index r = 0; r < rows; ++r) {
      Matrix x = Matrix::Zero(rows, 1);
      x(r, 0) = static_cast<Scalar>(kNan);
      Matrix y = x;
      logistic_in_place(y);
      ASSERT_TRUE(std::isnan(y(r, 0))) << "row " << r << " of " << rows;
      ASSERT_TRUE(std::isnan(softplus_column_sums(x)[0]));
      softmax_in_place(x);
      ASSERT_TRUE(std::isnan(x(r, 0)));
    }
}

TEST(Math, SoftplusColumnSumsAddEachColumn) {
  Matrix x(3, 2);
  x << 1000, -1, 0, 0, -1000, 2;
  const Eigen::VectorXd sums = softplus_column_sums(x);
  ASSERT_EQ(sums.size(), 2);
  EXPECT_NEAR(sums[0], 1000 + std::log(2), 1e-12);
  EXPECT_NEAR(sums[1], softplus(-1) + std::log(2) + softplus(2), 1e-14);
}

// Products of factors stand in for sums of logarithms, and must neither overflow nor lose small terms: one of n terms
// is off by a rounding of its factor, and of their sum by one each.
TEST(Math, SoftplusSumsAreTheNaiveOnes) {
  for (const Index rows : {1, 15, 16, 17, 100, 40'000})
    for (const double shift : {-30.0, 0.0, 20.0}) {
      Matrix x(rows, 3);
      for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<Scalar>(shift + static_cast<double>(i % 23) / 4);
      const Eigen::VectorXd sums = softplus_column_sums(x);
      Eigen::VectorXd naive = Eigen::VectorXd::Zero(3);
      for (Index c = 0; c < 3; ++c)
        for (Index r = 0; r < rows; ++r) naive[c] += softplus(static_cast<double>(x(r, c)));
      const double tolerance = 2 * kEpsilon * static_cast<double>(rows + 8);
      for (Index c = 0; c < 3; ++c) EXPECT_NEAR(sums[c] / naive[c], 1, tolerance) << rows << " rows about " << shift;
      EXPECT_NEAR(softplus_sum(x) / naive.sum(), 1, tolerance);
    }
  for (const Index columns : {1, 64, 65, 1000}) {
    const Matrix zeros = Matrix::Zero(3, columns);
    EXPECT_NEAR(softplus_sum(zeros) / (3 * std::log(2) * static_cast<double>(columns)), 1, 1000 * kEpsilon);
  }
}

// Exact, because every partial sum of these is a number of few bits.
TEST(Math, RowSumsAreTheNaiveOnesOfAnyTile) {
  Matrix x(37, 11);
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<Scalar>(i % 23) / Scalar{8} - 1;
  for (const Index first : {0, 5, 36}) {
    Vector sums(37 - first);
    row_sums_into(x.bottomRows(37 - first), sums);
    for (Index r = first; r < 37; ++r) {
      Scalar sum = 0;
      for (Index c = 0; c < 11; ++c) sum += x(r, c);
      ASSERT_EQ(sums[r - first], sum) << r;
    }
  }
}

// Seen elsewhere: softmax without max-subtraction, NaN from 89 (float) or 710 (double).
TEST(Math, SoftmaxSubtractsTheMaximum) {
  Matrix x(3, 3);
  x << 1000, -1000, 5000, 1000, -1000, 0, 0, -1000, -5000;
  softmax_in_place(x);
  constexpr Scalar kThird = Scalar{1} / 3;
  Matrix expected(3, 3);
  expected << 0.5, kThird, 1, 0.5, kThird, 0, 0, kThird, 0;
  EXPECT_LE((x - expected).cwiseAbs().maxCoeff(), static_cast<Scalar>(2 * kScalarEpsilon));
}

TEST(Math, SoftmaxIsProportionalToTheExponential) {
  Matrix x(5, 1);
  x << 0, 1, -2, 3, 0.5;
  const Eigen::ArrayXd e = x.col(0).cast<double>().array().exp();
  softmax_in_place(x);
  // Five exponentials, a sum and a division, each rounded once.
  EXPECT_LE((x.col(0).cast<double>().array() - e / e.sum()).abs().maxCoeff(), 8 * kScalarEpsilon);
}

TEST(Math, AllFiniteFindsOneBadElementAnywhere) {
  constexpr Index kRows = 19;
  Matrix whole = Matrix::Constant(kRows + 2, 3, std::numeric_limits<Scalar>::max());
  whole.col(1) *= Scalar{-1};
  EXPECT_TRUE(all_finite(whole));
  for (const double bad : {kNan, kInfinity, -kInfinity})
    for (Index r = 0; r < whole.rows(); ++r)
      for (Index c = 0; c < whole.cols(); ++c) {
        Matrix x = whole;
        x(r, c) = static_cast<Scalar>(bad);
        ASSERT_FALSE(all_finite(x)) << bad << " at " << r << ", " << c;
        const bool inside = r >= 1 && r <= kRows && c >= 1;
        ASSERT_EQ(all_finite(x.block(1, 1, kRows, 2)), !inside) << bad << " at " << r << ", " << c;
      }
}

TEST(Math, AllFiniteOfNothingIsTrue) { EXPECT_TRUE(all_finite(Matrix(0, 3))); }

TEST(MeanAndVariance, AreThoseOfAWholePopulation) {
  Matrix x(2, 2);
  x << Scalar(1), Scalar(2), Scalar(3), Scalar(6);
  const auto found = mean_and_variance(x);
  EXPECT_DOUBLE_EQ(found.mean, 3);
  EXPECT_DOUBLE_EQ(found.variance, (4 + 1 + 0 + 9) / 4.0);
}

// A rotation of a diagonal matrix has its diagonal for singular values, whichever side is longer.
TEST(SingularValues, AreTheDiagonalOfARotatedDiagonal) {
  const double c = std::cos(0.7), s = std::sin(0.7);
  Eigen::MatrixXd rotation(2, 2);
  rotation << c, -s, s, c;
  Eigen::MatrixXd wide = Eigen::MatrixXd::Zero(2, 3);
  wide(0, 0) = 4;
  wide(1, 1) = 0.5;
  const Eigen::MatrixXd turned = rotation * wide;
  for (const Eigen::MatrixXd& x : {turned, Eigen::MatrixXd(turned.transpose())}) {
    const Eigen::VectorXd found = singular_values(x);
    ASSERT_EQ(found.size(), 2);
    EXPECT_NEAR(found[0], 0.5, 1e-7);
    EXPECT_NEAR(found[1], 4, 1e-7);
  }
}

}  // namespace
}  // namespace dbn
