#include <dbn/autoencoder/corruption.hpp>

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

Matrix corrupted(const std::string& text, const Cases& cases, std::uint64_t seed = 1, std::uint32_t epoch = 0) {
  const Corruption corruption = Corruption::parse(text, "--corruption");
  const Matrix clean = batch_of(cases);
  Matrix batch(clean.rows(), clean.cols());
  corruption.kind->apply(Stream(seed, Purpose::corruption), corruption.strength, epoch, cases, clean, batch);
  return batch;
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

/// Every kind in the table, at half its largest strength.
class CorruptionLaw : public testing::TestWithParam<std::string> {
 protected:
  Matrix apply(const Cases& cases, std::uint64_t seed = 1, std::uint32_t epoch = 0) const {
    const auto& kind = row_named(corruptions(), GetParam(), "corruption");
    const Matrix clean = batch_of(cases);
    Matrix batch(clean.rows(), clean.cols());
    kind.apply(Stream(seed, Purpose::corruption), kind.most / 2, epoch, cases, clean, batch);
    return batch;
  }
  bool draws() const { return GetParam() != "none"; }
};
INSTANTIATE_TEST_SUITE_P(All, CorruptionLaw, testing::ValuesIn(row_names(corruptions())),
                         [](const auto& test) { return test.param; });

TEST_P(CorruptionLaw, DoesNotDependOnTheSplitOfTheBatch) {
  const Cases cases{7, 3, 100000, 0, 12};
  const Matrix whole = apply(cases);
  for (std::size_t c = 0; c < cases.size(); ++c)
    EXPECT_TRUE(apply({cases[c]}) == whole.col(static_cast<Index>(c))) << "case " << cases[c] << " alone";
  EXPECT_TRUE(apply({12, 0, 7}) == (Matrix(kFeatures, 3) << whole.col(4), whole.col(3), whole.col(0)).finished());
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
  const Matrix lost = apply(first_cases(2)) - batch_of(first_cases(2));
  EXPECT_EQ((lost.col(0).array() == Scalar{0}).cwiseNotEqual(lost.col(1).array() == Scalar{0}).any(), draws());
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
  for (const char* text :
       {"", "mask", "Masking:0.5", "masking", "masking:", "masking:-0.1", "masking:1.1", "masking:nan", "masking:inf",
        "masking:0.5x", "masking:0.5:1", "masking: 0.5", "none:0", "none:0.5", "none:", ":0.5"})
    EXPECT_THAT([&] { Corruption::parse(text, "--corruption"); },
                ThrowsMessage<InvalidArgument>(HasSubstr("--corruption: expected")))
        << text;
  EXPECT_THAT([] { Corruption::parse("noise:0.5", "--corruption"); },
              ThrowsMessage<InvalidArgument>(AllOf(HasSubstr("'noise'"), HasSubstr("none, masking"))));
}

}  // namespace
}  // namespace dbn
