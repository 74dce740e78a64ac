#include <dbn/autoencoder/corruption.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/core/table.hpp>

#include "../support/thread_count.hpp"

namespace dbn {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;
using Cases = std::vector<Index>;

constexpr Index kFeatures = 50;

Cases first_cases(Index count) {
  Cases cases(static_cast<std::size_t>(count));
  std::iota(cases.begin(), cases.end(), Index{0});
  return cases;
}

/// No feature is 0, and each has a value of its own.
Matrix batch_of(const Cases& cases) {
  Matrix batch(kFeatures, static_cast<Index>(cases.size()));
  for (Index c = 0; c < batch.cols(); ++c)
    for (Index r = 0; r < kFeatures; ++r)
      batch(r, c) = static_cast<Scalar>(1 + r + kFeatures * cases[static_cast<std::size_t>(c)]);
  return batch;
}

/// A batch under noise, and where the noise touched it.
struct Noisy {
  Matrix corrupted, touched;
};

Noisy noisy(const Corruption& corruption, const Matrix& clean, const Cases& cases, std::uint64_t seed = 1,
            std::uint32_t epoch = 0) {
  Noisy batch{Matrix(clean.rows(), clean.cols()), Matrix(clean.rows(), clean.cols())};
  MatrixRef touched = batch.touched;
  corruption.apply(Stream(seed, Purpose::corruption), epoch, cases, clean, batch.corrupted, &touched);
  return batch;
}

Noisy noisy(const std::string& text, const Matrix& clean) {
  return noisy(Corruption::parse(text, "--corruption"), clean, first_cases(clean.cols()));
}

Matrix corrupted(const std::string& text, const Cases& cases) {
  return noisy(Corruption::parse(text, "--corruption"), batch_of(cases), cases).corrupted;
}

TEST(Corruption, NoneLeavesTheCasesAlone) {
  const Cases cases = first_cases(9);
  EXPECT_TRUE(corrupted("none", cases) == batch_of(cases));
}

TEST(Corruption, MaskingZeroesFeaturesAndKeepsTheOthers) {
  const Cases cases = first_cases(9);
  const Matrix clean = batch_of(cases);
  const Matrix masked = corrupted("masking:0.5", cases);
  EXPECT_TRUE((masked.array() == Scalar{0} || masked.array() == clean.array()).all());
  EXPECT_FALSE(masked == clean);
}

TEST(Corruption, MaskingNothingOrEverything) {
  const Cases cases = first_cases(9);
  EXPECT_TRUE(corrupted("masking:0", cases) == batch_of(cases));
  EXPECT_TRUE(corrupted("masking:1", cases).isZero(0));
}

// Five binomial standard deviations, over all cases and for each feature.
TEST(Corruption, MaskedShareIsTheStrength) {
  constexpr Index kCases = 2000;
  for (const double p : {0.1, 0.25, 0.9}) {
    const Matrix masked = corrupted("masking:" + std::to_string(p), first_cases(kCases));
    const Eigen::ArrayXd lost = (masked.array() == Scalar{0}).cast<double>().rowwise().mean();
    const double deviation = std::sqrt(p * (1 - p) / kCases);
    EXPECT_NEAR(lost.mean(), p, 5 * deviation / std::sqrt(kFeatures)) << p;
    EXPECT_LT((lost - p).abs().maxCoeff(), 5 * deviation) << p;
  }
}

// A feature counts as touched even where it was 0 before.
TEST(Corruption, TouchedShareIsTheStrengthWhateverTheFeaturesWere) {
  constexpr Index kCases = 2000;
  for (const char* kind : {"masking", "salt-and-pepper"})
    for (const double p : {0.1, 0.25, 0.9}) {
      const Matrix clean = Matrix::Zero(kFeatures, kCases);
      const Matrix touched = noisy(kind + std::string(":") + std::to_string(p), clean).touched;
      const Eigen::ArrayXd share = touched.cast<double>().rowwise().mean();
      const double deviation = std::sqrt(p * (1 - p) / kCases);
      EXPECT_NEAR(share.mean(), p, 5 * deviation / std::sqrt(kFeatures)) << kind << ":" << p;
      EXPECT_LT((share - p).abs().maxCoeff(), 5 * deviation) << kind << ":" << p;
    }
}

// Five binomial standard deviations of the coins, as many as there are touched features.
TEST(Corruption, SaltAndPepperIsAFairCoin) {
  const Matrix clean = Matrix::Constant(kFeatures, 2000, Scalar(0.5));
  for (const double p : {0.1, 0.25, 0.9}) {
    const Noisy batch = noisy("salt-and-pepper:" + std::to_string(p), clean);
    const auto salt = static_cast<double>((batch.corrupted.array() == Scalar{1}).count());
    const auto pepper = static_cast<double>((batch.corrupted.array() == Scalar{0}).count());
    EXPECT_EQ(salt + pepper, static_cast<double>(batch.touched.sum())) << p;
    EXPECT_NEAR(salt, pepper, 5 * std::sqrt(salt + pepper)) << p;
  }
}

TEST(Corruption, SaltAndPepperOnNothingOrEverything) {
  const Cases cases = first_cases(9);
  EXPECT_TRUE(corrupted("salt-and-pepper:0", cases) == batch_of(cases));
  const Matrix all = corrupted("salt-and-pepper:1", cases);
  EXPECT_TRUE((all.array() == Scalar{0} || all.array() == Scalar{1}).all());
}

// Of n draws of a normal the mean has the standard deviation S / sqrt(n), the variance S^2 sqrt(2 / n): five of each.
TEST(Corruption, GaussianNoiseHasMeanZeroAndItsStrengthAsDeviation) {
  const Matrix clean = Matrix::Zero(kFeatures, 2000);
  const double n = static_cast<double>(clean.size());
  for (const double strength : {0.1, 1.0, 10.0}) {
    const Eigen::ArrayXXd noise =
        noisy("gaussian:" + std::to_string(strength), clean).corrupted.cast<double>().array() / strength;
    EXPECT_LT(std::abs(noise.mean()), 5 / std::sqrt(n)) << strength;
    EXPECT_NEAR(noise.square().mean(), 1, 5 * std::sqrt(2 / n)) << strength;
  }
  const Cases cases = first_cases(9);
  EXPECT_TRUE(corrupted("gaussian:0", cases) == batch_of(cases));
}

TEST(Corruption, GaussianNoiseTouchesEveryFeature) {
  EXPECT_TRUE(noisy("gaussian:0.1", Matrix::Zero(kFeatures, 9)).touched == Matrix::Ones(kFeatures, 9));
}

/// Every kind in the table, at half its largest strength.
class CorruptionLaw : public testing::TestWithParam<std::string> {
 protected:
  Corruption corruption() const {
    const auto& kind = row_named(corruptions(), GetParam(), "corruption");
    return {&kind, kind.most / 2};
  }
  /// Corrupted features, and below them where they were touched: what holds of one holds of the other.
  Matrix apply(const Cases& cases, std::uint64_t seed = 1, std::uint32_t epoch = 0) const {
    const Noisy batch = noisy(corruption(), batch_of(cases), cases, seed, epoch);
    Matrix both(2 * kFeatures, batch.corrupted.cols());
    both << batch.corrupted, batch.touched;
    return both;
  }
  bool draws() const { return GetParam() != "none"; }
};
INSTANTIATE_TEST_SUITE_P(All, CorruptionLaw, testing::ValuesIn(row_names(corruptions())), [](const auto& test) {
  std::string name = test.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST_P(CorruptionLaw, WhatIsNotTouchedStays) {
  const Matrix clean = batch_of(first_cases(40));
  const Noisy batch = noisy(corruption(), clean, first_cases(40));
  EXPECT_TRUE((batch.touched.array() == Scalar{0} || batch.touched.array() == Scalar{1}).all());
  EXPECT_EQ(batch.touched.sum() > 0, draws());
  EXPECT_TRUE((batch.touched.array() == Scalar{1} || batch.corrupted.array() == clean.array()).all());
}

TEST_P(CorruptionLaw, IsTheSameWhereNobodyAsksWhatWasTouched) {
  const Matrix clean = batch_of(first_cases(9));
  Matrix unwatched(clean.rows(), clean.cols());
  corruption().apply(Stream(1, Purpose::corruption), 0, first_cases(9), clean, unwatched);
  EXPECT_TRUE(unwatched == noisy(corruption(), clean, first_cases(9)).corrupted);
}

TEST_P(CorruptionLaw, DoesNotDependOnTheSplitOfTheBatch) {
  const Cases cases{7, 3, 100000, 0, 12};
  const Matrix whole = apply(cases);
  for (std::size_t c = 0; c < cases.size(); ++c)
    EXPECT_TRUE(apply({cases[c]}) == whole.col(static_cast<Index>(c))) << "case " << cases[c] << " alone";
  EXPECT_TRUE(apply({12, 0, 7}) == (Matrix(2 * kFeatures, 3) << whole.col(4), whole.col(3), whole.col(0)).finished());
}

TEST_P(CorruptionLaw, DoesNotDependOnThreads) {
  const Cases cases = first_cases(40);
  const test::ThreadCount one(1);
  const Matrix expected = apply(cases);
  for (const int threads : {2, 3, 7}) {
    const test::ThreadCount guard(threads);
    EXPECT_TRUE(apply(cases) == expected) << threads;
  }
}

TEST_P(CorruptionLaw, DependsOnSeedAndEpoch) {
  const Cases cases = first_cases(4);
  EXPECT_TRUE(apply(cases, 1, 0) == apply(cases, 1, 0));
  EXPECT_EQ(apply(cases, 1, 0) != apply(cases, 2, 0), draws());
  EXPECT_EQ(apply(cases, 1, 0) != apply(cases, 1, 1), draws());
}

TEST_P(CorruptionLaw, CasesAreCorruptedDifferently) {
  const Matrix alike = noisy(corruption(), Matrix::Constant(kFeatures, 2, Scalar{2}), first_cases(2)).corrupted;
  EXPECT_EQ(alike.col(0) != alike.col(1), draws());
}

TEST(Corruption, IsParsedFromKindAndStrength) {
  const Corruption masking = Corruption::parse("masking:0.25", "corruption");
  EXPECT_EQ(masking.kind->name, "masking");
  EXPECT_EQ(masking.strength, 0.25);
  const Corruption none = Corruption::parse("none", "corruption");
  EXPECT_EQ(none.kind->name, "none");
  EXPECT_EQ(none.strength, 0);
}

TEST(Corruption, RefusesUnknownKindsAndStrengthsOutOfRange) {
  for (const char* text : {"",
                           "mask",
                           "Masking:0.5",
                           "masking",
                           "masking:",
                           "masking:-0.1",
                           "masking:1.1",
                           "masking:nan",
                           "masking:inf",
                           "masking:0.5x",
                           "masking:0.5:1",
                           "masking: 0.5",
                           "none:0",
                           "none:0.5",
                           "none:",
                           ":0.5",
                           "salt-and-pepper",
                           "salt-and-pepper:1.5",
                           "gaussian",
                           "gaussian:-1",
                           "gaussian:11"})
    EXPECT_THAT([&] { Corruption::parse(text, "--corruption"); },
                ThrowsMessage<InvalidArgument>(HasSubstr("--corruption: expected")))
        << text;
  EXPECT_THAT([] { Corruption::parse("noise:0.5", "--corruption"); },
              ThrowsMessage<InvalidArgument>(AllOf(HasSubstr("'noise'"), HasSubstr("none, masking"))));
}

TEST(Corruption, AStrengthThatIsMissingIsExplainedForEveryKind) {
  for (const auto& kind : corruptions()) {
    EXPECT_THAT(corruption_domain(), HasSubstr(kind.name));
    EXPECT_THAT([] { Corruption::parse("masking", "--corruption"); },
                ThrowsMessage<InvalidArgument>(HasSubstr(kind.name)));
  }
  EXPECT_THAT(corruption_domain(), HasSubstr("gaussian:S with S from 0 to 10"));
}

}  // namespace
}  // namespace dbn
