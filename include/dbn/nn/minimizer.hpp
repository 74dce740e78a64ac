#pragma once
// Minimisation of a smooth function of many numbers by line searches: what the optimizers cg and lbfgs do to a batch.

#include <Eigen/Core>

#include <dbn/core/function_ref.hpp>
#include <dbn/core/types.hpp>

namespace dbn {

/// A function to be minimised: its value at x, and its gradient there written to the second argument, of x's size. What
/// is not finite counts as higher than anything.
using SmoothFunction = FunctionRef<double(const Eigen::VectorXd& x, Eigen::VectorXd& gradient)>;

/// What a minimisation came to.
struct Minimum {
  double start_value = 0;
  double value = 0;
  Index evaluations = 0;
};

/// Vectors that a minimisation by conjugate gradient works with, made once.
struct ConjugateGradientBuffers {
  Eigen::VectorXd gradient, direction, from, from_gradient;
};

/// Moves x by nonlinear conjugate gradient, the formula of Polak & Ribiere [1969] restarted where it turns negative,
/// with so many line searches at most, each to the strong Wolfe conditions (1e-4, 0.1) [Nocedal & Wright 2006, §3.5].
/// The value never rises. Stops where the gradient vanishes or no step lowers the value.
Minimum minimize_by_cg(Eigen::VectorXd& x, SmoothFunction function, Index line_searches,
                       ConjugateGradientBuffers& buffers);

/// Moves x by limited-memory BFGS [Liu & Nocedal 1989] over six pairs, as liblbfgs does it, for so many iterations at
/// most. The value never rises. Stops where the gradient is 1e-9 times as long as x (or as 1).
Minimum minimize_by_lbfgs(Eigen::VectorXd& x, SmoothFunction function, Index iterations);

}  // namespace dbn
