#include <dbn/nn/gradient_clip.hpp>

#include <limits>

#include <gtest/gtest.h>

#include "../support/gradient_store.hpp"

namespace dbn {
namespace {

// Two tensors whose gradients are 3 and 4 in one entry each: together 5 long.
struct Example {
  Matrix weight = Matrix::Zero(2, 3);
  Vector bias = Vector::Zero(3);

  std::vector<Parameter> parameters() { return {{named("weight", weight)}, {named("bias", bias)}}; }
  std::vector<Matrix> clipped(double longest) {
    const auto objective = [](GradientSink sink) {
      Matrix tile = Matrix::Zero(2, 1);
      sink(0, 0, tile);
      sink(0, 2, tile);
      tile(1) = 3;
      sink(0, 1, tile);
      Matrix gradient = Matrix::Zero(3, 1);
      gradient(2) = -4;
      sink(1, 0, gradient);
      return 0.5;
    };
    GradientClip clip(parameters(), longest);
    test::GradientStore store({named("weight", weight), named("bias", bias)});
    EXPECT_EQ(clip.pass(objective, store), 0.5);
    EXPECT_TRUE(store.complete());
    return store.gradients();
  }
};

TEST(GradientClip, LeavesShortGradientsAsTheyAre) {
  for (const double longest : {5.0, 7.0}) {
    const auto gradients = Example().clipped(longest);
    EXPECT_EQ(gradients[0](1, 1), 3);
    EXPECT_EQ(gradients[1](2), -4);
  }
}

TEST(GradientClip, ScalesLongOnesDownTogether) {
  const auto gradients = Example().clipped(1);
  constexpr Scalar kEpsilon = std::numeric_limits<Scalar>::epsilon();
  EXPECT_NEAR(gradients[0](1, 1), 0.6, 2 * kEpsilon);
  EXPECT_NEAR(gradients[1](2), -0.8, 2 * kEpsilon);
  EXPECT_EQ(gradients[0](0, 0), 0);
}

}  // namespace
}  // namespace dbn
