#include "orthogonal.hpp"

#include <utility>

#include <Eigen/QR>

namespace dbn::detail {
namespace {

// Rows are at least as many as columns. QR works in place: the matrices are the largest that a start needs.
Eigen::MatrixXd orthonormal_columns(Eigen::MatrixXd normals) {
  const Eigen::HouseholderQR<Eigen::Ref<Eigen::MatrixXd>> qr(normals);
  Eigen::MatrixXd q = Eigen::MatrixXd::Identity(normals.rows(), normals.cols());
  q.applyOnTheLeft(qr.householderQ());
  // QR is unique only up to the signs of R's diagonal; without them Householder's choice would show in the draw
  // [Mezzadri 2007].
  for (Eigen::Index c = 0; c < q.cols(); ++c)
    if (qr.matrixQR()(c, c) < 0) q.col(c) = -q.col(c);
  return q;
}

}  // namespace

Eigen::MatrixXd orthonormal(Eigen::MatrixXd normals) {
  if (normals.rows() >= normals.cols()) return orthonormal_columns(std::move(normals));
  return orthonormal_columns(normals.transpose()).transpose();
}

}  // namespace dbn::detail
