#include <dbn/nn/activation.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

#include <unsupported/Eigen/SpecialFunctions>

#include <dbn/core/math.hpp>
#include <dbn/core/table.hpp>

namespace dbn {
namespace {

constexpr Scalar kZero{0}, kOne{1}, kHalf{0.5};
constexpr auto kLeak = static_cast<Scalar>(0.01);
// The fixed point of Klambauer et al. 2017, with the digits that PyTorch uses.
constexpr auto kSeluScale = static_cast<Scalar>(1.0507009873554804934193349852946);
constexpr auto kSeluBottom = static_cast<Scalar>(1.0507009873554804934193349852946 * 1.6732632423543772848170429916717);

constexpr Index kBlockSize = 64;
using Block = Eigen::Array<Scalar, kBlockSize, 1>;

// Functions that Eigen computes otherwise in its vector body than at a column's ends work on whole blocks, where there
// are no ends: an element's bits do not depend on where it stands. What is left over of the last block is idle work.
// f(block, other) becomes the elements of `out`; `other` are those of `in`.
template <typename F>
void by_blocks(const ConstMatrixRef& in, MatrixRef out, F f) {
  Block block = Block::Zero(), other = Block::Zero();
  for (Index c = 0; c < out.cols(); ++c)
    for (Index r = 0; r < out.rows(); r += kBlockSize) {
      const Index n = std::min(kBlockSize, out.rows() - r);
      block.head(n) = out.col(c).segment(r, n);
      other.head(n) = in.col(c).segment(r, n);
      block = f(block, other);
      out.col(c).segment(r, n) = block.head(n);
    }
}
template <typename F>
void by_blocks(MatrixRef x, F f) {
  by_blocks(x, x, [&](const Block& block, const Block&) -> Block { return f(block); });
}

void keep(MatrixRef) {}
void keep_slope(const ConstMatrixRef&, MatrixRef) {}
// Of functions that are made of straight pieces.
void no_curvature(const ConstMatrixRef&, MatrixRef delta) { delta.setZero(); }

void sigmoid_slope(const ConstMatrixRef& y, MatrixRef delta) { delta.array() *= y.array() * (kOne - y.array()); }
void sigmoid_curvature(const ConstMatrixRef& y, MatrixRef delta) {
  delta.array() *= y.array() * (kOne - y.array()) * (kOne - Scalar{2} * y.array());
}

// tanh x = 2 logistic(2x) - 1, so that one vectorised kernel serves both.
void tanh_in_place(MatrixRef x) {
  x *= Scalar{2};
  logistic_in_place(x);
  x.array() = Scalar{2} * x.array() - kOne;
}
void tanh_slope(const ConstMatrixRef& y, MatrixRef delta) { delta.array() *= kOne - y.array().square(); }
void tanh_curvature(const ConstMatrixRef& y, MatrixRef delta) {
  by_blocks(y, delta, [](const Block& d, const Block& b) -> Block { return d * Scalar{-2} * b * (kOne - b.square()); });
}

// max(x, 0) would turn NaN into 0 and hide a diverged run; so would min. Hence select, whose last case is x itself.
void relu_in_place(MatrixRef x) { x = (x.array() < kZero).select(kZero, x); }
void relu_slope(const ConstMatrixRef& y, MatrixRef delta) { delta = (y.array() > kZero).select(delta, kZero); }

void leaky_relu_in_place(MatrixRef x) { x = (x.array() < kZero).select(kLeak * x, x); }
void leaky_relu_slope(const ConstMatrixRef& y, MatrixRef delta) {
  delta = (y.array() > kZero).select(delta, kLeak * delta);
}

void clamp(MatrixRef x, Scalar least, Scalar most) {
  x = (x.array() < least).select(least, (x.array() > most).select(most, x));
}
// delta times `slope` strictly between the bounds, 0 where the output is held at one.
void slope_between(const ConstMatrixRef& y, Scalar least, Scalar most, Scalar slope, MatrixRef delta) {
  delta = (y.array() > least && y.array() < most).select(slope * delta, kZero);
}

void relu6_in_place(MatrixRef x) { clamp(x, kZero, Scalar{6}); }
void relu6_slope(const ConstMatrixRef& y, MatrixRef delta) { slope_between(y, kZero, Scalar{6}, kOne, delta); }
void hard_tanh_in_place(MatrixRef x) { clamp(x, -kOne, kOne); }
void hard_tanh_slope(const ConstMatrixRef& y, MatrixRef delta) { slope_between(y, -kOne, kOne, kOne, delta); }
void hard_sigmoid_in_place(MatrixRef x) {
  // A division and not a product by 1/6: with this order 3 becomes exactly 1.
  x.array() = (x.array() + Scalar{3}) / Scalar{6};
  clamp(x, kZero, kOne);
}
void hard_sigmoid_slope(const ConstMatrixRef& y, MatrixRef delta) {
  slope_between(y, kZero, kOne, kOne / Scalar{6}, delta);
}

// x hard-sigmoid(x). The factor is chosen, not computed, at its ends: -infinity times 0 would be NaN.
void hard_swish_in_place(MatrixRef x) {
  x = (x.array() < Scalar{-3})
          .select(kZero, (x.array() > Scalar{3}).select(x, x.array() * (x.array() + Scalar{3}) / Scalar{6}));
}
void hard_swish_slope(const ConstMatrixRef& x, MatrixRef delta) {
  delta = (x.array() <= Scalar{-3})
              .select(kZero, (x.array() >= Scalar{3}).select(delta, delta.array() * (x.array() / Scalar{3} + kHalf)));
}

// Eigen's own expm1 and log1p do the same, but are not vectorised and ten times as slow: what rounding takes from the
// sum 1 + e or the difference u - 1, the quotient gives back [Kahan]. Quotients stand in blocks of their own, because a
// select is not vectorised either.

// e^x - 1.
Block exp_minus_1(const Block& x) {
  const Block u = x.exp();
  const Block less = u - kOne;
  const Block quotient = less * x / u.log();
  // Far below 0 the exponential is held above 0, and its logarithm is not x any more.
  return (u == kOne).select(x, (less == -kOne).select(less, quotient));
}
// log(1 + e).
Block log_1_plus(const Block& e) {
  const Block u = kOne + e;
  const Block quotient = u.log() * e / (u - kOne);
  return (u == kOne).select(e, quotient);
}

void elu_in_place(MatrixRef x) {
  by_blocks(x, [](const Block& b) -> Block { return (b < kZero).select(exp_minus_1(-b.abs()), b); });
}
void elu_slope(const ConstMatrixRef& y, MatrixRef delta) {
  delta.array() *= (y.array() > kZero).select(kOne, y.array() + kOne);
}
void elu_curvature(const ConstMatrixRef& y, MatrixRef delta) {
  delta.array() *= (y.array() >= kZero).select(kZero, y.array() + kOne);
}

void selu_in_place(MatrixRef x) {
  by_blocks(x, [](const Block& b) -> Block {
    return (b < kZero).select(kSeluBottom * exp_minus_1(-b.abs()), kSeluScale * b);
  });
}
void selu_slope(const ConstMatrixRef& y, MatrixRef delta) {
  delta.array() *= (y.array() > kZero).select(kSeluScale, y.array() + kSeluBottom);
}
void selu_curvature(const ConstMatrixRef& y, MatrixRef delta) {
  delta.array() *= (y.array() >= kZero).select(kZero, y.array() + kSeluBottom);
}

// max(x, 0) + log(1 + e^-|x|) does not overflow.
void softplus_in_place(MatrixRef x) {
  by_blocks(x, [](const Block& b) -> Block { return (b < kZero).select(kZero, b) + log_1_plus((-b.abs()).exp()); });
}
// logistic(x) = 1 - e^-y.
void softplus_slope(const ConstMatrixRef& y, MatrixRef delta) {
  by_blocks(y, delta, [](const Block& d, const Block& b) -> Block { return d * -exp_minus_1(-b); });
}
// That of the logistic function.
void softplus_curvature(const ConstMatrixRef& y, MatrixRef delta) {
  by_blocks(y, delta, [](const Block& d, const Block& b) -> Block {
    const Block slope = -exp_minus_1(-b);
    return d * slope * (kOne - slope);
  });
}

void softsign_in_place(MatrixRef x) { x.array() /= kOne + x.array().abs(); }
// 1 / (1 + |x|) = 1 - |y|.
void softsign_slope(const ConstMatrixRef& y, MatrixRef delta) { delta.array() *= (kOne - y.array().abs()).square(); }
void softsign_curvature(const ConstMatrixRef& y, MatrixRef delta) {
  delta.array() *= Scalar{-2} * y.array().sign() * (kOne - y.array().abs()).cube();
}

// The normal distribution function.
Block normal_share(const Block& x) { return kHalf + kHalf * (x * static_cast<Scalar>(1 / std::numbers::sqrt2)).erf(); }
void gelu_in_place(MatrixRef x) {
  by_blocks(x, [](const Block& b) -> Block { return b * normal_share(b); });
}
void gelu_slope(const ConstMatrixRef& x, MatrixRef delta) {
  const auto kDensity = static_cast<Scalar>(0.5 * std::numbers::inv_sqrtpi * std::numbers::sqrt2);
  by_blocks(x, delta, [kDensity](const Block& d, const Block& b) -> Block {
    return d * (normal_share(b) + kDensity * b * (-kHalf * b.square()).exp());
  });
}

}  // namespace

const std::vector<Activation>& activations() {
  constexpr bool kFromInput = true;
  static const double leaky_gain = std::sqrt(2 / (1 + 0.01 * 0.01));
  static const std::vector<Activation> table{
      {"sigmoid", &logistic_in_place, &sigmoid_slope, &sigmoid_curvature, 1.0, "xavier"},
      {"tanh", &tanh_in_place, &tanh_slope, &tanh_curvature, 5.0 / 3.0, "xavier"},
      {"relu", &relu_in_place, &relu_slope, &no_curvature, std::numbers::sqrt2, "he"},
      {"linear", &keep, &keep_slope, &no_curvature, 1.0, "xavier"},
      {"leaky-relu", &leaky_relu_in_place, &leaky_relu_slope, &no_curvature, leaky_gain, "he"},
      {"elu", &elu_in_place, &elu_slope, &elu_curvature, 1.0, "he"},
      {"selu", &selu_in_place, &selu_slope, &selu_curvature, 0.75, "lecun"},
      {"softplus", &softplus_in_place, &softplus_slope, &softplus_curvature, 1.0, "he"},
      {"softsign", &softsign_in_place, &softsign_slope, &softsign_curvature, 1.0, "xavier"},
      {"gelu", &gelu_in_place, &gelu_slope, nullptr, 1.0, "he", kFromInput},
      {"hard-sigmoid", &hard_sigmoid_in_place, &hard_sigmoid_slope, &no_curvature, 1.0, "xavier"},
      {"hard-tanh", &hard_tanh_in_place, &hard_tanh_slope, &no_curvature, 1.0, "xavier"},
      {"hard-swish", &hard_swish_in_place, &hard_swish_slope, nullptr, 1.0, "he", kFromInput},
      {"relu6", &relu6_in_place, &relu6_slope, &no_curvature, 1.0, "he"},
  };
  return table;
}

const Activation& activation(std::string_view name) { return row_named(activations(), name, "activation"); }

std::vector<std::string> activation_names() { return row_names(activations()); }

}  // namespace dbn
