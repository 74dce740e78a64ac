#include <dbn/data/binarization.hpp>

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

namespace dbn {
namespace {

Vector binarized(const Binarization& rule, Index number, Vector values) {
  rule.apply(number, values);
  return values;
}

Vector sample(std::uint64_t seed, Index number, Scalar p, Index features) {
  return binarized(Binarization::parse("sample", seed), number, Vector::Constant(features, p));
}

TEST(Binarization, NoneLeavesEveryBitAlone) {
  const Vector values = Vector::LinSpaced(7, -1, 2);
  EXPECT_EQ(binarized({}, 3, values), values);
  EXPECT_EQ(binarized(Binarization::parse("none", 3), 3, values), values);
}

TEST(Binarization, ThresholdIsOneAboveIt) {
  const Vector values = (Vector(5) << -1, Scalar(0.1), Scalar(0.1001), 1, 7).finished();
  EXPECT_EQ(binarized(Binarization::parse("threshold:0.1", 0), 0, values), (Vector(5) << 0, 0, 1, 1, 1).finished());
  EXPECT_EQ(binarized(Binarization::parse("threshold:-2", 0), 0, values), Vector::Ones(5));
}

// Ones of n fair trials with chance p: their share is off by more than 5 deviations with a chance below 1e-6.
TEST(Binarization, SampleIsOneWithTheValueAsProbability) {
  constexpr Index kFeatures = 10001;  // no multiple of 4, so that the last draws are a part of a block
  for (const double p : {0.02, 0.5, 0.9}) {
    const Vector states = sample(4, 17, static_cast<Scalar>(p), kFeatures);
    EXPECT_TRUE((states.array() == 0 || states.array() == 1).all());
    EXPECT_NEAR(states.cast<double>().mean(), p, 5 * std::sqrt(p * (1 - p) / kFeatures)) << p;
  }
  for (const Scalar beyond : {Scalar(1), Scalar(1.5)}) EXPECT_EQ(sample(4, 17, beyond, 100), Vector::Ones(100));
  for (const Scalar beyond : {Scalar(0), Scalar(-0.5)}) EXPECT_EQ(sample(4, 17, beyond, 100), Vector::Zero(100));
}

TEST(Binarization, SampleFollowsFromSeedAndCase) {
  const Vector states = sample(4, 17, Scalar(0.5), 100);
  EXPECT_EQ(sample(4, 17, Scalar(0.5), 100), states);
  EXPECT_EQ(sample(4, 17, Scalar(0.5), 60), states.head(60)) << "a draw does not depend on the features behind it";
  EXPECT_NE(sample(5, 17, Scalar(0.5), 100), states);
  EXPECT_NE(sample(4, 18, Scalar(0.5), 100), states);
}

TEST(Binarization, ComesBackFromItsText) {
  for (const char* text : {"none", "sample", "threshold:0.1", "threshold:-1e-300", "threshold:0.30000000000000004"}) {
    const Binarization rule = Binarization::parse(text, 9);
    EXPECT_EQ(rule.text(), text);
    EXPECT_EQ(rule.seed, rule.rule == Binarization::Rule::sample ? 9U : 0U);
  }
}

TEST(Binarization, RefusesOtherTexts) {
  for (const char* text :
       {"", "None", "threshold", "threshold:", "threshold:x", "threshold:nan", "threshold:0.5 ", "sample:3", "sample "})
    EXPECT_THAT([&] { Binarization::parse(text, 0); },
                testing::ThrowsMessage<InvalidArgument>(testing::HasSubstr("--binarize")))
        << text;
}

}  // namespace
}  // namespace dbn
