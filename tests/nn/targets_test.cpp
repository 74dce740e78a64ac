#include <dbn/nn/targets.hpp>

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

namespace dbn {
namespace {

constexpr Scalar kEpsilon = std::numeric_limits<Scalar>::epsilon();

PreparedCases labelled(std::vector<int> labels) {
  auto dataset = std::make_shared<Dataset>();
  dataset->name = "six cases";
  dataset->features = Matrix(Matrix::Zero(1, static_cast<Index>(labels.size())));
  dataset->classes = {"a", "b", "c"};
  dataset->shape = {1};
  const auto all = all_cases(static_cast<Index>(labels.size()));
  dataset->labels = std::move(labels);
  return {dataset, all, {}};
}

struct Gathered {
  Matrix targets;
  double weight;
};

Gathered gather(const PreparedCases& cases, const ClassTargetOptions& options, const std::vector<Index>& chosen) {
  const auto targets = class_targets(cases, 3, options);
  EXPECT_EQ(targets->output_count(), 3);
  Gathered got{Matrix(3, static_cast<Index>(chosen.size())), 0};
  got.weight = targets->gather_into(chosen, got.targets);
  return got;
}

TEST(ClassTargets, AreOneHot) {
  const auto got = gather(labelled({0, 2, 1}), {}, {1, 0});
  EXPECT_EQ(got.weight, 2);
  Matrix expected(3, 2);
  expected << Scalar(0), Scalar(1), Scalar(0), Scalar(0), Scalar(1), Scalar(0);
  EXPECT_EQ(got.targets, expected);
}

TEST(ClassTargets, SmoothingSpreadsAShareOverAllClasses) {
  const auto got = gather(labelled({0, 2, 1}), {.label_smoothing = 0.3}, {1});
  EXPECT_NEAR(got.targets(0), 0.1, kEpsilon);
  EXPECT_NEAR(got.targets(2), 0.8, kEpsilon);
  EXPECT_NEAR(got.targets.sum(), 1, 2 * kEpsilon);
}

TEST(ClassTargets, WeightsAreThoseOfTheClass) {
  const auto got = gather(labelled({0, 2, 1}), {.class_weights = "1,2,4"}, {0, 1, 2});
  EXPECT_EQ(got.weight, 7);
  EXPECT_EQ(got.targets(0, 0), 1);
  EXPECT_EQ(got.targets(2, 1), 4);
  EXPECT_EQ(got.targets(1, 2), 2);
}

TEST(ClassTargets, BalancedClassesWeighAlike) {
  const std::vector<int> labels{0, 0, 0, 1, 0, 1};
  const auto got = gather(labelled(labels), {.class_weights = "balanced"}, {0, 1, 2, 3, 4, 5});
  EXPECT_NEAR(got.targets.row(0).sum(), got.targets.row(1).sum(), 8 * kEpsilon);
  EXPECT_EQ(got.targets.row(2).sum(), 0);  // it has no cases
}

TEST(ClassTargets, RefuseWhatTheyCannotServe) {
  EXPECT_THROW(gather(labelled({0, -1}), {}, {0}), InvalidArgument);
  EXPECT_THROW(gather(labelled({0, 3}), {}, {0}), InvalidArgument);
  for (const char* weights : {"", "1,2", "1,2,0", "1,2,-3", "1,2,x", "even", "1,2,3,4"})
    EXPECT_THROW(gather(labelled({0, 1}), {.class_weights = weights}, {0}), InvalidArgument) << weights;
  for (const double share : {-0.1, 1.1})
    EXPECT_THROW(gather(labelled({0}), {.label_smoothing = share}, {0}), InvalidArgument);
}

}  // namespace
}  // namespace dbn
