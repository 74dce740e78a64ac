#pragma once
// Numerically safe scalar functions and whole-matrix kernels that layers and losses are made of.

#include <dbn/core/types.hpp>

namespace dbn {

/// 1 / (1 + e^-x).
double logistic(double x);
/// log(1 + e^x) without overflow.
double softplus(double x);
/// log(sum_i e^{x_i}) without overflow; -infinity for an empty vector.
double log_sum_exp(const Eigen::Ref<const Eigen::VectorXd>& x);

/// Every element x becomes 1 / (1 + e^-x).
void logistic_in_place(MatrixRef x);
/// Sum of softplus over the rows of each column, in double.
Eigen::VectorXd softplus_column_sums(const ConstMatrixRef& x);
/// Over all elements, without memory from the heap.
double softplus_sum(const ConstMatrixRef& x);
/// Sums of the rows, added column after column: the same bits wherever a tile is cut.
void row_sums_into(const ConstMatrixRef& x, VectorRef sums);
/// Every column becomes e^x / sum e^x, its maximum subtracted first.
void softmax_in_place(MatrixRef x);

/// Of all elements as a whole population, in double.
struct MeanAndVariance {
  double mean = 0;
  double variance = 0;
};
MeanAndVariance mean_and_variance(const ConstMatrixRef& x);

/// Singular values in rising order, as many as the smaller side is long, by the eigenvalues of the smaller Gram matrix:
/// accurate to about 1e-8 of the largest.
Eigen::VectorXd singular_values(const Eigen::MatrixXd& x);

/// False when any element is infinite or not a number.
bool all_finite(const ConstMatrixRef& x);

/// False when any element is not a number or larger than 1e5 in size: weights of a run that has diverged, also where
/// saturated units keep everything finite.
bool all_moderate(const ConstMatrixRef& x);

}  // namespace dbn
