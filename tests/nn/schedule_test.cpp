#include <dbn/nn/schedule.hpp>

#include <cmath>
#include <numbers>

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

// Twenty epochs of ten updates.
RateCourse course(const ScheduleOptions& options) { return RateCourse(options, 200, 10); }

TEST(RateCourse, CosineFallsFromOneToZero) {
  const auto cosine = course({.name = "cosine"});
  EXPECT_DOUBLE_EQ(cosine.factor(0), 1);
  EXPECT_DOUBLE_EQ(cosine.factor(100), 0.5);
  EXPECT_DOUBLE_EQ(cosine.factor(199), 0.5 * (1 + std::cos(std::numbers::pi * 199 / 200)));
}

TEST(RateCourse, ConstantStaysOne) {
  for (const Index update : {0, 77, 199}) EXPECT_EQ(course({.name = "constant"}).factor(update), 1);
}

TEST(RateCourse, StepDecaysAfterItsEpochs) {
  const auto step = course({.name = "step", .decay = 0.5, .decay_epochs = 4});
  EXPECT_EQ(step.factor(39), 1);
  EXPECT_EQ(step.factor(40), 0.5);
  EXPECT_EQ(step.factor(80), 0.25);
  EXPECT_DOUBLE_EQ(course({.name = "step"}).factor(100), 0.1);  // ten epochs, a tenth
}

TEST(RateCourse, ExponentialDecaysEveryEpoch) {
  const auto exponential = course({.name = "exponential"});
  EXPECT_EQ(exponential.factor(9), 1);
  EXPECT_DOUBLE_EQ(exponential.factor(10), 0.95);
  EXPECT_DOUBLE_EQ(exponential.factor(195), std::pow(0.95, 19));
}

TEST(RateCourse, WarmUpRisesInALineAndEveryCourseBeginsAfterIt) {
  for (const auto& row : rate_schedules()) {
    const auto warm = course({.name = row.name, .warm_up = 2});
    EXPECT_DOUBLE_EQ(warm.factor(0), 1.0 / 21) << row.name;
    EXPECT_DOUBLE_EQ(warm.factor(10), 11.0 / 21) << row.name;
  }
  const auto cosine = course({.name = "cosine", .warm_up = 2});
  EXPECT_DOUBLE_EQ(cosine.factor(20), 1);
  EXPECT_DOUBLE_EQ(cosine.factor(110), 0.5);
}

// Warm-up may be all of a run.
TEST(RateCourse, WarmUpOfAllEpochsStaysFinite) {
  EXPECT_DOUBLE_EQ(course({.name = "cosine", .warm_up = 1e5}).factor(199), 200.0 / 201);
}

TEST(RateCourse, PlateauDecaysWhenErrorsStopFalling) {
  auto plateau = course({.name = "plateau", .decay = 0.5, .decay_epochs = 2});
  const auto factor_after = [&](double error) {
    plateau.end_epoch(error);
    return plateau.factor(100);
  };
  EXPECT_EQ(factor_after(5), 1);
  EXPECT_EQ(factor_after(6), 1);
  EXPECT_EQ(factor_after(5), 0.5);  // equal is no better
  EXPECT_EQ(factor_after(5), 0.5);
  EXPECT_EQ(factor_after(4), 0.5);
  EXPECT_EQ(factor_after(4), 0.5);
  EXPECT_EQ(factor_after(4), 0.25);
}

TEST(RateCourse, NumbersAreAllThatItRemembers) {
  const ScheduleOptions options{.name = "plateau", .decay_epochs = 2};
  auto first = course(options);
  first.end_epoch(3);
  first.end_epoch(4);
  SavedRun saved;
  saved.numbers["course"] = first.numbers();
  auto second = course(options);
  second.take_numbers(saved, "course");
  for (auto* one : {&first, &second}) one->end_epoch(4);
  EXPECT_EQ(first.factor(0), second.factor(0));
  EXPECT_LT(first.factor(0), 1);
  saved.numbers["course"] = {1, 2};
  EXPECT_THROW(second.take_numbers(saved, "course"), DataError);
}

TEST(RateCourse, UnknownNameIsRefused) { EXPECT_THROW(course({.name = "cosin"}), InvalidArgument); }

}  // namespace
}  // namespace dbn
