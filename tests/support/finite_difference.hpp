#pragma once
// The check of every gradient: what a GradientSink delivers against differences of the loss.

#include <cmath>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include <dbn/core/function_ref.hpp>
#include <dbn/core/tensor.hpp>

#include "gradient_store.hpp"

namespace dbn::test {

/// Step of the differences: where the rounding of the loss, eps/h, meets the truncation, h^4. Each parameter moves by
/// up to twice this.
inline Scalar difference_step() { return std::pow(std::numeric_limits<Scalar>::epsilon(), Scalar{1} / 5); }

/// Slope of `loss` along `parameter`, from five points; its error is h^4/30 times the fifth derivative.
inline double numeric_slope(Scalar& parameter, FunctionRef<double()> loss) {
  const Scalar centre = parameter;
  const Scalar h = difference_step();
  const auto at = [&](int steps) {
    parameter = centre + static_cast<Scalar>(steps) * h;
    return loss();
  };
  const double slope = (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * static_cast<double>(h));
  parameter = centre;
  return slope;
}

/// Largest difference allowed. In double 1e-6 of the tensor's largest slope. In float the loss, a sum of some dozens of
/// rounded numbers, is known to about 32 eps, and the stencil divides that by h: about 3e-4 for a loss near 3.
inline double gradient_tolerance(double loss, double largest_slope) {
  if constexpr (std::is_same_v<Scalar, double>) return 1e-6 * largest_slope;
  const double noise = 32 * static_cast<double>(std::numeric_limits<Scalar>::epsilon()) * (1 + std::abs(loss));
  return noise / static_cast<double>(difference_step()) + 1e-6 * largest_slope;
}

/// Checks that `gradient` delivers every column of every tensor once, with the slopes of `loss`. The loss must read the
/// parameters that `tensors` views, and be smooth within two steps of them.
inline void expect_gradient_is_slope(TensorList tensors, FunctionRef<double()> loss,
                                     FunctionRef<void(GradientSink)> gradient) {
  GradientStore delivered(tensors);
  gradient(delivered);
  EXPECT_TRUE(delivered.complete());
  for (std::size_t t = 0; t < tensors.size(); ++t) {
    auto& values = tensors[t].values;
    Eigen::MatrixXd slopes(values.rows(), values.cols());
    for (Index i = 0; i < values.size(); ++i) slopes.data()[i] = numeric_slope(values.data()[i], loss);
    const double largest = slopes.cwiseAbs().maxCoeff();
    const double error = (delivered.gradients()[t].cast<double>() - slopes).cwiseAbs().maxCoeff();
    EXPECT_LE(error, gradient_tolerance(loss(), largest)) << tensors[t].name << ", largest slope " << largest;
    EXPECT_GT(largest, 0) << tensors[t].name << " does not matter to this loss: the check is empty";
  }
}

}  // namespace dbn::test
