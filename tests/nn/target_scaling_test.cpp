#include <dbn/nn/target_scaling.hpp>

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/nn/targets.hpp>

namespace dbn {
namespace {

constexpr Scalar kEpsilon = std::numeric_limits<Scalar>::epsilon();

PreparedCases cases(Matrix targets, std::vector<Index> members) {
  Dataset dataset;
  dataset.name = "made";
  dataset.shape = {1};
  dataset.features = Matrix(Matrix::Zero(1, targets.cols()));
  set_targets(dataset, std::move(targets), {});
  return {std::make_shared<const Dataset>(std::move(dataset)), std::move(members), {}};
}

Mlp small_net() { return make_mlp({3, 4, 2}, "tanh", "xavier", 1); }

TEST(TargetScaling, GivesTrainingTargetsMeanZeroAndDeviationOne) {
  const PreparedCases training =
      cases((Matrix(2, 9) << 2, 4, 4, 4, 5, 5, 7, 9, 1000, 7, 7, 7, 7, 7, 7, 7, 7, 1000).finished(), all_cases(8));
  const TargetScaling scaling = fit_target_scaling(training, loss("squared-error"));
  EXPECT_TRUE(scaling.mean.isApprox(Vector{{5, 7}})) << "the ninth case is none of the training cases";
  EXPECT_EQ(scaling.deviation, (Vector{{2, 1}})) << "a constant is only shifted";
  Matrix out(2, 3);
  EXPECT_EQ(value_targets(training, scaling)->gather_into(std::vector<Index>{7, 0, 4}, out), 3);
  EXPECT_EQ(out, (Matrix(2, 3) << 2, Scalar(-1.5), 0, 0, 0, 0).finished());
  scaling.undo(out);
  EXPECT_EQ(out, (Matrix(2, 3) << 9, 2, 5, 7, 7, 7).finished());
}

TEST(TargetScaling, ATinySpreadIsNone) {
  const Matrix targets = (Matrix(1, 2) << 0, std::numeric_limits<Scalar>::denorm_min()).finished();
  EXPECT_EQ(fit_target_scaling(cases(targets, all_cases(2)), loss("squared-error")).deviation[0], 1);
}

TEST(TargetScaling, LeavesProbabilitiesAlone) {
  const Matrix targets = (Matrix(1, 3) << 0, 1, Scalar(0.5)).finished();
  const TargetScaling scaling = fit_target_scaling(cases(targets, all_cases(3)), loss("binary-cross-entropy"));
  EXPECT_EQ(scaling.mean[0], 0);
  EXPECT_EQ(scaling.deviation[0], 1);
  for (const Scalar bad : {Scalar(-0.5), Scalar(1.5)}) {
    const PreparedCases outside = cases((Matrix(1, 2) << 0, bad).finished(), all_cases(2));
    EXPECT_THAT([&] { fit_target_scaling(outside, loss("binary-cross-entropy")); },
                testing::ThrowsMessage<DataError>(testing::HasSubstr("made: case 2: target target is")));
  }
}

TEST(TargetScaling, FoldedNetPredictsTargets) {
  const TargetScaling scaling{Vector{{100, -3}}, Vector{{20, Scalar(0.5)}}};
  Mlp net = small_net();
  const Matrix batch = (Matrix(3, 2) << 1, -1, 0, 2, Scalar(0.5), 1).finished();
  Matrix expected = net.scores(batch);
  scaling.undo(expected);
  fold_target_scaling(net, scaling);
  EXPECT_TRUE(net.scores(batch).isApprox(expected, 8 * kEpsilon));
}

TEST(TargetScaling, UnfoldingIsTheInverseOfFolding) {
  const TargetScaling scaling{Vector{{5, -3}}, Vector{{20, Scalar(0.5)}}};
  Mlp net = small_net();
  net.layers.back().bias = Vector{{Scalar(0.25), -1}};
  const DenseLayer before = net.layers.back();
  fold_target_scaling(net, scaling);
  EXPECT_FALSE(net.layers.back().weights.isApprox(before.weights, Scalar(0.01)));
  unfold_target_scaling(net, scaling);
  EXPECT_TRUE(net.layers.back().weights.isApprox(before.weights, 4 * kEpsilon));
  EXPECT_TRUE(net.layers.back().bias.isApprox(before.bias, 16 * kEpsilon));
}

TEST(TargetScaling, RefusesNetsAndCasesOfOtherTargets) {
  Mlp net = small_net();
  EXPECT_THROW(fold_target_scaling(net, {Vector::Zero(3), Vector::Ones(3)}), InvalidArgument);
  EXPECT_THROW(unfold_target_scaling(net, {Vector::Zero(1), Vector::Ones(1)}), InvalidArgument);
  auto dataset = std::make_shared<Dataset>();
  dataset->features = Matrix(Matrix::Zero(1, 2));
  EXPECT_THROW(fit_target_scaling({dataset, all_cases(2), {}}, loss("squared-error")), InvalidArgument);
}

}  // namespace
}  // namespace dbn
