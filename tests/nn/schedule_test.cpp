#include <dbn/nn/schedule.hpp>

#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

namespace dbn {
namespace {

TEST(StepSchedule, ChangesAfterItsEpochs) {
  const auto momentum = StepSchedule::parse("0.5:5,0.9", "--momentum", 1);
  EXPECT_EQ(momentum.at(1), 0.5);
  EXPECT_EQ(momentum.at(5), 0.5);
  EXPECT_EQ(momentum.at(6), 0.9);
  EXPECT_EQ(momentum.at(1'000'000), 0.9);
  const auto three = StepSchedule::parse("0.1:2,0.2:3,0.3", "--momentum", 1);
  EXPECT_EQ(three.at(2), 0.1);
  EXPECT_EQ(three.at(5), 0.2);
  EXPECT_EQ(three.at(6), 0.3);
  EXPECT_EQ(StepSchedule::parse("0.9", "--momentum", 1).at(1), 0.9);
}

TEST(StepSchedule, RefusesWhatItDoesNotUnderstand) {
  for (const char* text : {"", "0.5:5", "0.5,0.9", "0.5:0,0.9", "0.5:-1,0.9", "0.5:x,0.9", "1.5", "-0.1", "nan",
                           "0.5:5,", "0.5:5,0.9:3", "0.5:1e3,0.9"})
    EXPECT_THROW(StepSchedule::parse(text, "--momentum", 1), InvalidArgument) << text;
}

TEST(RateSchedule, RunsFromOneToItsEnd) {
  const auto& cosine = rate_schedule("cosine");
  EXPECT_DOUBLE_EQ(cosine.factor(0), 1);
  EXPECT_DOUBLE_EQ(cosine.factor(0.5), 0.5);
  EXPECT_NEAR(cosine.factor(1), 0, 1e-15);
  EXPECT_EQ(rate_schedule("constant").factor(0.7), 1);
  EXPECT_THROW(rate_schedule("cosin"), InvalidArgument);
}

}  // namespace
}  // namespace dbn
