#include <dbn/core/moments.hpp>

#include <gtest/gtest.h>

namespace dbn {
namespace {

TEST(Moments, OfAWorkedExample) {
  Moments moments(2);
  EXPECT_EQ(moments.variance().maxCoeff(), 0);
  for (const double x : {2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0}) moments.add(Eigen::Array2d(x, -10 * x));
  EXPECT_EQ(moments.count(), 8);
  EXPECT_DOUBLE_EQ(moments.mean()[0], 5);
  EXPECT_DOUBLE_EQ(moments.squares()[0], 32);
  EXPECT_DOUBLE_EQ(moments.variance()[0], 4);
  EXPECT_DOUBLE_EQ(moments.mean()[1], -50);
  EXPECT_DOUBLE_EQ(moments.variance()[1], 400);
}

// Sums of squares would lose all digits here.
TEST(Moments, KeepASmallSpreadAroundALargeMean) {
  Moments moments(1);
  for (int i = 0; i < 1000; ++i) moments.add(Eigen::ArrayXd::Constant(1, 1e9 + i % 2));
  EXPECT_NEAR(moments.variance()[0], 0.25, 1e-6);
}

TEST(Moments, AConstantHasNoVarianceAtAll) {
  Moments moments(1);
  for (int i = 0; i < 1000; ++i) moments.add(Eigen::ArrayXd::Constant(1, 0.1));
  EXPECT_EQ(moments.variance()[0], 0);
}

}  // namespace
}  // namespace dbn
