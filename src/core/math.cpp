#include <dbn/core/math.hpp>

#include <cmath>
#include <limits>

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

// Column by column: where a kernel's vector body ends then depends on the column's length alone.
void logistic_in_place(MatrixRef x) {
  for (Index c = 0; c < x.cols(); ++c) x.col(c).array() = x.col(c).array().logistic();
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
