#include <dbn/autoencoder/autoencoder_penalties.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

#include "../support/finite_difference.hpp"
#include "../support/small_autoencoder.hpp"
#include "../support/thread_count.hpp"

namespace dbn {
namespace {

using test::uniform_cases;

constexpr auto kEpsilon = static_cast<double>(std::numeric_limits<Scalar>::epsilon());

Autoencoder model_of(const std::string& code, std::uint32_t layer = 0) {
  Autoencoder model = test::small_autoencoder(5, 4, code, ReconstructionLoss::squared_error, true, layer);
  test::disturb(model, layer);
  return model;
}

Matrix codes_of(const Autoencoder& model, const Matrix& cases) {
  Matrix codes(model.hidden_count(), cases.cols());
  model.encode_into(cases, codes);
  return codes;
}

class CodePenalty : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(All, CodePenalty, testing::ValuesIn(code_activation_names()), [](const auto& test) {
  std::string name = test.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

// The codes' slopes along each feature, by differences, where no activation bends within two steps of a feature. Each
// is off by gradient_tolerance of a code, which the mean over cases of 20 squares of up to `largest` doubles and sums
// up.
TEST_P(CodePenalty, ContractionIsTheSquaredLengthOfTheCodesSlopes) {
  Matrix cases = uniform_cases(5, 3);
  std::uint32_t layer = 0;
  Autoencoder model = model_of(GetParam());
  const auto reach = [&] { return 2 * test::difference_step() * model.weights.cwiseAbs().maxCoeff(); };
  while (test::nearest_kink(model, cases) <= static_cast<double>(reach())) model = model_of(GetParam(), ++layer);
  double sum = 0, largest = 0;
  for (Index c = 0; c < 3; ++c)
    for (Index i = 0; i < 5; ++i)
      for (Index j = 0; j < 4; ++j) {
        const double slope =
            test::numeric_slope(cases(i, c), [&] { return static_cast<double>(codes_of(model, cases.col(c))(j, 0)); });
        sum += slope * slope;
        largest = std::max(largest, std::abs(slope));
      }
  const auto most = static_cast<double>(codes_of(model, cases).cwiseAbs().maxCoeff());
  EXPECT_NEAR(mean_penalty(model, {.contraction = 0.5}, cases), 0.5 * sum / 3,
              0.5 * 20 * 2 * largest * test::gradient_tolerance(most, largest));
}

// The naive twin, in double: sums of 12 codes, each rounded once.
TEST_P(CodePenalty, L1IsTheMeanOfTheCodesSizes) {
  const Matrix cases = uniform_cases(5, 3);
  const Autoencoder model = model_of(GetParam());
  const double expected = 0.5 * codes_of(model, cases).cast<double>().cwiseAbs().sum() / 3;
  EXPECT_NEAR(mean_penalty(model, {.code_l1 = 0.5}, cases), expected, 16 * kEpsilon * (1 + expected));
}

TEST_P(CodePenalty, SparsityIsForCodesThatAreProbabilities) {
  const Activation& code = activation(GetParam());
  // The codes of inputs from -5 to 5, which no reading of names decides.
  Matrix codes = Vector::LinSpaced(11, -5, 5);
  code.apply(codes);
  const bool probabilities = codes.minCoeff() >= 0 && codes.maxCoeff() <= 1;
  EXPECT_EQ(codes_are_probabilities(code.name), probabilities);
  const AutoencoderPenalties sparse{.sparsity_cost = 3};
  if (probabilities)
    EXPECT_NO_THROW(check_penalties(sparse, code));
  else
    EXPECT_THAT([&] { check_penalties(sparse, code); },
                testing::ThrowsMessage<InvalidArgument>(
                    testing::AllOf(testing::HasSubstr("found " + GetParam()), testing::HasSubstr("--code-l1"))));
  EXPECT_NO_THROW(check_penalties({.contraction = 1, .code_l1 = 1}, code));
}

// KL(p || q) = p log p/q + (1 - p) log (1 - p)/(1 - q), unit by unit, of mean activities known to some eps; their slope
// is below p/q + (1 - p)/(1 - q), which is less than 10 here.
TEST(AutoencoderPenalties, SparsityIsTheDivergenceOfTheBatchsMeanActivities) {
  const Matrix cases = uniform_cases(5, 3);
  for (const char* code : {"sigmoid", "hard-sigmoid"}) {
    const Autoencoder model = model_of(code);
    const Eigen::ArrayXd activity = codes_of(model, cases).cast<double>().rowwise().mean();
    for (const double target : {0.0, 0.05, 0.3, 1.0}) {
      double expected = 0;
      for (const double q : activity) {
        if (target > 0) expected += target * std::log(target / q);
        if (target < 1) expected += (1 - target) * std::log((1 - target) / (1 - q));
      }
      EXPECT_NEAR(mean_penalty(model, {.sparsity_target = target, .sparsity_cost = 2}, cases), 2 * expected,
                  1000 * kEpsilon * (1 + expected))
          << code << " " << target;
    }
  }
}

TEST(AutoencoderPenalties, AreAddedUp) {
  const Matrix cases = uniform_cases(5, 3);
  const Autoencoder model = model_of("sigmoid");
  const double apart = mean_penalty(model, {.contraction = 2}, cases) +
                       mean_penalty(model, {.sparsity_cost = 3}, cases) + mean_penalty(model, {.code_l1 = 4}, cases);
  EXPECT_NEAR(mean_penalty(model, {.contraction = 2, .sparsity_cost = 3, .code_l1 = 4}, cases), apart,
              64 * kEpsilon * apart);
  EXPECT_EQ(mean_penalty(model, {}, cases), 0);
  EXPECT_FALSE(AutoencoderPenalties{}.any());
}

// Whatever tiles a product cuts the codes into.
TEST(AutoencoderPenalties, TilesOfUnitsGiveWhatTheWholeGives) {
  const Matrix cases = uniform_cases(5, 3);
  const Autoencoder model = model_of("sigmoid");
  const Matrix codes = codes_of(model, cases);
  const AutoencoderPenalties all{.contraction = 1, .sparsity_cost = 1, .code_l1 = 1};
  const auto add = [&](Index tile) {
    PenaltyGradient penalties(model, all, 3, true);
    Matrix slopes = Matrix::Ones(4, 3);
    for (Index first = 0; first < 4; first += tile)
      penalties.add_slopes(first, codes.middleRows(first, tile), slopes.middleRows(first, tile));
    return std::pair(slopes, penalties.value());
  };
  const auto [whole, value] = add(4);
  for (const Index tile : {1, 2}) {
    const auto [slopes, tiled_value] = add(tile);
    EXPECT_LE((slopes - whole).cwiseAbs().maxCoeff(), 16 * kEpsilon * whole.cwiseAbs().maxCoeff());
    EXPECT_NEAR(tiled_value, value, 16 * kEpsilon * value);
  }
}

TEST(AutoencoderPenalties, RefusesCostsAndTargetsOutOfRange) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  for (const AutoencoderPenalties& bad :
       {AutoencoderPenalties{.contraction = -1}, AutoencoderPenalties{.sparsity_target = 1.5},
        AutoencoderPenalties{.sparsity_target = -0.1}, AutoencoderPenalties{.sparsity_cost = kNan},
        AutoencoderPenalties{.code_l1 = -1}})
    EXPECT_THROW(check_penalties(bad, activation("sigmoid")), InvalidArgument);
}

}  // namespace
}  // namespace dbn
