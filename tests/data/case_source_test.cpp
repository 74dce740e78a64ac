#include <dbn/data/case_source.hpp>

#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

#include "../support/thread_count.hpp"

namespace dbn {
namespace {

// Feature f of case c is 1000 c + f; every third case has no label, the others that of their number modulo 2.
std::shared_ptr<const Dataset> numbered(Index features, Index cases) {
  Dataset dataset{.name = "numbered", .features = {}, .labels = {}, .classes = {"even", "odd"}, .shape = {features}};
  Matrix values(features, cases);
  for (Index c = 0; c < cases; ++c) {
    for (Index f = 0; f < features; ++f) values(f, c) = static_cast<Scalar>(1000 * c + f);
    dataset.labels.push_back(c % 3 == 2 ? kUnlabelled : static_cast<int>(c % 2));
  }
  dataset.features = std::move(values);
  return std::make_shared<const Dataset>(std::move(dataset));
}

TEST(PreparedCases, NumbersItsMembersFromZero) {
  const PreparedCases cases(numbered(3, 10), {7, 2, 9}, {});
  EXPECT_EQ(cases.case_count(), 3);
  EXPECT_EQ(cases.feature_count(), 3);
  EXPECT_EQ(cases.class_count(), 2);
  Matrix out(3, 2);
  const std::vector<Index> wanted{2, 0};
  cases.gather_into(wanted, out);
  EXPECT_EQ(out, (Matrix(3, 2) << 9000, 7000, 9001, 7001, 9002, 7002).finished());
  EXPECT_EQ(cases.label(0), 1);
  EXPECT_EQ(cases.label(1), kUnlabelled);
}

TEST(PreparedCases, HasNoLabelsWhenTheDatasetHasNone) {
  auto dataset = *numbered(2, 4);
  dataset.labels.clear();
  EXPECT_EQ(PreparedCases(std::make_shared<const Dataset>(dataset), all_cases(4), {}).label(3), kUnlabelled);
}

TEST(PreparedCases, ScalesWhatItGivesOut) {
  Preprocessing scaling{"minmax", Vector::LinSpaced(2, 0, 1), Vector::Constant(1, Scalar{0.5})};
  const PreparedCases cases(numbered(2, 3), all_cases(3), scaling);
  Matrix out(2, 1);
  cases.gather_into(std::vector<Index>{2}, out);
  EXPECT_EQ(out, (Matrix(2, 1) << 1000, 1000).finished());
}

TEST(PreparedCases, RefusesScalingForOtherFeatures) {
  const Preprocessing scaling{"standardize", Vector::Zero(3), Vector::Ones(3)};
  EXPECT_THROW(PreparedCases(numbered(2, 3), all_cases(3), scaling), InvalidArgument);
}

// Batches of every size around the tile length of 32, so that no case is lost or doubled at an edge.
TEST(PreparedCases, GivesTheSameBatchWithAnyNumberOfThreads) {
  const PreparedCases cases(numbered(5, 400), all_cases(400), {});
  for (const Index size : {Index{0}, Index{1}, Index{31}, Index{32}, Index{33}, Index{65}, Index{130}, Index{400}}) {
    std::vector<Index> order(static_cast<std::size_t>(size));
    for (Index i = 0; i < size; ++i) order[static_cast<std::size_t>(i)] = (i * 7) % 400;
    for (const int threads : {1, 2, 3}) {
      const test::ThreadCount scope(threads);
      Matrix out = Matrix::Constant(5, size, -1);
      cases.gather_into(order, out);
      for (Index c = 0; c < size; ++c)
        for (Index f = 0; f < 5; ++f) ASSERT_EQ(out(f, c), static_cast<Scalar>(1000 * ((c * 7) % 400) + f));
    }
  }
}

// Drawn by the numbers of the dataset, so that a case is the same among all cases and among few, in any batch.
TEST(PreparedCases, SamplesACaseAlikeInEverySubsetAndBatch) {
  Dataset halves{.name = "halves",
                 .features = Matrix(Matrix::Constant(30, 80, Scalar(0.5))),
                 .labels = {},
                 .classes = {},
                 .shape = {30}};
  const auto dataset = std::make_shared<const Dataset>(std::move(halves));
  const Preprocessing sampled = fit_preprocessing("none", *dataset, all_cases(80), Binarization::parse("sample", 6));
  const PreparedCases every(dataset, all_cases(80), sampled);
  const PreparedCases few(dataset, {70, 2, 41}, sampled);
  for (const int threads : {1, 3}) {
    const test::ThreadCount scope(threads);
    Matrix all(30, 80), part(30, 3);
    every.gather_into(all_cases(80), all);
    few.gather_into(std::vector<Index>{2, 0, 1}, part);
    EXPECT_EQ(part.col(0), all.col(41));
    EXPECT_EQ(part.col(1), all.col(70));
    EXPECT_EQ(part.col(2), all.col(2));
    EXPECT_NE(all.col(0), all.col(1));
  }
}

TEST(ForEachBatch, CutsRunsAndLeavesTheLastOneShort) {
  std::vector<Index> order{4, 3, 2, 1, 0};
  std::vector<std::vector<Index>> batches;
  std::vector<Index> firsts;
  for_each_batch(order, 2, [&](Index first, std::span<const Index> cases) {
    firsts.push_back(first);
    batches.emplace_back(cases.begin(), cases.end());
  });
  EXPECT_THAT(firsts, testing::ElementsAre(0, 2, 4));
  EXPECT_THAT(batches, testing::ElementsAre(std::vector<Index>{4, 3}, std::vector<Index>{2, 1}, std::vector<Index>{0}));
  int calls = 0;
  for_each_batch(order, 100, [&](Index, std::span<const Index> cases) {
    ++calls;
    EXPECT_EQ(cases.size(), 5U);
  });
  for_each_batch({}, 2, [&](Index, std::span<const Index>) { ++calls; });
  EXPECT_EQ(calls, 1);
}

TEST(AllCases, CountsFromZero) {
  EXPECT_THAT(all_cases(3), testing::ElementsAre(0, 1, 2));
  EXPECT_TRUE(all_cases(0).empty());
}

TEST(PreparedCases, GivesOutTargetsOfItsMembers) {
  Dataset dataset = *numbered(2, 4);
  set_targets(dataset, (Matrix(2, 4) << 0, 1, 2, 3, 10, 11, 12, 13).finished(), {});
  const PreparedCases cases(std::make_shared<const Dataset>(std::move(dataset)), {3, 1}, {});
  EXPECT_EQ(cases.target_count(), 2);
  Matrix out(2, 2);
  cases.gather_targets_into(std::vector<Index>{1, 0}, out);
  EXPECT_EQ(out, (Matrix(2, 2) << 1, 3, 11, 13).finished());
}

}  // namespace
}  // namespace dbn
