#include <dbn/core/math.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include <Eigen/Eigenvalues>

#include <dbn/core/parallel.hpp>

namespace dbn {

double logistic(double x) {
  // e^x of the negative side only: neither branch overflows.
  const double e = std::exp(-std::abs(x));
  return x >= 0 ? 1.0 / (1.0 + e) : e / (1.0 + e);
}

double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }

double log_sum_exp(const Eigen::Ref<const Eigen::VectorXd>& x) {
  if (x.size() == 0) return -std::numeric_limits<double>::infinity();
  const double largest = x.maxCoeff();
  if (!std::isfinite(largest)) return largest;
  double sum = 0;
  for (Index i = 0; i < x.size(); ++i) sum += std::exp(x[i] - largest);
  return largest + std::log(sum);
}

void logistic_in_place(MatrixRef x) {
  if constexpr (std::is_same_v<Scalar, float>) {
    // Eigen's is the same function all over a column.
    for (Index c = 0; c < x.cols(); ++c) x.col(c).array() = x.col(c).array().logistic();
  } else {
    // In double it is another one in the vector body than at a column's ends. Whole blocks have no ends, so that an
    // element's bits do not depend on where it stands.
    constexpr Index kBlock = 64;
    Eigen::Array<Scalar, kBlock, 1> block = Eigen::Array<Scalar, kBlock, 1>::Zero();
    for (Index c = 0; c < x.cols(); ++c)
      for (Index r = 0; r < x.rows(); r += kBlock) {
        const Index n = std::min(kBlock, x.rows() - r);
        block.head(n) = x.col(c).segment(r, n);
        block = block.logistic().eval();
        x.col(c).segment(r, n) = block.head(n);
      }
  }
}

Eigen::VectorXd softplus_column_sums(const ConstMatrixRef& x) {
  Eigen::VectorXd sums(x.cols());
  const Tiles tiles(x.cols(), 32, 1);
  parallel_for(tiles.count(), [&](Index t) {
    Eigen::ArrayXd column;
    for (Index c = tiles.first(t); c < tiles.first(t) + tiles.length(t); ++c) {
      column = x.col(c).cast<double>().array();
      sums[c] = (column.max(0.0) + (-column.abs()).exp().log1p()).sum();
    }
  });
  return sums;
}

void row_sums_into(const ConstMatrixRef& x, VectorRef sums) {
  sums.setZero();
  for (Index c = 0; c < x.cols(); ++c) sums += x.col(c);
}

void softmax_in_place(MatrixRef x) {
  for (Index c = 0; c < x.cols(); ++c) {
    const Scalar largest = x.col(c).maxCoeff();
    Scalar sum = 0;
    for (Index r = 0; r < x.rows(); ++r) sum += x(r, c) = std::exp(x(r, c) - largest);
    x.col(c) /= sum;
  }
}

MeanAndVariance mean_and_variance(const ConstMatrixRef& x) {
  const double mean = x.cast<double>().mean();
  return {mean, (x.cast<double>().array() - mean).square().mean()};
}

Eigen::VectorXd singular_values(const Eigen::MatrixXd& x) {
  const Index count = std::min(x.rows(), x.cols());
  Eigen::MatrixXd gram = Eigen::MatrixXd::Zero(count, count);
  if (x.rows() < x.cols())
    gram.selfadjointView<Eigen::Lower>().rankUpdate(x);
  else
    gram.selfadjointView<Eigen::Lower>().rankUpdate(x.transpose());
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> squares(gram, Eigen::EigenvaluesOnly);
  // Rounding may leave a square a little below 0.
  return squares.eigenvalues().cwiseMax(0.0).cwiseSqrt();
}

bool all_finite(const ConstMatrixRef& x) {
  // x - x is 0 for a finite number and NaN otherwise; the sum keeps the first NaN it meets.
  Scalar sum = 0;
  for (Index c = 0; c < x.cols(); ++c) sum += (x.col(c) - x.col(c)).sum();
  return sum == Scalar{0};
}

bool all_moderate(const ConstMatrixRef& x) {
  constexpr Scalar kMost = 1e5;
  // Written so that NaN fails too.
  return (x.array().abs() <= kMost).all();
}

}  // namespace dbn
