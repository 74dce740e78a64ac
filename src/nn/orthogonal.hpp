#pragma once
// The nearest thing to a random rotation that a matrix of any shape can be.

#include <Eigen/Core>

namespace dbn::detail {

/// Of independent normals (any shape), a matrix with orthonormal columns, or rows where these are fewer, drawn
/// uniformly from all such matrices (Haar measure).
Eigen::MatrixXd orthonormal(Eigen::MatrixXd normals);

}  // namespace dbn::detail
