#include <dbn/data/split.hpp>

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/data/case_source.hpp>

namespace dbn {
namespace {

using Cases = std::vector<Index>;

// `cases` cases whose label is their number modulo `classes`; every `gap`th is unlabelled when gap is above 0.
Dataset labelled(Index cases, int classes, Index gap = 0) {
  Dataset dataset{
      .name = "made", .features = Matrix(Matrix::Zero(1, cases)), .labels = {}, .classes = {}, .shape = {1}};
  for (int c = 0; c < classes; ++c) dataset.classes.push_back(std::to_string(c));
  for (Index i = 0; i < cases; ++i)
    dataset.labels.push_back(gap > 0 && i % gap == 0 ? kUnlabelled : static_cast<int>(i % classes));
  return dataset;
}

std::vector<Index> class_counts(const Dataset& dataset, const Cases& chosen) {
  std::vector<Index> counts(dataset.classes.size());
  for (const Index i : chosen) ++counts[static_cast<std::size_t>(dataset.labels[static_cast<std::size_t>(i)])];
  return counts;
}

TEST(Split, HoldsOutDisjointCasesInFileOrder) {
  const Dataset dataset = labelled(200, 4);
  for (const char* amount : {"0", "1", "50", "0.25", "199", "0.1"}) {
    const Split split = split_validation(dataset, amount, 3);
    EXPECT_TRUE(std::is_sorted(split.training.begin(), split.training.end()));
    EXPECT_TRUE(std::is_sorted(split.validation.begin(), split.validation.end()));
    Cases together = split.training;
    together.insert(together.end(), split.validation.begin(), split.validation.end());
    std::sort(together.begin(), together.end());
    EXPECT_EQ(together, all_cases(200)) << amount;
  }
}

TEST(Split, TakesCountsAndFractions) {
  const Dataset dataset = labelled(200, 4);
  const auto held_out = [&](const char* amount) { return split_validation(dataset, amount, 0).validation.size(); };
  EXPECT_EQ(held_out("0"), 0U);
  EXPECT_EQ(held_out("1"), 1U);
  EXPECT_EQ(held_out("50"), 50U);
  EXPECT_EQ(held_out("0.25"), 50U);
  EXPECT_EQ(held_out("0.994"), 199U);  // 198.8, to the nearest case
}

TEST(Split, RefusesWhatLeavesNothingOrMeansNothing) {
  const Dataset dataset = labelled(200, 4);
  for (const char* amount : {"200", "201", "1e300", "0.999", "1.5", "-1", "-0.1", "nan", "inf", "", "half", "10%"})
    EXPECT_THROW(split_validation(dataset, amount, 0), InvalidArgument) << amount;
}

TEST(Split, IsDrawnBySeed) {
  const Dataset dataset = labelled(200, 4);
  EXPECT_EQ(split_validation(dataset, "50", 1).validation, split_validation(dataset, "50", 1).validation);
  EXPECT_NE(split_validation(dataset, "50", 1).validation, split_validation(dataset, "50", 2).validation);
  EXPECT_NE(split_validation(dataset, "50", 1).validation, all_cases(50));
}

TEST(LabelledCases, LeavesOutThoseWithoutALabel) {
  const Dataset dataset = labelled(10, 2, 3);
  EXPECT_EQ(labelled_cases(dataset, {0, 1, 2, 3, 4, 9}), (Cases{1, 2, 4}));
  Dataset none = dataset;
  none.labels.clear();
  EXPECT_TRUE(labelled_cases(none, all_cases(10)).empty());
}

TEST(ChooseLabels, IsBalancedToOneOfEachClass) {
  const Dataset dataset = labelled(200, 7, 5);
  for (const Index count : {Index{7}, Index{20}, Index{70}, Index{100}}) {
    const Cases chosen = choose_labels(dataset, all_cases(200), count, 1);
    ASSERT_EQ(static_cast<Index>(chosen.size()), count);
    EXPECT_EQ(std::set<Index>(chosen.begin(), chosen.end()).size(), chosen.size());
    EXPECT_TRUE(std::is_sorted(chosen.begin(), chosen.end()));
    const auto counts = class_counts(dataset, chosen);
    const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
    EXPECT_LE(*most - *least, 1) << count;
  }
}

TEST(ChooseLabels, TakesAllOfARareClassAndFillsUpWithTheOthers) {
  Dataset dataset = labelled(40, 2);
  for (std::size_t i = 0; i < 40; ++i) dataset.labels[i] = i < 3 ? 1 : 0;
  EXPECT_EQ(class_counts(dataset, choose_labels(dataset, all_cases(40), 20, 0)), (Cases{17, 3}));
}

TEST(ChooseLabels, NestsSmallerSubsetsInLargerOnes) {
  const Dataset dataset = labelled(200, 7);
  Cases smaller;
  for (const Index count : {Index{1}, Index{9}, Index{50}, Index{51}, Index{200}}) {
    const Cases larger = choose_labels(dataset, all_cases(200), count, 4);
    EXPECT_TRUE(std::includes(larger.begin(), larger.end(), smaller.begin(), smaller.end())) << count;
    smaller = larger;
  }
}

TEST(ChooseLabels, IsDrawnBySeedFromTheNamedCasesOnly) {
  const Dataset dataset = labelled(200, 4);
  const Cases upper = split_validation(dataset, "100", 0).training;
  const Cases chosen = choose_labels(dataset, upper, 20, 1);
  EXPECT_TRUE(std::includes(upper.begin(), upper.end(), chosen.begin(), chosen.end()));
  EXPECT_EQ(chosen, choose_labels(dataset, upper, 20, 1));
  EXPECT_NE(chosen, choose_labels(dataset, upper, 20, 2));
}

TEST(ChooseLabels, RefusesMoreThanThereAre) {
  const Dataset dataset = labelled(10, 2, 2);
  EXPECT_EQ(choose_labels(dataset, all_cases(10), 5, 0), (Cases{1, 3, 5, 7, 9}));
  EXPECT_THROW(choose_labels(dataset, all_cases(10), 6, 0), InvalidArgument);
}

TEST(ChooseLabels, DrawsFromTargetsWithoutBalance) {
  Dataset dataset = labelled(50, 1);
  labels_to_targets(dataset);
  const Cases cases = all_cases(50);
  EXPECT_EQ(labelled_cases(dataset, cases), cases);
  const Cases few = choose_labels(dataset, cases, 10, 1);
  const Cases more = choose_labels(dataset, cases, 20, 1);
  EXPECT_EQ(few.size(), 10U);
  EXPECT_TRUE(std::includes(more.begin(), more.end(), few.begin(), few.end()));
  EXPECT_NE(few, choose_labels(dataset, cases, 10, 2));
}

}  // namespace
}  // namespace dbn
