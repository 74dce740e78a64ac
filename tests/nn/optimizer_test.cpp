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

// Naive twins in double, one weight at a time, straight from the papers.
double sgd_twin(double w, Index i) {
  for (int t = 0; t < kUpdates; ++t) w -= kRate * (gradient_at(t, i) + kCost * w);
  return w;
}

double momentum_twin(double w, Index i) {
  double v = 0;
  for (int t = 0; t < kUpdates; ++t) {
    v = kMomentum * v - kRate * (gradient_at(t, i) + kCost * w);
    w += v;
  }
  return w;
}

double adam_twin(double w, Index i) {
  double m = 0;
  double s = 0;
  for (int t = 1; t <= kUpdates; ++t) {
    const double g = gradient_at(t - 1, i) + kCost * w;
    m = 0.9 * m + 0.1 * g;
    s = 0.999 * s + 0.001 * g * g;
    w -= kRate * (m / (1 - std::pow(0.9, t))) / (std::sqrt(s / (1 - std::pow(0.999, t))) + 1e-8);
  }
  return w;
}

Matrix start() {
  Matrix w(3, 4);
  for (Index i = 0; i < w.size(); ++i) w(i) = static_cast<Scalar>(0.3 * std::cos(static_cast<double>(i)));
  return w;
}

// Runs ten updates, the gradient handed over in tiles of the given width.
Matrix trained(const char* name, Index tile) {
  Matrix w = start();
  const auto optimizer = dbn::optimizer(name).make({{named("w", w), kCost}});
  for (int t = 0; t < kUpdates; ++t) {
    Matrix gradient(3, 4);
    for (Index i = 0; i < gradient.size(); ++i) gradient(i) = static_cast<Scalar>(gradient_at(t, i));
    optimizer->begin_update({kRate, kMomentum}, t);
    for (Index first = 0; first < 4; first += tile) optimizer->apply(0, first, gradient.middleCols(first, tile));
  }
  return w;
}

// Ten updates of a few operations each: rounding of at most some ten units in the last place of numbers near 1.
constexpr double kTolerance = 100 * std::numeric_limits<Scalar>::epsilon();

TEST(Optimizer, TenUpdatesEqualTheNaiveTwin) {
  const struct {
    const char* name;
    double (*twin)(double, Index);
  } cases[] = {{"sgd", &sgd_twin}, {"momentum", &momentum_twin}, {"adam", &adam_twin}};
  const Matrix from = start();
  for (const auto& [name, twin] : cases) {
    const Matrix w = trained(name, 4);
    for (Index i = 0; i < w.size(); ++i) EXPECT_NEAR(w(i), twin(from(i), i), kTolerance) << name << " weight " << i;
  }
}

TEST(Optimizer, TilesDoNotChangeTheResult) {
  for (const auto& kind : optimizers())
    EXPECT_EQ(trained(kind.name.c_str(), 4), trained(kind.name.c_str(), 1)) << kind.name;
}

// What state() hands out is all there is: an optimizer filled with it goes on with the same bits.
TEST(Optimizer, StateIsComplete) {
  for (const auto& kind : optimizers()) {
    Matrix a = start();
    const auto first = kind.make({{named("w", a), kCost}});
    const Matrix gradient = Matrix::Constant(3, 4, Scalar{0.25});
    first->begin_update({kRate, kMomentum}, 0);
    first->apply(0, 0, gradient);
    Matrix b = a;
    const auto second = kind.make({{named("w", b), kCost}});
    auto from = first->state();
    auto to = second->state();
    ASSERT_EQ(from.size(), to.size());
    for (std::size_t i = 0; i < from.size(); ++i) {
      EXPECT_EQ(from[i].name, to[i].name);
      to[i].values = from[i].values;
    }
    for (auto* optimizer : {first.get(), second.get()}) {
      optimizer->begin_update({kRate, kMomentum}, 1);
      optimizer->apply(0, 0, gradient);
    }
    EXPECT_EQ(a, b) << kind.name;
  }
}

TEST(Optimizer, UnknownNameIsRefused) { EXPECT_THROW(optimizer("adamm"), InvalidArgument); }

TEST(Optimizer, StateIsAsManyCopiesAsTheTableSays) {
  Matrix weights = Matrix::Ones(3, 2);
  Vector bias = Vector::Ones(2);
  for (const auto& kind : optimizers()) {
    const auto made = kind.make({{named("weight", weights), 0}, {named("bias", bias), 0}});
    Index size = 0;
    for (const auto& tensor : made->state()) size += tensor.values.size();
    EXPECT_EQ(size, kind.state_copies * (weights.size() + bias.size())) << kind.name;
  }
}

}  // namespace
}  // namespace dbn
