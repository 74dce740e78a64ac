#include <dbn/nn/activation.hpp>

#include <cmath>
#include <numbers>

#include <dbn/core/math.hpp>
#include <dbn/core/table.hpp>

namespace dbn {
namespace {

void keep(MatrixRef) {}
void keep_slope(const ConstMatrixRef&, MatrixRef) {}

void sigmoid_slope(const ConstMatrixRef& y, MatrixRef delta) { delta.array() *= y.array() * (Scalar{1} - y.array()); }

// tanh x = 2 logistic(2x) - 1, so that one vectorised kernel serves both.
void tanh_in_place(MatrixRef x) {
  x *= Scalar{2};
  logistic_in_place(x);
  x.array() = Scalar{2} * x.array() - Scalar{1};
}
void tanh_slope(const ConstMatrixRef& y, MatrixRef delta) { delta.array() *= Scalar{1} - y.array().square(); }

// max(x, 0) would turn NaN into 0 and hide a diverged run.
void relu_in_place(MatrixRef x) { x = (x.array() < Scalar{0}).select(Scalar{0}, x); }
void relu_slope(const ConstMatrixRef& y, MatrixRef delta) { delta = (y.array() > Scalar{0}).select(delta, Scalar{0}); }

}  // namespace

const std::vector<Activation>& activations() {
  static const std::vector<Activation> table{
      {"sigmoid", &logistic_in_place, &sigmoid_slope, 1.0, "xavier"},
      {"tanh", &tanh_in_place, &tanh_slope, 5.0 / 3.0, "xavier"},
      {"relu", &relu_in_place, &relu_slope, std::numbers::sqrt2, "he"},
      {"linear", &keep, &keep_slope, 1.0, "xavier"},
  };
  return table;
}

const Activation& activation(std::string_view name) { return row_named(activations(), name, "activation"); }

std::vector<std::string> activation_names() { return row_names(activations()); }

}  // namespace dbn
