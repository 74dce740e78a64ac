#include <dbn/nn/max_norm.hpp>

#include <gtest/gtest.h>

namespace dbn {
namespace {

TEST(MaxNorm, ShortensOnlyWhatIsTooLong) {
  Matrix weights(2, 3);
  weights << 3, Scalar(0.75), 0, 4, 1, 0;  // columns of length 5, 1.25 and 0
  limit_norms(weights, 2.5);
  Matrix expected(2, 3);
  expected << Scalar(1.5), Scalar(0.75), 0, 2, 1, 0;
  EXPECT_EQ(weights, expected);
}

}  // namespace
}  // namespace dbn
