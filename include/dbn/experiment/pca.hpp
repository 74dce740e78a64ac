#pragma once
// Principal components [Pearson 1901; Hotelling 1933]: what the best linear codes of a width lose, which is what a deep
// autoencoder has to beat.

#include <Eigen/Core>

#include <dbn/core/types.hpp>
#include <dbn/data/case_source.hpp>

namespace dbn {

/// The directions in which cases vary most.
struct Pca {
  Eigen::VectorXd mean;        ///< features
  Eigen::MatrixXd components;  ///< (features x width), orthonormal columns, the largest variance first
  Eigen::VectorXd variances;   ///< of the cases along all directions, largest first; those past `width` are discarded
};

/// Principal components of all cases, in double: mean and covariance in two passes, batch by batch, both divided by the
/// number of cases. Throws InvalidArgument without a case or unless 1 <= width <= features, DataError when the
/// covariance is not finite.
Pca principal_components(const CaseSource& cases, Index width);

/// Mean over cases of the squared error, summed over features, of their projections on the components. Throws
/// InvalidArgument without a case or when the number of features is another.
double reconstruction_error(const Pca& pca, const CaseSource& cases);

/// Bytes that principal_components() and reconstruction_error() take at their largest, without the cases.
double pca_memory(Index features, Index width);

}  // namespace dbn
