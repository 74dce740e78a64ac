#include <dbn/pretrain/doctor.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

#include "../support/thread_count.hpp"

namespace dbn {
namespace {

using testing::HasSubstr;

constexpr Index kVisible = 20;
constexpr Index kHidden = 10;

const Stream kWeights(5, Purpose::initial_weights);

// Total inputs near 0 with a deviation near 1: means of every unit in the middle of its range.
Rbm healthy_rbm(const char* visible = "bernoulli", const char* hidden = "bernoulli", Index units = kHidden) {
  return make_rbm(visible, hidden, kVisible, units, kWeights, 0.3);
}

// Fair coins.
Matrix coins(Index cases = 200) {
  Matrix states = Matrix::Constant(kVisible, cases, Scalar(0.5));
  draw_bernoulli(Stream(6, Purpose::synthetic_training), {}, states, states);
  return states;
}

std::vector<PretrainEpoch> history(const std::vector<double>& errors, const std::vector<double>& gaps = {}) {
  std::vector<PretrainEpoch> epochs;
  for (std::size_t i = 0; i < errors.size(); ++i) {
    epochs.push_back({.layer = 1, .epoch = static_cast<Index>(i) + 1, .reconstruction_error = errors[i]});
    if (i < gaps.size()) epochs.back().free_energy_gap = gaps[i];
  }
  return epochs;
}

TrainingEvidence healthy_evidence() {
  return {.update_ratio = 1e-3,
          .chain_free_energy = -101,
          .data_free_energy = -100,
          .swap_rates = Vector::Constant(9, Scalar(0.4))};
}

std::vector<Finding> examine_cases(const StackLayer& layer, const Matrix& inputs) {
  return examine(layer, 1, &inputs, {});
}

std::vector<Finding> examine_history(const std::vector<PretrainEpoch>& epochs) {
  return examine(healthy_rbm(), 1, nullptr, epochs);
}

std::vector<Finding> examine_evidence(const std::function<void(TrainingEvidence&)>& spoil) {
  TrainingEvidence evidence = healthy_evidence();
  spoil(evidence);
  return examine(healthy_rbm(), 1, nullptr, {}, evidence);
}

// The one finding that says so.
Finding found(const std::vector<Finding>& findings, const std::string& what) {
  const auto says = [&](const Finding& f) { return f.what.find(what) != std::string::npos; };
  EXPECT_EQ(std::ranges::count_if(findings, says), 1) << what;
  const auto at = std::ranges::find_if(findings, says);
  return at == findings.end() ? Finding{} : *at;
}

TEST(Doctor, FindsNothingInAHealthyLayer) {
  const Matrix inputs = coins();
  for (const char* hidden : {"bernoulli", "bipolar", "relu", "gaussian", "softmax"})
    for (const auto& f : examine(healthy_rbm("bernoulli", hidden), 1, &inputs, history({9, 5, 4, 4.2}, {-1, 0, 1, 2}),
                                 healthy_evidence()))
      ADD_FAILURE() << hidden << ": " << f.what;
}

TEST(Doctor, FindsUnitsThatAreNeverOn) {
  Rbm rbm = healthy_rbm();
  rbm.hidden_bias[3] = rbm.hidden_bias[7] = -50;
  const auto findings = examine_cases(rbm, coins());
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].layer, 1);
  EXPECT_EQ(findings[0].what, "2 of 10 units are never on: mean activity below 0.01 over 200 cases");
  EXPECT_EQ(findings[0].value, 0.2);
  EXPECT_EQ(findings[0].severity, Severity::warning);
  EXPECT_THAT(findings[0].advice, HasSubstr("--sparsity-target"));
  rbm.hidden_bias[7] = 0;
  EXPECT_EQ(found(examine_cases(rbm, coins()), "1 of 10 units").severity, Severity::note) << "no more than a tenth";
}

TEST(Doctor, FindsUnitsThatAreAlwaysOn) {
  for (const char* hidden : {"bernoulli", "bipolar"}) {
    Rbm rbm = healthy_rbm("bernoulli", hidden);
    rbm.hidden_bias[0] = 50;
    const auto findings = examine_cases(rbm, coins());
    ASSERT_EQ(findings.size(), 1U) << hidden;
    EXPECT_THAT(findings[0].what, HasSubstr("1 of 10 units are always on")) << hidden;
    EXPECT_EQ(findings[0].value, 0.1);
    EXPECT_THAT(findings[0].advice, HasSubstr("--sparsity-target"));
  }
}

// A rectifier that is on in one case of all serves that one.
TEST(Doctor, ARectifierIsDeadOnlyWhereItIsNeverOn) {
  Rbm rbm = healthy_rbm("bernoulli", "relu");
  rbm.hidden_bias[4] = -50;
  rbm.weights.col(5).setZero();
  rbm.weights(0, 5) = 1;
  rbm.hidden_bias[5] = Scalar(-0.999);
  Matrix inputs = coins();
  inputs.row(0).setZero();
  inputs(0, 150) = 1;
  const auto findings = examine_cases(rbm, inputs);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].what, "1 of 10 units are never on: 0 in all of 200 cases");
}

TEST(Doctor, ExaminesAutoencodersToo) {
  auto layer = make_autoencoder(kVisible, kHidden, "tanh", ReconstructionLoss::squared_error, true, kWeights);
  EXPECT_TRUE(examine_cases(layer, coins()).empty());
  layer.hidden_bias[2] = -50;
  const Finding f = found(examine_cases(layer, coins()), "never on: mean activity below -0.98");
  EXPECT_EQ(f.value, 0.1);
  EXPECT_THAT(f.advice, testing::Not(HasSubstr("--sparsity"))) << "an option of RBMs";
}

// Total inputs with a deviation of some 70: about one in twenty is within 4.6 of 0.
TEST(Doctor, FindsSaturation) {
  Rbm rbm = healthy_rbm();
  rbm.weights *= Scalar(100);
  const Finding f = found(examine_cases(rbm, coins()), "saturated");
  EXPECT_GT(f.value, 0.9);
  EXPECT_LT(f.value, 1);
  EXPECT_EQ(f.severity, Severity::warning);
  EXPECT_THAT(f.advice, testing::AllOf(HasSubstr("--learning-rate"), HasSubstr("--weight-cost")));
}

// A copy may be longer, but not point the other way; units without weights are alike in nothing. 300 units are compared
// tile by tile.
TEST(Doctor, FindsUnitsThatRepeatAnother) {
  Rbm rbm = healthy_rbm("bernoulli", "bernoulli", 300);
  EXPECT_TRUE(examine(rbm, 1, nullptr, {}).empty());
  rbm.weights.col(4) = -rbm.weights.col(1);
  rbm.weights.col(5).setZero();
  rbm.weights.col(6).setZero();
  EXPECT_TRUE(examine(rbm, 1, nullptr, {}).empty());
  rbm.weights.col(3) = Scalar(2) * rbm.weights.col(1);
  rbm.weights.col(299) = rbm.weights.col(1);
  for (const int threads : {1, 3}) {
    const test::ThreadCount scope(threads);
    const Finding f = found(examine(rbm, 1, nullptr, {}), "2 of 300 units repeat another");
    EXPECT_EQ(f.value, 2.0 / 300);
    EXPECT_EQ(f.severity, Severity::note);
    EXPECT_THAT(f.advice, HasSubstr("--layers"));
  }
}

TEST(Doctor, JudgesTheSizeOfUpdates) {
  const auto with_ratio = [](double ratio) {
    return examine_evidence([&](TrainingEvidence& e) { e.update_ratio = ratio; });
  };
  const Finding large = found(with_ratio(0.02), "an update is 0.02 times the weights");
  EXPECT_EQ(large.value, 0.02);
  EXPECT_EQ(large.severity, Severity::warning);
  EXPECT_EQ(large.advice, "a --learning-rate 0.05 times as large");
  EXPECT_EQ(found(with_ratio(5e-5), "an update is").advice, "a --learning-rate 20 times as large");
  EXPECT_EQ(found(with_ratio(0), "an update is").advice, "a larger --learning-rate");
  for (const double usual : {2e-4, 5e-3}) EXPECT_TRUE(with_ratio(usual).empty()) << usual;
}

TEST(Doctor, FindsAGrowingFreeEnergyGap) {
  const auto findings = examine_history(history({9, 8, 7, 6}, {1, 0, 4, 8}));
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_THAT(findings[0].what, HasSubstr("grew by 8.0 nats since epoch 2"));
  EXPECT_EQ(findings[0].value, 8);
  EXPECT_THAT(findings[0].advice, testing::AllOf(HasSubstr("--weight-cost"), HasSubstr("--patience"),
                                                 HasSubstr("--epochs 2"), HasSubstr("--layers")));
  EXPECT_TRUE(examine_history(history({9, 8, 7, 6}, {1, 0, 2, 4})).empty()) << "within what 1000 cases tell";
  EXPECT_TRUE(examine_history(history({9, 8, 7, 6}, {-20, -15, -12, -10})).empty()) << "validation cases fit better";
  EXPECT_TRUE(examine_history(history({9, 8}, {0, 80})).empty()) << "no trend in two epochs";
}

TEST(Doctor, FindsARisingReconstructionError) {
  const Finding f =
      found(examine_history(history({9, 4, 5, 6})), "the reconstruction error rose by 50 % since epoch 2");
  EXPECT_EQ(f.value, 0.5);
  EXPECT_THAT(f.advice, HasSubstr("--learning-rate"));
  EXPECT_TRUE(examine_history(history({9, 4, 4.1, 4.3})).empty());
  EXPECT_TRUE(examine_history(history({0, 0, 0})).empty()) << "nothing to compare with";
}

TEST(Doctor, FindsChainsThatDoNotMix) {
  const auto with_chains = [](double above) {
    return examine_evidence([&](TrainingEvidence& e) { e.chain_free_energy = *e.data_free_energy + above; });
  };
  EXPECT_EQ(found(with_chains(-35), "35.0 nats below that of the data").value, -35);
  EXPECT_EQ(found(with_chains(60), "60.0 nats above that of the data").value, 60);
  EXPECT_THAT(found(with_chains(60), "chains").advice,
              testing::AllOf(HasSubstr("--cd-k"), HasSubstr("--estimator pt")));
  for (const double usual : {-15.0, 15.0}) EXPECT_TRUE(with_chains(usual).empty()) << usual;
  EXPECT_TRUE(examine_evidence([](TrainingEvidence& e) { e.data_free_energy.reset(); }).empty());
}

TEST(Doctor, FindsReplicasThatDoNotSwap) {
  const Finding f = found(examine_evidence([](TrainingEvidence& e) { e.swap_rates[4] = Scalar(0.03125); }), "swap");
  EXPECT_EQ(f.value, 0.03125);
  EXPECT_THAT(f.what, HasSubstr("3.1 %"));
  EXPECT_THAT(f.advice, HasSubstr("--replicas"));
}

TEST(Doctor, FindsGaussianDataOfAnotherVariance) {
  Matrix inputs = Matrix::Zero(kVisible, 200);
  add_normal_noise(Stream(7, Purpose::synthetic_training), {}, inputs);
  inputs.row(3).setOnes();  // of a constant feature no scaling makes a variance
  const Rbm rbm = healthy_rbm("gaussian");
  EXPECT_TRUE(examine_cases(rbm, inputs).empty());
  const Matrix wide = Scalar(5) * inputs;
  const Finding f = found(examine_cases(rbm, wide), "variance 1");
  // 19 variances of 200 values each: their mean has a relative deviation of sqrt(2 / 3800).
  EXPECT_NEAR(f.value, 25, 5 * 25 * std::sqrt(2.0 / 3800));
  EXPECT_THAT(f.advice, testing::AllOf(HasSubstr("--scale standardize"), HasSubstr("gaussian-learned")));
  const auto absent = [](const std::vector<Finding>& findings) {
    return std::ranges::none_of(findings,
                                [](const Finding& g) { return g.what.find("variance") != std::string::npos; });
  };
  EXPECT_TRUE(absent(examine(rbm, 2, &wide, {}))) << "codes are not scaled by any option";
  EXPECT_FALSE(absent(examine(rbm, 1, &wide, {})));
}

TEST(Doctor, RefusesInputsOfAnotherLayer) {
  const Matrix inputs = Matrix::Zero(kVisible + 1, 3);
  EXPECT_THROW(examine(healthy_rbm(), 1, &inputs, {}), InvalidArgument);
}

// Coins that know how many of them were asked for.
class Coins final : public CaseSource {
 public:
  Index case_count() const override { return 2500; }
  Index feature_count() const override { return kVisible; }
  void gather_into(std::span<const Index> cases, MatrixRef out) const override {
    asked_ = cases.size();
    out = coins(std::ssize(cases));
  }
  std::size_t asked() const { return asked_; }

 private:
  mutable std::size_t asked_ = 0;
};

TEST(Doctor, ExaminesEachLayerOnTheCodesOfTheLayerBelow) {
  Rbm first = healthy_rbm();
  first.hidden_bias[0] = -50;
  // Each passes on one code of the first layer, which lie between 0 and 1; the last is held down by another.
  Rbm second = make_rbm("bernoulli", "relu", kHidden, 3, kWeights);
  second.weights.setZero();
  second.weights(1, 0) = second.weights(2, 1) = second.weights(3, 2) = 1;
  second.weights(4, 2) = -50;
  const Stack stack{{first, second}};
  const Coins cases;
  const auto findings = examine(stack, &cases, {history({9, 8, 7}), history({4, 2, 6})}, {{}, healthy_evidence()});
  EXPECT_EQ(cases.asked(), 1000U);
  ASSERT_EQ(findings.size(), 3U);
  EXPECT_EQ(findings[0].layer, 1);
  EXPECT_THAT(findings[0].what, HasSubstr("1 of 10 units are never on"));
  EXPECT_EQ(findings[1].layer, 2);
  EXPECT_THAT(findings[1].what, HasSubstr("1 of 3 units are never on: 0 in all of 1000 cases"));
  EXPECT_EQ(findings[2].layer, 2);
  EXPECT_THAT(findings[2].what, HasSubstr("rose by 200 %"));
  const auto without = examine(stack, nullptr, {history({9, 8, 7}), history({4, 2, 6})});
  ASSERT_EQ(without.size(), 1U) << "what needs no cases";
  EXPECT_THAT(without[0].what, HasSubstr("rose"));
}

}  // namespace
}  // namespace dbn
