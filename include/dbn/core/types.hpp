#pragma once
// The scalar, index and matrix types of the whole library, and how they are passed.
//
// A case is a column: a batch is (units x cases), column-major. Weights are (visible x hidden) =
// (fan_in x fan_out); these bytes are a row-major [out, in] matrix, so export copies nothing.

#include <Eigen/Core>

namespace dbn {

#ifdef DBN_DOUBLE
using Scalar = double;
#else
using Scalar = float;
#endif

using Index = Eigen::Index;
using Matrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic>;
using Vector = Eigen::Matrix<Scalar, Eigen::Dynamic, 1>;

/// In: `const ConstMatrixRef&`; in place: `MatrixRef`; out: `Matrix` by value.
using ConstMatrixRef = Eigen::Ref<const Matrix>;
using MatrixRef = Eigen::Ref<Matrix>;
using ConstVectorRef = Eigen::Ref<const Vector>;
using VectorRef = Eigen::Ref<Vector>;

}  // namespace dbn
