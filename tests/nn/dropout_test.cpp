#include <dbn/nn/dropout.hpp>

#include <cmath>

#include <gtest/gtest.h>

namespace dbn {
namespace {

Matrix mask(const Dropout& dropout, std::size_t layer, Index update, Index first, Index rows, Index cols) {
  Matrix m(rows, cols);
  dropout.mask_into(layer, update, first, m);
  return m;
}

TEST(Dropout, LeavesOutTheShareAskedForAndScalesUpTheRest) {
  for (const double rate : {0.2, 0.5, 0.9}) {
    const Matrix m = mask({.rates = {rate}, .seed = 3}, 0, 0, 0, 400, 500);
    const auto scale = Scalar{1} / static_cast<Scalar>(1 - rate);
    double kept = 0;
    for (Index i = 0; i < m.size(); ++i) {
      ASSERT_TRUE(m(i) == 0 || std::abs(m(i) - scale) < Scalar(1e-5)) << m(i);
      kept += m(i) != 0;
    }
    // 200 000 draws: five standard deviations of their binomial count.
    const double n = 200'000;
    EXPECT_NEAR(kept, n * (1 - rate), 5 * std::sqrt(n * rate * (1 - rate))) << rate;
  }
}

TEST(Dropout, MasksDependOnSeedLayerAndUpdateAlone) {
  const Dropout dropout{.rates = {0.5, 0.5}, .seed = 3};
  const Matrix m = mask(dropout, 0, 7, 0, 32, 6);
  EXPECT_EQ(mask(dropout, 0, 7, 0, 32, 6), m);
  EXPECT_EQ(mask(dropout, 0, 7, 16, 16, 6), m.bottomRows(16));
  EXPECT_NE(mask(dropout, 0, 8, 0, 32, 6), m);
  EXPECT_NE(mask(dropout, 1, 7, 0, 32, 6), m);
  EXPECT_NE(mask({.rates = {0.5}, .seed = 4}, 0, 7, 0, 32, 6), m);
  EXPECT_NE(m.col(0), m.col(1));
}

TEST(Dropout, LayersBeyondTheListDropNothing) { EXPECT_EQ((Dropout{.rates = {0.5}, .seed = 0}.rate(1)), 0); }

}  // namespace
}  // namespace dbn
