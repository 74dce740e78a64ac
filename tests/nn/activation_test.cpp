#include <dbn/nn/activation.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>

#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/nn/initializer.hpp>

namespace dbn {
namespace {

constexpr double kEpsilon = std::numeric_limits<Scalar>::epsilon();

// More than one block of 64, on both sides of every kink but at none, and as exact in float as in double.
Matrix inputs() {
  Matrix x(150, 1);
  for (Index i = 0; i < x.size(); ++i) x(i) = static_cast<Scalar>(static_cast<double>(i - 75) / 8 + 1.0 / 32);
  return x;
}

Matrix applied(const Activation& f, Matrix x) {
  f.apply(x);
  return x;
}

Matrix slopes(const Activation& f, const Matrix& x) {
  Matrix delta = Matrix::Ones(x.rows(), x.cols());
  f.multiply_by_slope(f.slope_from_input ? x : applied(f, x), delta);
  return delta;
}

// PyTorch's definition of each, and a point where its value is known by itself.
struct Known {
  std::function<double(double)> value;
  double at, is;
};

double clamped(double x, double least, double most) { return std::min(std::max(x, least), most); }

const std::map<std::string, Known>& known() {
  constexpr double kScale = 1.0507009873554805, kAlpha = 1.6732632423543772;
  static const std::map<std::string, Known> table{
      {"sigmoid", {[](double x) { return 1 / (1 + std::exp(-x)); }, std::log(3), 0.75}},
      {"tanh", {[](double x) { return std::tanh(x); }, std::log(2), 0.6}},
      {"relu", {[](double x) { return std::max(x, 0.0); }, -3, 0}},
      {"linear", {[](double x) { return x; }, -3, -3}},
      {"leaky-relu", {[](double x) { return x > 0 ? x : 0.01 * x; }, -3, -0.03}},
      {"elu", {[](double x) { return x > 0 ? x : std::expm1(x); }, -std::log(2), -0.5}},
      {"selu",
       {[](double x) { return kScale * (x > 0 ? x : kAlpha * std::expm1(x)); }, -std::log(2), -kScale * kAlpha / 2}},
      {"softplus", {[](double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }, 0, std::log(2)}},
      {"softsign", {[](double x) { return x / (1 + std::abs(x)); }, -3, -0.75}},
      {"gelu", {[](double x) { return x * 0.5 * std::erfc(-x / std::sqrt(2)); }, 1, 0.8413447461}},
      {"hard-sigmoid", {[](double x) { return clamped(x / 6 + 0.5, 0, 1); }, 1.5, 0.75}},
      {"hard-tanh", {[](double x) { return clamped(x, -1, 1); }, -3, -1}},
      {"hard-swish", {[](double x) { return x * clamped(x + 3, 0, 6) / 6; }, -1.5, -0.375}},
      {"relu6", {[](double x) { return clamped(x, 0, 6); }, 7, 6}},
  };
  return table;
}

// A function's own rounding is a few units in the last place of 1 or of x; the steepest of them add one for x's.
double tolerance(double x) { return 8 * kEpsilon * std::max(1.0, std::abs(x)); }

TEST(Activation, ValueIsTheFunctionOfItsName) {
  const Matrix x = inputs();
  ASSERT_EQ(known().size(), activations().size());
  for (const auto& f : activations()) {
    const Matrix y = applied(f, x);
    const Known& exact = known().at(f.name);
    for (Index i = 0; i < x.size(); ++i)
      EXPECT_NEAR(y(i), exact.value(static_cast<double>(x(i))), tolerance(x(i))) << f.name << " at " << x(i);
    const Matrix point = applied(f, Matrix::Constant(1, 1, static_cast<Scalar>(exact.at)));
    EXPECT_NEAR(point(0), exact.is, tolerance(exact.at) + 1e-10) << f.name;
  }
}

// Against central differences of the exact function in double. Their error is h^2/6 f''' + eps/h with h = 1e-5: below
// 1e-9, and eps/h of a value up to 9 another 2e-10; what remains is the rounding of the output in Scalar.
TEST(Activation, SlopeIsTheDerivative) {
  const Matrix x = inputs();
  constexpr double h = 1e-5;
  for (const auto& f : activations()) {
    const Matrix slope = slopes(f, x);
    const auto& value = known().at(f.name).value;
    for (Index i = 0; i < x.size(); ++i) {
      const auto at = static_cast<double>(x(i));
      EXPECT_NEAR(slope(i), (value(at + h) - value(at - h)) / (2 * h), 1e-8 + 32 * kEpsilon) << f.name << " at " << at;
    }
  }
}

Matrix curvatures(const Activation& f, const Matrix& x, Scalar factor = 1) {
  Matrix delta = Matrix::Constant(x.rows(), x.cols(), factor);
  f.multiply_by_curvature(applied(f, x), delta);
  return delta;
}

// Against second differences of the exact function in double. Their error is h^2/12 f'''' + 4 eps |f| / h^2 with
// h = 1e-4: below 1e-8, and for a value up to 10 about 1e-6; what remains is the rounding of the output in Scalar.
TEST(Activation, CurvatureIsTheSlopesDerivative) {
  const Matrix x = inputs();
  constexpr double h = 1e-4;
  for (const auto& f : activations()) {
    ASSERT_EQ(f.multiply_by_curvature == nullptr, f.slope_from_input) << f.name;
    if (f.slope_from_input) continue;
    const Matrix curvature = curvatures(f, x);
    const auto& value = known().at(f.name).value;
    for (Index i = 0; i < x.size(); ++i) {
      const auto at = static_cast<double>(x(i));
      EXPECT_NEAR(curvature(i), (value(at + h) - 2 * value(at) + value(at - h)) / (h * h), 2e-6 + 32 * kEpsilon)
          << f.name << " at " << at;
    }
    EXPECT_LE((curvatures(f, x, 3) - 3 * curvature).cwiseAbs().maxCoeff(), 16 * kEpsilon) << f.name;
  }
}

TEST(Activation, SlopeMultipliesWhatIsThere) {
  const Matrix x = inputs();
  for (const auto& f : activations()) {
    Matrix delta = Matrix::Constant(x.rows(), 1, Scalar{3});
    f.multiply_by_slope(f.slope_from_input ? x : applied(f, x), delta);
    EXPECT_LE((delta - 3 * slopes(f, x)).cwiseAbs().maxCoeff(), 8 * kEpsilon) << f.name;
  }
}

// PyTorch's backward compares with > and <, so that a kink belongs to the flat side; hard-swish's upper one does not.
TEST(Activation, SlopesAtKinksAreThoseOfPyTorch) {
  const struct {
    const char* name;
    double at, slope;
  } kinks[] = {{"relu", 0, 0},         {"leaky-relu", 0, 0.01}, {"hard-tanh", 1, 0},  {"hard-tanh", -1, 0},
               {"hard-sigmoid", 3, 0}, {"hard-sigmoid", -3, 0}, {"hard-swish", 3, 1}, {"hard-swish", -3, 0},
               {"relu6", 0, 0},        {"relu6", 6, 0},         {"elu", 0, 1}};
  for (const auto& kink : kinks)
    EXPECT_NEAR(slopes(activation(kink.name), Matrix::Constant(1, 1, static_cast<Scalar>(kink.at)))(0), kink.slope,
                kEpsilon)
        << kink.name << " at " << kink.at;
}

// Elsewhere two inputs of one output have two slopes, and the output does not say which.
TEST(Activation, OnlyMonotoneFunctionsTakeTheirSlopeFromTheOutput) {
  for (const auto& f : activations()) {
    bool rises = true;
    const auto& value = known().at(f.name).value;
    for (double x = -6; x < 6; x += 0.25) rises = rises && value(x + 0.25) >= value(x);
    EXPECT_EQ(f.slope_from_input, !rises) << f.name;
  }
}

TEST(Activation, ExtremeInputsAreBorneAndNaNIsNotHidden) {
  for (const auto& f : activations()) {
    // Every kind of place: within a block of 64, at its ends, and in one that is not full.
    for (const Index nan : {0, 5, 63, 64, 70}) {
      Matrix x = Matrix::Constant(71, 1, Scalar{1000});
      for (Index i = 0; i < x.size(); i += 2) x(i) = Scalar{-1000};
      x(nan) = std::numeric_limits<Scalar>::quiet_NaN();
      const Matrix slope = slopes(f, x);
      const Matrix curvature = f.slope_from_input ? slope : curvatures(f, x);
      const Matrix y = applied(f, x);
      for (Index i = 0; i < x.size(); ++i)
        if (i != nan) {
          EXPECT_NEAR(y(i), known().at(f.name).value(static_cast<double>(x(i))), tolerance(x(i))) << f.name;
          EXPECT_TRUE(std::isfinite(slope(i)) && std::isfinite(curvature(i))) << f.name << " at " << x(i);
        }
      EXPECT_TRUE(std::isnan(y(nan))) << f.name << ": a diverged run must show";
    }
  }
}

// Seen elsewhere: exp() of a vector's body is another than that of its ends, so that results depended on tiles.
TEST(Activation, BitsDoNotDependOnPlaceOrTile) {
  Matrix x(70, 9);
  for (Index i = 0; i < x.size(); ++i) x(i) = static_cast<Scalar>(6 * std::sin(1.3 * static_cast<double>(i)));
  for (const auto& f : activations()) {
    const Matrix whole = applied(f, x);
    const Matrix whole_slopes = slopes(f, x);
    const Matrix whole_curvatures = f.slope_from_input ? Matrix() : curvatures(f, x);
    const Matrix& slopes_at = f.slope_from_input ? x : whole;
    for (const Index rows : {1, 3, 16, 69}) {
      Matrix cut = x;
      Matrix cut_slopes = Matrix::Ones(x.rows(), x.cols());
      for (Index r = 0; r < x.rows(); r += rows) {
        const Index n = std::min(rows, x.rows() - r);
        f.apply(cut.middleRows(r, n));
        f.multiply_by_slope(slopes_at.middleRows(r, n), cut_slopes.middleRows(r, n));
      }
      EXPECT_EQ(cut, whole) << f.name << ", tiles of " << rows;
      EXPECT_EQ(cut_slopes, whole_slopes) << f.name << ", tiles of " << rows;
      if (f.slope_from_input) continue;
      Matrix cut_curvatures = Matrix::Ones(x.rows(), x.cols());
      for (Index r = 0; r < x.rows(); r += rows) {
        const Index n = std::min(rows, x.rows() - r);
        f.multiply_by_curvature(whole.middleRows(r, n), cut_curvatures.middleRows(r, n));
      }
      EXPECT_EQ(cut_curvatures, whole_curvatures) << f.name << ", tiles of " << rows;
    }
  }
}

// torch.nn.init.calculate_gain.
TEST(Activation, GainsAreThoseOfPyTorch) {
  const std::map<std::string, double> gains{
      {"tanh", 5.0 / 3}, {"relu", std::sqrt(2.0)}, {"leaky-relu", std::sqrt(2 / (1 + 1e-4))}, {"selu", 0.75}};
  for (const auto& f : activations())
    EXPECT_DOUBLE_EQ(f.gain, gains.contains(f.name) ? gains.at(f.name) : 1.0) << f.name;
}

TEST(Activation, RecommendedInitializerExists) {
  for (const auto& f : activations()) EXPECT_NO_THROW(initializer(f.initializer)) << f.name;
  for (const char* name : {"relu", "leaky-relu", "elu"}) EXPECT_EQ(activation(name).initializer, "he") << name;
  for (const char* name : {"tanh", "sigmoid", "linear"}) EXPECT_EQ(activation(name).initializer, "xavier") << name;
  EXPECT_EQ(activation("selu").initializer, "lecun");
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
