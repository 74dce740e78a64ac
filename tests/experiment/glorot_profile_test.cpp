#include <dbn/experiment/glorot_profile.hpp>

#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

#include "../support/thread_count.hpp"

namespace dbn {
namespace {

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

void expect_published(const PublishedProfile& published, const ProfileNet& net, std::uint64_t seed) {
  SCOPED_TRACE(published.name);
  const GlorotProfile found =
      glorot_profile(published.initializer, published.options, published.activation_deviation[0], seed, net);
  ASSERT_EQ(found.activation_deviation.size(), published.activation_deviation.size());
  for (std::size_t i = 0; i < found.activation_deviation.size(); ++i)
    EXPECT_NEAR(found.activation_deviation[i], published.activation_deviation[i],
                0.05 * published.activation_deviation[i])
        << "layer " << i + 1;
  EXPECT_NEAR(mean(found.singular_value), published.singular_value, 0.02);
  EXPECT_NEAR(mean(found.expected_singular_value), mean(found.singular_value), 0.02);
}

// The law does not depend on the width. A layer of n^2 weights strays by sqrt(2) / n from the variance it should have,
// 0.7 % here, well inside the 5 % that are allowed.
TEST(GlorotProfile, NarrowNetsAreLikeThePublishedOnes) {
  for (const auto& published : published_profiles())
    expect_published(published, {.width = 200, .cases = 100, .jacobian_cases = 1}, 0);
}

TEST(GlorotProfileSlow, WideNetsAreLikeThePublishedOnes) {
  for (const auto& published : published_profiles()) expect_published(published, {}, 0);
}

TEST(GlorotProfile, SeedAloneDecides) {
  const ProfileNet net{.width = 40, .cases = 20, .jacobian_cases = 3};
  const auto profile = [&](std::uint64_t seed) { return glorot_profile("xavier", {}, 0.3, seed, net); };
  const GlorotProfile one = profile(1);
  const test::ThreadCount three(3);
  EXPECT_EQ(profile(1).activation_deviation, one.activation_deviation);
  EXPECT_EQ(profile(1).singular_value, one.singular_value);
  EXPECT_NE(profile(2).activation_deviation, one.activation_deviation);
}

TEST(GlorotProfile, RefusesWhatCannotBeMeasured) {
  const ProfileNet small{.width = 10, .cases = 5, .jacobian_cases = 0};
  EXPECT_THROW(glorot_profile("xavierr", {}, 0.3, 0, small), InvalidArgument);
  EXPECT_THROW(glorot_profile("zeros", {}, 0.3, 0, small), InvalidArgument);
  EXPECT_THROW(glorot_profile("xavier", {}, 0, 0, small), InvalidArgument);
  EXPECT_THROW(glorot_profile("xavier", {}, 1, 0, small), InvalidArgument);
  EXPECT_THROW(glorot_profile("xavier", {}, 0.3, 0, {.width = 0}), InvalidArgument);
  EXPECT_THROW(glorot_profile("xavier", {}, 0.3, 0, {.width = 10, .cases = 1, .jacobian_cases = 2}), InvalidArgument);
}

// He's weights are Xavier's times sqrt(2) where layers are as wide as their inputs, draw by draw, and ReLU passes a
// factor on.
TEST(ReluSecondMoments, XavierHalvesWhatHeHolds) {
  const ProfileNet net{.width = 60, .depth = 30, .cases = 20, .jacobian_cases = 0};
  const auto he = relu_second_moments("he", 1, net);
  const auto xavier = relu_second_moments("xavier", 1, net);
  ASSERT_EQ(he.size(), 30U);
  for (std::size_t i = 0; i < he.size(); ++i)
    EXPECT_NEAR(xavier[i] / he[i] * std::pow(2.0, static_cast<double>(i + 1)), 1, 1e-4) << "layer " << i + 1;
}

// A seed's moment has relative variance at most 5 / width per layer: that of the square of a halved normal, 5, over
// units. Five standard errors of 20 seeds after 3 layers.
TEST(ReluSecondMoments, HeHoldsTheirExpectation) {
  const ProfileNet net{.width = 100, .depth = 3, .cases = 50, .jacobian_cases = 0};
  std::vector<double> last;
  for (std::uint64_t seed = 0; seed < 20; ++seed) last.push_back(relu_second_moments("he", seed, net).back());
  EXPECT_NEAR(mean(last), 1, 5 * std::sqrt(5.0 * 3 / 100 / 20));
}

}  // namespace
}  // namespace dbn
