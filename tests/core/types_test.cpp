#include <dbn/core/types.hpp>

#include <type_traits>

#include <gtest/gtest.h>

namespace dbn {
namespace {

TEST(Types, ScalarFollowsTheBuild) {
#ifdef DBN_DOUBLE
  EXPECT_TRUE((std::is_same_v<Scalar, double>));
#else
  EXPECT_TRUE((std::is_same_v<Scalar, float>));
#endif
}

// Model files rely on it: the weights' bytes are a row-major [out, in] matrix.
TEST(Types, ACaseIsAColumnAndLiesTogether) {
  Matrix weights(2, 3);
  weights << 1, 2, 3, 4, 5, 6;
  const Matrix::Scalar in_memory[] = {1, 4, 2, 5, 3, 6};
  for (Index i = 0; i < weights.size(); ++i) EXPECT_EQ(weights.data()[i], in_memory[i]);
}

void add_one(MatrixRef x) { x.array() += Scalar{1}; }
const Scalar* address(const ConstMatrixRef& x) { return x.data(); }

TEST(Types, ReferencesToBlocksCopyNothing) {
  Matrix whole = Matrix::Zero(4, 5);
  add_one(whole.block(1, 1, 2, 3));
  EXPECT_EQ(whole.sum(), Scalar{6});
  EXPECT_EQ(address(whole.middleCols(2, 2)), &whole(0, 2));
  EXPECT_EQ(address(whole.middleRows(1, 2)), &whole(1, 0));
}

}  // namespace
}  // namespace dbn
