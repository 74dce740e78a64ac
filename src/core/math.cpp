#include <dbn/core/math.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <type_traits>
#include <utility>

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

namespace {

// The sum of softplus over a column. Logarithms are dear: each lane keeps the product of its factors 1 + e^-|x|,
// less 1 so that small ones keep their digits, and takes the logarithm once.
double softplus_of_column(const Scalar* column, Index rows) {
  constexpr Index kLanes = 16;
  constexpr Index kMostFactors = 1000;  // each at most 2: their product stays below 2^1024
  using Lanes = Eigen::Array<double, kLanes, 1>;
  Lanes product_less_1 = Lanes::Zero(), positive = Lanes::Zero(), x;
  double sum = 0;
  const auto take_logarithms = [&] {
    for (double& lane : product_less_1) sum += std::log1p(std::exchange(lane, 0.0));
  };
  Index factors = 0;
  for (Index r = 0; r < rows; r += kLanes) {
    const Index n = std::min(kLanes, rows - r);
    x.setConstant(-std::numeric_limits<double>::infinity());
    for (Index i = 0; i < n; ++i) x[i] = static_cast<double>(column[r + i]);
    const Lanes e = (-x.abs()).exp();
    product_less_1 += e * (1 + product_less_1);
    positive += (x <= 0).select(0.0, x);  // NaN stays
    if (++factors < kMostFactors) continue;
    take_logarithms();
    factors = 0;
  }
  take_logarithms();
  return std::accumulate(positive.begin(), positive.end(), sum);
}

}  // namespace

Eigen::VectorXd softplus_column_sums(const ConstMatrixRef& x) {
  Eigen::VectorXd sums(x.cols());
  const Tiles tiles(x.cols(), 32, 1);
  parallel_for(tiles.count(), [&](Index t) {
    for (Index c = tiles.first(t); c < tiles.first(t) + tiles.length(t); ++c)
      sums[c] = softplus_of_column(x.col(c).data(), x.rows());
  });
  return sums;
}

double softplus_sum(const ConstMatrixRef& x) {
  constexpr Index kMostTiles = 64;  // whose sums need no memory from the heap
  const Tiles tiles(x.cols(), std::max<Index>(1, (x.cols() + kMostTiles - 1) / kMostTiles), 1);
  std::array<double, kMostTiles> sums{};
  parallel_for(tiles.count(), [&](Index t) {
    for (Index c = tiles.first(t); c < tiles.first(t) + tiles.length(t); ++c)
      sums[static_cast<std::size_t>(t)] += softplus_of_column(x.col(c).data(), x.rows());
  });
  return std::accumulate(sums.begin(), sums.end(), 0.0);
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
