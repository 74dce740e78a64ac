#include <dbn/nn/initializer.hpp>

#include <cmath>

#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

namespace dbn {
namespace {

const Stream kStream(7, Purpose::initial_weights, 0);

struct Law {
  const char* name;
  double deviation;  // for fan_in 300, fan_out 200
  bool uniform;
};

// Seen elsewhere: "Xavier" that is LeCun. Its deviation is sqrt(2 / (fan_in + fan_out)), not sqrt(1 / fan_in).
const Law kLaws[] = {
    {"normal", 0.01, false},
    {"xavier", std::sqrt(2.0 / 500), false},
    {"xavier-normal", std::sqrt(2.0 / 500), false},
    {"xavier-uniform", std::sqrt(2.0 / 500), true},
    {"he", std::sqrt(2.0 / 300), false},
    {"he-normal", std::sqrt(2.0 / 300), false},
    {"he-uniform", std::sqrt(2.0 / 300), true},
};

// n = 60000 draws: the mean's standard error is s / sqrt(n), that of the variance s^2 sqrt((k - 1) / n) with kurtosis k
// = 3 (normal) or 1.8 (uniform). Five standard errors each.
TEST(Initializer, MomentsAreThoseOfThePaper) {
  for (const Law& law : kLaws) {
    Matrix w(300, 200);
    initializer(law.name).fill(kStream, w);
    const auto n = static_cast<double>(w.size());
    const double mean = w.cast<double>().mean();
    const double variance = (w.cast<double>().array() - mean).square().mean();
    const double expected = law.deviation * law.deviation;
    EXPECT_NEAR(mean, 0, 5 * law.deviation / std::sqrt(n)) << law.name;
    EXPECT_NEAR(variance, expected, 5 * expected * std::sqrt((law.uniform ? 0.8 : 2.0) / n)) << law.name;
    const double bound = std::sqrt(3.0) * law.deviation;
    if (law.uniform) {
      EXPECT_LE(w.cwiseAbs().maxCoeff(), static_cast<Scalar>(bound)) << law.name;
      EXPECT_GT(w.cwiseAbs().maxCoeff(), 0.999 * bound) << law.name;
    } else {
      EXPECT_GT(w.cwiseAbs().maxCoeff(), 3.5 * law.deviation) << law.name << " has no tails";
    }
  }
}

TEST(Initializer, ZerosAreZeros) {
  Matrix w = Matrix::Ones(5, 4);
  initializer("zeros").fill(kStream, w);
  EXPECT_EQ(w, Matrix::Zero(5, 4));
}

// Seen elsewhere: a seed that does not reach the weights.
TEST(Initializer, SeedReachesTheWeights) {
  for (const auto& row : initializers()) {
    if (row.name == "zeros") continue;
    Matrix a(30, 20), b(30, 20), c(30, 20);
    row.fill(Stream(1, Purpose::initial_weights, 0), a);
    row.fill(Stream(1, Purpose::initial_weights, 0), b);
    row.fill(Stream(2, Purpose::initial_weights, 0), c);
    EXPECT_EQ(a, b) << row.name;
    EXPECT_NE(a, c) << row.name;
    // No two units start alike.
    EXPECT_NE(a.col(0), a.col(1)) << row.name;
  }
}

TEST(Initializer, UnknownNameIsRefused) { EXPECT_THROW(initializer("xaver"), InvalidArgument); }

}  // namespace
}  // namespace dbn
