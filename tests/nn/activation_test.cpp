#include <dbn/nn/activation.hpp>

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/nn/initializer.hpp>

namespace dbn {
namespace {

Matrix inputs() {
  Matrix x(8, 1);
  x << Scalar(-7), Scalar(-1.5), Scalar(-0.3), Scalar(-0.01), Scalar(0.01), Scalar(0.4), Scalar(2), Scalar(9);
  return x;
}

Matrix applied(const Activation& f, Matrix x) {
  f.apply(x);
  return x;
}

double exact(const std::string& name, double x) {
  if (name == "sigmoid") return 1 / (1 + std::exp(-x));
  if (name == "tanh") return std::tanh(x);
  if (name == "relu") return std::max(x, 0.0);
  return x;
}

// The value to a few units in the last place; tanh as 2 logistic(2x) - 1 may lose one bit of 1.
TEST(Activation, ValueIsTheFunctionOfItsName) {
  const Matrix x = inputs();
  for (const auto& f : activations()) {
    const Matrix y = applied(f, x);
    for (Index i = 0; i < x.size(); ++i)
      EXPECT_NEAR(y(i), exact(f.name, x(i)),
                  8 * std::numeric_limits<Scalar>::epsilon() * std::max(1.0, std::abs(double(x(i)))))
          << f.name << " at " << x(i);
  }
}

// The slope that is taken from the output against central differences of the exact function in double. Their error is
// h^2/6 f''' + eps/h with h = 1e-5: below 1e-9; what remains is the rounding of the output in Scalar.
TEST(Activation, SlopeFromTheOutputIsTheDerivative) {
  const Matrix x = inputs();
  constexpr double h = 1e-5;
  for (const auto& f : activations()) {
    Matrix delta = Matrix::Constant(x.rows(), 1, Scalar{3});
    f.multiply_by_slope(applied(f, x), delta);
    for (Index i = 0; i < x.size(); ++i) {
      const double slope = (exact(f.name, x(i) + h) - exact(f.name, x(i) - h)) / (2 * h);
      EXPECT_NEAR(delta(i), 3 * slope, 1e-8 + 32 * std::numeric_limits<Scalar>::epsilon()) << f.name << " at " << x(i);
    }
  }
}

TEST(Activation, ExtremeInputsStayFiniteAndNaNIsNotHidden) {
  Matrix x(3, 1);
  x << Scalar(-1000), Scalar(1000), std::numeric_limits<Scalar>::quiet_NaN();
  for (const auto& f : activations()) {
    const Matrix y = applied(f, x);
    EXPECT_TRUE(std::isfinite(y(0)) && std::isfinite(y(1))) << f.name;
    EXPECT_TRUE(std::isnan(y(2))) << f.name << ": a diverged run must show";
  }
}

TEST(Activation, RecommendedInitializerExists) {
  for (const auto& f : activations()) EXPECT_NO_THROW(initializer(f.initializer)) << f.name;
  EXPECT_EQ(activation("relu").initializer, "he");
  EXPECT_EQ(activation("tanh").initializer, "xavier");
}

TEST(Activation, UnknownNameListsTheKnownOnes) {
  try {
    activation("sigmoit");
    FAIL() << "no error";
  } catch (const InvalidArgument& error) {
    EXPECT_NE(std::string(error.what()).find("sigmoid, tanh, relu, linear"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace dbn
