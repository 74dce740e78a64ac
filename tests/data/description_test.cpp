#include <dbn/data/description.hpp>

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/data/case_source.hpp>
#include <dbn/data/csv_reader.hpp>
#include <dbn/data/preprocessing.hpp>
#include <dbn/data/synthetic.hpp>
#include <dbn/units/unit_type.hpp>

#include "tests/support/bytes_of.hpp"

namespace dbn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Dataset of_numbers(const Matrix& values) {
  return {.name = "d", .features = values, .labels = {}, .classes = {}, .shape = {values.rows()}};
}

Dataset of_bytes(const std::vector<int>& values, std::vector<Index> shape) {
  Index features = 1;
  for (const Index extent : shape) features *= extent;
  Dataset::Bytes bytes(features, std::ssize(values) / features);
  std::transform(values.begin(), values.end(), bytes.data(), [](int v) { return static_cast<std::uint8_t>(v); });
  return {.name = "d", .features = bytes, .labels = {}, .classes = {}, .shape = std::move(shape)};
}

Dataset table(const std::string& text) { return read_csv(test::bytes_of(text), "d", {}); }

TEST(Description, ValuesAreExact) {
  const DataDescription d = describe(of_numbers((Matrix(4, 3) << 0, 1, 2.5, 7, 7, 7, -1, -1, 2, 0, 0, 0).finished()));
  EXPECT_EQ(d.cases, 3);
  EXPECT_EQ(d.features, 4);
  EXPECT_EQ(d.values.type, "numbers");
  EXPECT_EQ(d.values.least, -1);
  EXPECT_EQ(d.values.most, 7);
  EXPECT_EQ(d.values.mean, 24.5 / 12);
  EXPECT_EQ(d.values.zeros, 4.0 / 12);
  EXPECT_EQ(d.values.ones, 1.0 / 12);
  EXPECT_EQ(d.values.twos, 1.0 / 12);
  EXPECT_EQ(d.values.distinct, 6);  // -1, 0, 1, 2, 2.5, 7
  EXPECT_EQ(d.values.constant, 2);
  EXPECT_EQ(d.values.two_valued, 1);
  EXPECT_EQ(d.values.wide, 0);  // 8 in all; none spans 4
  EXPECT_EQ(d.unlabelled, 3);
  EXPECT_FALSE(d.imbalance);
  EXPECT_FALSE(d.majority_error);
  EXPECT_TRUE(d.targets.empty());
}

TEST(Description, TypesAreThoseOfTheFileOrOfTheValues) {
  EXPECT_EQ(describe(of_bytes({1, 2}, {2})).values.type, "bytes");
  EXPECT_EQ(describe(of_numbers(Matrix::Constant(1, 2, 300))).values.type, "integers");
  EXPECT_EQ(describe(of_numbers(Matrix::Constant(1, 2, Scalar{0.5}))).values.type, "numbers");
}

// A value that comes between the two that were there, and one that takes the place of an end.
TEST(Description, TwoValuedFeaturesHaveTwoValuesInAnyOrder) {
  const auto two_valued = [](const Matrix& row) { return describe(of_numbers(row)).values.two_valued; };
  EXPECT_EQ(two_valued((Matrix(1, 4) << 3, 5, 5, 3).finished()), 1);
  EXPECT_EQ(two_valued((Matrix(1, 4) << 5, 3, 3, 5).finished()), 1);
  EXPECT_EQ(two_valued((Matrix(1, 3) << 3, 5, 4).finished()), 0);
  EXPECT_EQ(two_valued((Matrix(1, 3) << 3, 4, 5).finished()), 0);
  EXPECT_EQ(two_valued((Matrix(1, 3) << 5, 4, 3).finished()), 0);
  EXPECT_EQ(two_valued((Matrix(1, 3) << 3, 3, 3).finished()), 0);
}

TEST(Description, DistinctValuesAreCountedUpToALimit) {
  const auto distinct = [](Index count) {
    return describe(of_numbers(Matrix(Vector::LinSpaced(count, -1, static_cast<Scalar>(count - 2)).transpose())))
        .values.distinct;
  };
  EXPECT_EQ(distinct(FeatureDescription::kMostDistinct), FeatureDescription::kMostDistinct);
  EXPECT_EQ(distinct(FeatureDescription::kMostDistinct + 1), std::nullopt);
}

TEST(Description, ClassesAreCountedAndWeighed) {
  Dataset dataset = of_numbers(Matrix::Ones(1, 10));
  dataset.classes = {"a", "b", "c"};
  dataset.labels = {0, 0, 0, 0, 1, 1, 2, 2, kUnlabelled, kUnlabelled};
  DataDescription d = describe(dataset);
  EXPECT_THAT(d.class_counts, ElementsAre(4, 2, 2));
  EXPECT_EQ(d.unlabelled, 2);
  EXPECT_EQ(d.imbalance, 2);
  EXPECT_EQ(d.majority_error, 50);
  dataset.classes.emplace_back("never");
  d = describe(dataset);
  EXPECT_THAT(d.class_counts, ElementsAre(4, 2, 2, 0));
  EXPECT_EQ(d.imbalance, std::numeric_limits<double>::infinity());
}

TEST(Description, TargetsHaveNameRangeMeanAndDeviation) {
  Dataset dataset = of_numbers(Matrix::Ones(1, 4));
  set_targets(dataset, (Matrix(2, 4) << 1, 1, 3, 3, -2, -2, -2, -2).finished(), {"height", "flat"});
  const DataDescription d = describe(dataset);
  EXPECT_EQ(d.unlabelled, 0);
  ASSERT_EQ(d.targets.size(), 2u);
  EXPECT_EQ(d.targets[0].name, "height");
  EXPECT_EQ(d.targets[0].least, 1);
  EXPECT_EQ(d.targets[0].most, 3);
  EXPECT_EQ(d.targets[0].mean, 2);
  EXPECT_EQ(d.targets[0].deviation, 1);
  EXPECT_EQ(d.targets[1].deviation, 0);
}

TEST(Description, CasesMustBeThere) { EXPECT_THROW(describe(of_numbers(Matrix(2, 0))), DataError); }

TEST(Description, ManyBlocksAreOneWhole) {
  Matrix values = Matrix::Zero(2, 5000);
  values(0, 4999) = -3;
  values(1, 0) = 4;
  const DataDescription d = describe(of_numbers(values));
  EXPECT_EQ(d.values.least, -3);
  EXPECT_EQ(d.values.most, 4);
  EXPECT_EQ(d.values.zeros, 9998.0 / 10000);
  EXPECT_EQ(d.values.two_valued, 2);
}

struct Advised {
  std::string name;
  Dataset dataset;
  std::string visible, scale, reason;
};

std::vector<Advised> advised() {
  return {
      {"Binary", of_numbers((Matrix(2, 2) << 0, 1, 1, 0).finished()), "bernoulli", "auto", "every value is 0 or 1"},
      {"Probabilities", of_numbers((Matrix(2, 2) << 0, Scalar{0.5}, 1, 0).finished()), "bernoulli", "auto",
       "all values lie in [0, 1], as probabilities do"},
      {"Bipolar", of_numbers((Matrix(2, 2) << -1, 1, 1, -1).finished()), "bipolar", "none", "every value is -1 or 1"},
      {"Images", of_bytes({0, 255, 17, 3, 9, 200, 0, 0}, {2, 2}), "bernoulli", "unit",
       "bytes of images are probabilities once they are divided by 255"},
      {"DarkImages", of_bytes({0, 16, 12, 3, 9, 1, 0, 0}, {2, 2}), "bernoulli", "minmax",
       "bytes of images that stop at 16 would hardly differ from 0 if they were divided by 255"},
      {"TwoOthers", of_numbers((Matrix(2, 3) << 1, 2, 2, 700, -5, 700).finished()), "bernoulli", "minmax",
       "no feature has more than two values, which minmax makes 0 and 1"},
      {"Words", of_bytes({0, 0, 1, 0, 1, 0, 0, 2, 0, 0, 3, 1, 0, 0, 0, 1, 0, 0, 2, 0}, {5}), "replicated-softmax",
       "none", "whole numbers from 0, 65 % of them 0 and 1 the usual other one, look like counts of words"},
      {"OneScale", of_bytes({0, 9, 16, 3, 12, 16, 8, 0, 1}, {3}), "bernoulli", "unit",
       "values from 0 on one scale are probabilities once they are divided by the largest, 16"},
      {"Negative", of_numbers((Matrix(2, 3) << -1, 2, Scalar{0.5}, 3, 4, 5).finished()), "gaussian", "standardize",
       "some values are negative, so that they are no probabilities"},
      {"ManyScales", of_numbers((Matrix(3, 3) << 1, 2, 3, 2, 4, 5, 1000, 5000, 300).finished()), "gaussian",
       "standardize", "the ranges of the features differ, so that one divisor cannot serve all of them"},
      {"Categories", table("1.5,red,a\n20,blue,b\n-3,red,a\n"), "auto", "standardize",
       "columns of categories become softmax groups, and the numbers beside them gaussian units"},
      {"CategoriesAlone", table("big,red,a\nsmall,blue,b\nbig,red,a\n"), "auto", "none",
       "columns of categories become softmax groups; other values lie in [0, 1], as probabilities do"},
  };
}

class Advice : public testing::TestWithParam<Advised> {};

INSTANTIATE_TEST_SUITE_P(EveryKind, Advice, testing::ValuesIn(advised()),
                         [](const auto& row) { return row.param.name; });

TEST_P(Advice, NamesUnitsScalingAndReason) {
  const DataAdvice advice = describe(GetParam().dataset).advice;
  EXPECT_EQ(advice.visible, GetParam().visible);
  EXPECT_EQ(advice.scale, GetParam().scale);
  EXPECT_EQ(advice.reason, GetParam().reason);
}

// Scaled as advised, no value lies where the units' data cannot.
TEST_P(Advice, UnitsTakeWhatTheScalingMakes) {
  const auto& dataset = GetParam().dataset;
  const DataAdvice advice = describe(dataset).advice;
  const auto all = all_cases(dataset.case_count());
  Matrix values(dataset.feature_count(), dataset.case_count());
  dataset.gather_into(all, values);
  fit_preprocessing(advice.scale, dataset, all).apply(values, all);
  if (advice.visible == "auto") return;  // what it becomes is the business of pretrain/
  const Vector none = Vector::Zero(values.rows());
  EXPECT_EQ(unit_type(advice.visible)
                ->objection({.mean = values.rowwise().mean(),
                             .variance = none,
                             .least = values.rowwise().minCoeff(),
                             .most = values.rowwise().maxCoeff()}),
            "");
}

TEST(Advice, SyntheticDigitsAreImages) {
  const SyntheticSpec spec = SyntheticSpec::parse("synthetic:digits,cases=50");
  const DataAdvice advice = describe(spec.generator->make(Stream(0, Purpose::synthetic_training), 50)).advice;
  EXPECT_EQ(advice.visible, "bernoulli");
  EXPECT_EQ(advice.scale, "unit");
}

}  // namespace
}  // namespace dbn
