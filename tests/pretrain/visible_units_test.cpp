#include <dbn/pretrain/visible_units.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/pretrain/pretrain.hpp>
#include <dbn/units/unit_type.hpp>

namespace dbn {
namespace {

Column numbers() { return {.name = "", .categories = {}}; }
Column colors() { return {.name = "", .categories = {"blue", "red"}}; }

// Two cases; their numbers are `number` and 0.
PreparedCases cases_of(const Schema& schema, Scalar number, const std::string& scale = "none") {
  Dataset dataset{.name = "d", .features = {}, .labels = {}, .classes = {}, .shape = {schema.feature_count()}};
  Matrix features = Matrix::Zero(schema.feature_count(), 2);
  Index first = 0;
  for (const auto& column : schema.columns) {
    features(first, 0) = column.categorical() ? 1 : number;
    if (column.categorical()) features(first + 1, 1) = 1;
    first += column.feature_count();
  }
  dataset.features = features;
  dataset.schema = schema;
  const auto all = all_cases(2);
  const Preprocessing scaling = fit_preprocessing(scale, dataset, all);
  return {std::make_shared<const Dataset>(std::move(dataset)), all, scaling};
}

TEST(VisibleUnits, AGroupForEachColumnOfCategoriesAndForTheNumbersBetween) {
  const PretrainOptions options;
  const auto units = [&](const Schema& schema) { return visible_units(options, cases_of(schema, 1)); };
  EXPECT_EQ(units({{numbers(), numbers(), colors(), colors(), numbers()}}),
            "bernoulli:0-1,softmax:2-3,softmax:4-5,bernoulli:6-6");
  EXPECT_EQ(units({{colors(), numbers(), colors()}}), "softmax:0-1,bernoulli:2-2,softmax:3-4");
  EXPECT_EQ(units({{colors()}}), "softmax:0-1");
}

TEST(VisibleUnits, NumbersAreGaussianWhereOneIsNegative) {
  const Schema schema{{numbers(), colors()}};
  const PretrainOptions options;
  EXPECT_EQ(visible_units(options, cases_of(schema, -1)), "gaussian:0-0,softmax:1-2");
  EXPECT_EQ(visible_units(options, cases_of(schema, -1, "minmax")), "bernoulli:0-0,softmax:1-2");
  EXPECT_EQ(visible_units(options, cases_of(schema, 1, "standardize")), "gaussian:0-0,softmax:1-2");
}

TEST(VisibleUnits, WhatIsAskedForStands) {
  const PreparedCases cases = cases_of({{numbers(), colors()}}, 1);
  PretrainOptions options;
  for (const char* units : {"bernoulli", "gaussian:0-"}) {
    options.visible = units;
    EXPECT_EQ(visible_units(options, cases), units);
  }
  PretrainOptions denoising;
  denoising.pretrainer = {"denoising"};
  EXPECT_EQ(visible_units(denoising, cases), "bernoulli") << "for no RBM there is nothing to choose";
  EXPECT_EQ(visible_units({}, cases_of({{numbers(), colors()}}, 1, "none")), "bernoulli:0-0,softmax:1-2");
}

TEST(VisibleUnits, WithoutCategoriesTheyAreBernoulli) {
  Dataset dataset{.name = "d", .features = Matrix(Matrix::Zero(2, 2)), .labels = {}, .classes = {}, .shape = {2}};
  const PreparedCases cases(std::make_shared<const Dataset>(dataset), all_cases(2), {});
  EXPECT_EQ(visible_units({}, cases), "bernoulli");
  PretrainOptions options;
  options.layers = {3};
  EXPECT_EQ(layer_options(options, 0, 2).visible, "bernoulli") << "also for who does not ask";
}

// What comes of it trains: data and units fit each other.
TEST(VisibleUnits, AStackLearnsFromSuchATable) {
  const PreparedCases cases = cases_of({{numbers(), colors(), numbers(), colors()}}, Scalar(-0.5), "standardize");
  PretrainOptions options;
  options.layers = {3};
  options.epochs = {2};
  options.visible = visible_units(options, cases);
  const auto result = pretrain(cases, nullptr, options, 1);
  EXPECT_EQ(std::get<Rbm>(result.stack.layers.front()).visible->name(),
            "gaussian:0-0,softmax:1-2,gaussian:3-3,softmax:4-5");
}

}  // namespace
}  // namespace dbn
