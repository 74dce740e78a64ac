#include <cmath>
#include <exception>
#include <limits>
#include <memory>
#include <new>

#include <lbfgs.h>

#include <dbn/nn/minimizer.hpp>

namespace dbn {
namespace {

/// One call of the library, as its callbacks see it.
struct Run {
  SmoothFunction function;
  Eigen::VectorXd x;
  Eigen::VectorXd gradient;
  Minimum result = {};
  std::exception_ptr thrown = {};
};

// The library is C: an exception may not pass through it. It compares values, so one that is no number becomes
// infinite.
double evaluate(void* instance, const double* x, double* gradient, int n, double) {
  auto& run = *static_cast<Run*>(instance);
  double value = std::numeric_limits<double>::infinity();
  run.x.resize(n);
  std::copy(x, x + n, run.x.data());
  if (!run.thrown) try {
      const double found = run.function(run.x, run.gradient);
      if (!std::isnan(found)) value = found;
    } catch (...) {
      run.thrown = std::current_exception();
    }
  if (run.result.evaluations++ == 0) run.result.start_value = run.result.value = value;
  std::copy(run.gradient.data(), run.gradient.data() + n, gradient);
  return value;
}

int take_iteration(void* instance, const double*, const double*, double value, double, double, double, int, int, int) {
  auto& run = *static_cast<Run*>(instance);
  run.result.value = value;
  return run.thrown ? 1 : 0;
}

}  // namespace

Minimum minimize_by_lbfgs(Eigen::VectorXd& x, SmoothFunction function, Index iterations) {
  const auto n = static_cast<int>(x.size());
  // Its own allocation, which is aligned for its vector code.
  const std::unique_ptr<double, void (*)(double*)> point(lbfgs_malloc(n), &lbfgs_free);
  if (!point) throw std::bad_alloc();
  std::copy(x.data(), x.data() + n, point.get());
  lbfgs_parameter_t parameters;
  lbfgs_parameter_init(&parameters);
  parameters.max_iterations = static_cast<int>(iterations);
  // Its own 1e-5 of the length of x would end large nets early.
  parameters.epsilon = 1e-9;
  // A search that halves and doubles stands infinite values; More and Thuente's interpolates between them.
  parameters.linesearch = LBFGS_LINESEARCH_BACKTRACKING_STRONG_WOLFE;
  Run run{.function = function, .x = x, .gradient = Eigen::VectorXd::Zero(n)};
  // Its answer does not matter: out of iterations or without a lower point, x is the best that was found.
  const int status = lbfgs(n, point.get(), nullptr, &evaluate, &take_iteration, &run, &parameters);
  if (run.thrown) std::rethrow_exception(run.thrown);
  if (status == LBFGSERR_OUTOFMEMORY) throw std::bad_alloc();
  std::copy(point.get(), point.get() + n, x.data());
  return run.result;
}

}  // namespace dbn
