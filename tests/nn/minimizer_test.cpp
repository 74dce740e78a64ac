#include <dbn/nn/minimizer.hpp>

#include <cmath>
#include <limits>
#include <stdexcept>

#include <gtest/gtest.h>

namespace dbn {
namespace {

using Eigen::VectorXd;

struct Method {
  const char* name;
  Minimum (*minimize)(VectorXd&, SmoothFunction, Index);
};

constexpr Method kMethods[] = {{"cg",
                                [](VectorXd& x, SmoothFunction f, Index searches) {
                                  ConjugateGradientBuffers buffers;
                                  return minimize_by_cg(x, f, searches, buffers);
                                }},
                               {"lbfgs", &minimize_by_lbfgs}};

/// sum of 100 (x_{i+1} - x_i^2)^2 + (1 - x_i)^2 [Rosenbrock 1960]: 0 at (1, ..., 1), at the end of a bent valley.
constexpr auto rosenbrock = [](const VectorXd& x, VectorXd& gradient) {
  gradient.setZero(x.size());
  double value = 0;
  for (Index i = 0; i + 1 < x.size(); ++i) {
    const double off = x[i + 1] - x[i] * x[i];
    value += 100 * off * off + (1 - x[i]) * (1 - x[i]);
    gradient[i] += -400 * off * x[i] - 2 * (1 - x[i]);
    gradient[i + 1] += 200 * off;
  }
  return value;
};

/// sum of k (x_k - 1/k)^2 / 2 for k from 1: 0 at x_k = 1/k.
constexpr auto quadratic = [](const VectorXd& x, VectorXd& gradient) {
  gradient.resize(x.size());
  double value = 0;
  for (Index i = 0; i < x.size(); ++i) {
    const auto k = static_cast<double>(i + 1);
    gradient[i] = k * (x[i] - 1 / k);
    value += gradient[i] * gradient[i] / k / 2;
  }
  return value;
};

TEST(Minimizer, ReachesTheMinimumOfRosenbrock) {
  for (const auto& method : kMethods)
    for (const Index size : {2, 10}) {
      VectorXd x = VectorXd::Constant(size, -1);
      x[0] = -1.2;
      const Minimum minimum = method.minimize(x, rosenbrock, 500);
      EXPECT_LT(minimum.value, 1e-8) << method.name << " " << size;
      EXPECT_LT((x.array() - 1).abs().maxCoeff(), 1e-3) << method.name << " " << x.transpose();
      EXPECT_LT(minimum.evaluations, 2000) << method.name;
    }
}

// Conjugate directions end a quadratic of n dimensions in n exact searches; these searches are nearly exact.
TEST(Minimizer, ReachesTheMinimumOfAQuadratic) {
  for (const auto& method : kMethods) {
    VectorXd x = VectorXd::Constant(20, 3);
    const Minimum minimum = method.minimize(x, quadratic, 60);
    EXPECT_LT(minimum.value, 1e-8) << method.name;
    for (Index i = 0; i < 20; ++i) EXPECT_NEAR(x[i], 1.0 / static_cast<double>(i + 1), 1e-3) << method.name;
  }
}

TEST(Minimizer, StartValueAndValueAreThoseOfItsEnds) {
  for (const auto& method : kMethods) {
    VectorXd x = VectorXd::Constant(5, 2);
    VectorXd gradient;
    const double before = rosenbrock(x, gradient);
    const Minimum minimum = method.minimize(x, rosenbrock, 2);
    EXPECT_DOUBLE_EQ(minimum.start_value, before) << method.name;
    EXPECT_DOUBLE_EQ(minimum.value, rosenbrock(x, gradient)) << method.name;
    EXPECT_LT(minimum.value, before) << method.name;
  }
}

// What a batch is worth: each search may only lower the value.
TEST(Minimizer, NeverRises) {
  for (const auto& method : kMethods) {
    VectorXd x(3);
    x << -3, 4, -2;
    VectorXd gradient;
    double before = rosenbrock(x, gradient);
    for (int update = 0; update < 30; ++update) {
      method.minimize(x, rosenbrock, 3);
      const double after = rosenbrock(x, gradient);
      EXPECT_LE(after, before) << method.name;
      before = after;
    }
  }
}

TEST(Minimizer, StaysAtAMinimum) {
  for (const auto& method : kMethods) {
    VectorXd x = VectorXd::Ones(4);
    EXPECT_EQ(method.minimize(x, rosenbrock, 10).value, 0) << method.name;
    EXPECT_EQ(x, VectorXd::Ones(4)) << method.name;
  }
}

// -log x beyond its border is not a number; the step back must find the inside again.
TEST(Minimizer, StepsBackFromWhatIsNotANumber) {
  const auto barrier = [](const VectorXd& x, VectorXd& gradient) {
    gradient = x.cwiseInverse() * -1 + VectorXd::Constant(x.size(), 2);
    return 2 * x.sum() - x.array().log().sum();
  };
  for (const auto& method : kMethods) {
    VectorXd x = VectorXd::Constant(3, 40);
    method.minimize(x, barrier, 60);
    EXPECT_LT((x.array() - 0.5).abs().maxCoeff(), 1e-3) << method.name << " " << x.transpose();
  }
}

TEST(Minimizer, AFunctionThatIsNoNumberEndsIt) {
  const auto none = [](const VectorXd& x, VectorXd& gradient) {
    gradient.setConstant(x.size(), std::numeric_limits<double>::quiet_NaN());
    return std::numeric_limits<double>::quiet_NaN();
  };
  for (const auto& method : kMethods) {
    VectorXd x = VectorXd::Ones(3);
    EXPECT_FALSE(std::isfinite(method.minimize(x, none, 5).value)) << method.name;
  }
}

TEST(Minimizer, ExceptionsOfTheFunctionPassThrough) {
  int calls = 0;
  const auto failing = [&](const VectorXd& x, VectorXd& gradient) {
    if (++calls == 3) throw std::runtime_error("no more");
    return rosenbrock(x, gradient);
  };
  for (const auto& method : kMethods) {
    calls = 0;
    VectorXd x = VectorXd::Constant(2, -1);
    EXPECT_THROW(method.minimize(x, failing, 10), std::runtime_error) << method.name;
  }
}

}  // namespace
}  // namespace dbn
