#include <dbn/core/tensor.hpp>

#include <gtest/gtest.h>

#include "../support/gradient_store.hpp"

namespace dbn {
namespace {

TEST(Tensor, NamedIsAViewOfItsOwner) {
  Matrix matrix = Matrix::Zero(2, 3);
  NamedTensor tensor = named("weight", matrix);
  EXPECT_EQ(tensor.name, "weight");
  tensor.values(1, 2) = 7;
  EXPECT_EQ(matrix(1, 2), Scalar{7});
}

TEST(Tensor, AVectorIsAMatrixOfOneColumn) {
  Vector vector = Vector::LinSpaced(4, 0, 3);
  NamedTensor tensor = named("bias", vector);
  EXPECT_EQ(tensor.values.rows(), 4);
  EXPECT_EQ(tensor.values.cols(), 1);
  tensor.values(2, 0) = -1;
  EXPECT_EQ(vector[2], Scalar{-1});
}

// The store is what the gradient tests stand on, so its own checks are checked.
TEST(Tensor, GradientStoreNoticesMissingAndRepeatedColumns) {
  Matrix matrix(2, 3);
  Vector vector(2);
  const TensorList tensors{named("weight", matrix), named("bias", vector)};
  test::GradientStore store(tensors);
  const GradientSink sink = store;
  sink(0, 0, Matrix::Constant(2, 1, 1));
  sink(1, 0, Vector::Constant(2, 5));
  EXPECT_FALSE(store.complete());
  sink(0, 1, Matrix::Constant(2, 2, 3));
  EXPECT_TRUE(store.complete());
  EXPECT_EQ(store.gradients()[0].sum(), Scalar{14});
  EXPECT_EQ(store.gradients()[1].sum(), Scalar{10});
  sink(0, 2, Matrix::Zero(2, 1));
  EXPECT_FALSE(store.complete());
}

}  // namespace
}  // namespace dbn
