#include <dbn/nn/optimizer.hpp>

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

namespace dbn {
namespace {

constexpr double kCost = 0.1;
constexpr double kRate = 0.05;
constexpr double kMomentum = 0.9;
constexpr int kUpdates = 10;

double gradient_at(int update, Index i) { return std::sin(1.0 + 3.0 * update + static_cast<double>(i)); }

// One weight's gradients and what becomes of it, in double, straight from the papers.
using Step = void (*)(double& w, double g, double (&state)[2], int t);

void sgd(double& w, double g, double (&)[2], int) { w -= kRate * (g + kCost * w); }

void momentum(double& w, double g, double (&s)[2], int) {
  s[0] = kMomentum * s[0] - kRate * (g + kCost * w);
  w += s[0];
}

// As in the paper: the gradient's step is added to a velocity whose own step comes on top.
void nesterov(double& w, double g, double (&s)[2], int) {
  const double step = kRate * (g + kCost * w);
  s[0] = kMomentum * s[0] - step;
  w += kMomentum * s[0] - step;
}

void adagrad(double& w, double g, double (&s)[2], int) {
  g += kCost * w;
  s[0] += g * g;
  w -= kRate * g / (std::sqrt(s[0]) + 1e-10);
}

void rmsprop(double& w, double g, double (&s)[2], int) {
  g += kCost * w;
  s[0] = 0.99 * s[0] + 0.01 * g * g;
  w -= kRate * g / (std::sqrt(s[0]) + 1e-8);
}

void adam_step(double& w, double g, double (&s)[2], int t) {
  s[0] = 0.9 * s[0] + 0.1 * g;
  s[1] = 0.999 * s[1] + 0.001 * g * g;
  w -= kRate * (s[0] / (1 - std::pow(0.9, t))) / (std::sqrt(s[1] / (1 - std::pow(0.999, t))) + 1e-8);
}

void adam(double& w, double g, double (&s)[2], int t) { adam_step(w, g + kCost * w, s, t); }

void adamw(double& w, double g, double (&s)[2], int t) {
  w -= kRate * kCost * w;
  adam_step(w, g, s, t);
}

double twin(Step step, double w, Index i) {
  double state[2] = {0, 0};
  for (int t = 1; t <= kUpdates; ++t) step(w, gradient_at(t - 1, i), state, t);
  return w;
}

Matrix start() {
  Matrix w(3, 4);
  for (Index i = 0; i < w.size(); ++i) w(i) = static_cast<Scalar>(0.3 * std::cos(static_cast<double>(i)));
  return w;
}

// Hands a gradient over in tiles of the given width, as a batch does.
double hand_over(const Matrix& gradient, Index tile, GradientSink sink) {
  for (Index first = 0; first < gradient.cols(); first += tile) sink(0, first, gradient.middleCols(first, tile));
  return 7;
}

// Runs ten updates.
Matrix trained(const OptimizerKind& kind, Index tile) {
  Matrix w = start();
  const auto optimizer = kind.make({{named("w", w), kCost}}, {});
  for (int t = 0; t < kUpdates; ++t) {
    Matrix gradient(3, 4);
    for (Index i = 0; i < gradient.size(); ++i) gradient(i) = static_cast<Scalar>(gradient_at(t, i));
    const auto objective = [&](GradientSink sink) { return hand_over(gradient, tile, sink); };
    EXPECT_EQ(optimizer->update(objective, {kRate, kMomentum}, t), 7);
  }
  return w;
}

// Ten updates of a few operations each: rounding of at most some ten units in the last place of numbers near 1.
constexpr double kTolerance = 100 * std::numeric_limits<Scalar>::epsilon();

TEST(Optimizer, TenUpdatesEqualTheNaiveTwin) {
  const struct {
    const char* name;
    Step step;
  } cases[] = {{"sgd", &sgd},         {"momentum", &momentum}, {"nesterov", &nesterov}, {"adagrad", &adagrad},
               {"rmsprop", &rmsprop}, {"adam", &adam},         {"adamw", &adamw}};
  const Matrix from = start();
  for (const auto& [name, step] : cases) {
    const Matrix w = trained(optimizer(name), 4);
    for (Index i = 0; i < w.size(); ++i)
      EXPECT_NEAR(w(i), twin(step, from(i), i), kTolerance) << name << " weight " << i;
  }
}

TEST(Optimizer, TilesDoNotChangeTheResult) {
  for (const auto& kind : optimizers()) EXPECT_EQ(trained(kind, 4), trained(kind, 1)) << kind.name;
}

TEST(Optimizer, RateFactorIsOneOnTheRate) {
  for (const auto& kind : optimizers()) {
    if (kind.default_line_searches > 0) continue;
    Matrix slow = start();
    Matrix fast = start();
    const auto constant = [](GradientSink sink) { return hand_over(Matrix::Constant(3, 4, Scalar(0.25)), 4, sink); };
    kind.make({{named("w", slow), 0, 0.5}}, {})->update(constant, {kRate, kMomentum}, 0);
    kind.make({{named("w", fast), 0}}, {})->update(constant, {kRate / 2, kMomentum}, 0);
    EXPECT_TRUE(slow.isApprox(fast, 4 * std::numeric_limits<Scalar>::epsilon())) << kind.name;
    EXPECT_NE(slow, start()) << kind.name;
  }
}

// cost/2 * sum of squares and a linear loss g'w have their minimum at -g / cost.
TEST(Optimizer, LineSearchesFindTheMinimumWithItsCost) {
  for (const auto& kind : optimizers()) {
    if (kind.default_line_searches == 0) continue;
    Matrix w = start();
    const auto optimizer = kind.make({{named("w", w), kCost}}, {.line_searches = 50});
    const Matrix g = 0.1 * start();
    const auto linear = [&](GradientSink sink) {
      hand_over(g, 2, sink);
      return (g.cast<double>().cwiseProduct(w.cast<double>())).sum();
    };
    for (int t = 0; t < 3; ++t) optimizer->update(linear, {}, t);
    EXPECT_TRUE(w.isApprox(-g / static_cast<Scalar>(kCost), Scalar(1e-3))) << kind.name << "\n" << w;
  }
}

// What state() hands out is all there is: an optimizer filled with it goes on with the same bits.
TEST(Optimizer, StateIsComplete) {
  for (const auto& kind : optimizers()) {
    Matrix a = start();
    const auto first = kind.make({{named("w", a), kCost}}, {});
    const auto constant = [](GradientSink sink) { return hand_over(Matrix::Constant(3, 4, Scalar(0.25)), 4, sink); };
    first->update(constant, {kRate, kMomentum}, 0);
    Matrix b = a;
    const auto second = kind.make({{named("w", b), kCost}}, {});
    auto from = first->state();
    auto to = second->state();
    ASSERT_EQ(from.size(), to.size());
    for (std::size_t i = 0; i < from.size(); ++i) {
      EXPECT_EQ(from[i].name, to[i].name);
      to[i].values = from[i].values;
    }
    for (auto* optimizer : {first.get(), second.get()}) optimizer->update(constant, {kRate, kMomentum}, 1);
    EXPECT_EQ(a, b) << kind.name;
  }
}

TEST(Optimizer, UnknownNameIsRefused) { EXPECT_THROW(optimizer("adamm"), InvalidArgument); }

TEST(Optimizer, StateIsAsManyCopiesAsTheTableSays) {
  Matrix weights = Matrix::Ones(3, 2);
  Vector bias = Vector::Ones(2);
  for (const auto& kind : optimizers()) {
    const auto made = kind.make({{named("weight", weights), 0}, {named("bias", bias), 0}}, {});
    Index size = 0;
    for (const auto& tensor : made->state()) size += tensor.values.size();
    EXPECT_EQ(size, kind.state_copies * (weights.size() + bias.size())) << kind.name;
  }
}

}  // namespace
}  // namespace dbn
