#include <dbn/experiment/comparison_run.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../support/made_record.hpp"

namespace dbn {
namespace {

using testing::ElementsAre;
using testing::Optional;
using testing::Pair;

// A run of five epochs; seconds are powers of two, so that a sum tells what is in it.
ComparisonRun run_with(const std::vector<std::optional<double>>& errors) {
  ComparisonRun run{.treatment = {.start = "rbm", .layers = {20}, .labels = 100}, .pretrain_seconds = 64};
  double seconds = 1;
  for (const auto& error : errors) {
    run.history.push_back(
        {.epoch = std::ssize(run.history) + 1, .train_loss = 0, .validation_error = error, .seconds = seconds});
    seconds *= 2;
  }
  run.finetune_seconds = seconds - 1;
  return run;
}

TEST(TimeToTarget, IsTheEndOfTheFirstEpochAtOrBelowIt) {
  const auto run = run_with({9.0, 7.0, 5.0, 6.0, 4.0});
  const double below = std::nextafter(5.0, 0.0);
  EXPECT_THAT(epochs_to_target(run, 9), Optional(1));
  EXPECT_THAT(seconds_to_target(run, 9), Optional(64.0 + 1));
  EXPECT_THAT(epochs_to_target(run, 5), Optional(3));
  EXPECT_THAT(seconds_to_target(run, 5), Optional(64.0 + 1 + 2 + 4));
  EXPECT_THAT(epochs_to_target(run, below), Optional(5)) << "6 comes between, and counts as not yet arrived";
  EXPECT_THAT(seconds_to_target(run, below), Optional(64.0 + 31));
}

TEST(TimeToTarget, IsNoneForARunThatNeverArrives) {
  const auto nan = std::numeric_limits<double>::quiet_NaN();
  for (const auto& run : {run_with({9.0, 7.0}), run_with({}), run_with({std::nullopt, nan})}) {
    EXPECT_EQ(epochs_to_target(run, 6.5), std::nullopt);
    EXPECT_EQ(seconds_to_target(run, 6.5), std::nullopt);
  }
}

TEST(TimeToTarget, PassesOverEpochsThatWereNotValidated) {
  const auto run = run_with({std::nullopt, 3.0});
  EXPECT_THAT(epochs_to_target(run, 5), Optional(2));
  EXPECT_THAT(seconds_to_target(run, 5), Optional(64.0 + 3)) << "their time passes all the same";
}

TEST(ComparisonRecord, KnowsThePlacesOfItsTreatments) {
  auto record = test::made({5}, {8});
  const Treatment rbm{.start = "rbm", .layers = {20}, .labels = 100};
  const Treatment he{.start = "he", .layers = {20}, .labels = 100};
  EXPECT_THAT(places_of(record.header), ElementsAre(Pair(he, 1), Pair(rbm, 0)));
  // Each of the three parts tells treatments apart.
  for (const auto& other : {Treatment{"rbm@tanh", {20}, 100}, {"rbm", {20, 20}, 100}, {"rbm", {20}, 101}}) {
    EXPECT_FALSE(places_of(record.header).contains(other));
    record.header.treatments.push_back(other);
  }
  record.header.treatments.push_back(rbm);
  const auto places = places_of(record.header);
  EXPECT_EQ(places.size(), 5U);
  EXPECT_EQ(places.at(rbm), 0U) << "the first of two";
  EXPECT_EQ(places.at({"rbm", {20}, 101}), 4U);
}

TEST(ComparisonRecord, IsPutInOrder) {
  auto record = test::made({1, 2, 3}, {4, 5, 6});
  const Treatment unknown{.start = "absent", .layers = {20}, .labels = 100};
  record.runs.push_back({.treatment = unknown, .seed = 1, .test_error = 7});
  for (const auto& treatment : {unknown, record.header.treatments[1], record.header.treatments[0]})
    for (const Index trial : {2, 0, 1})
      record.trials.push_back({.treatment = treatment, .trial = trial, .settings = {}});
  std::reverse(record.runs.begin(), record.runs.end());
  put_in_order(record);
  std::vector<double> errors;
  for (const auto& run : record.runs) errors.push_back(run.test_error);
  EXPECT_THAT(errors, ElementsAre(1, 4, 2, 5, 7, 3, 6)) << "by seed, then by treatment";
  std::vector<std::pair<std::string, Index>> trials;
  for (const auto& trial : record.trials) trials.emplace_back(trial.treatment.start, trial.trial);
  EXPECT_THAT(trials, ElementsAre(Pair("rbm", 0), Pair("rbm", 1), Pair("rbm", 2), Pair("he", 0), Pair("he", 1),
                                  Pair("he", 2), Pair("absent", 0), Pair("absent", 1), Pair("absent", 2)));
}

}  // namespace
}  // namespace dbn
