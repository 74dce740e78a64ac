#include <dbn/experiment/recipe.hpp>

#include <algorithm>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

#include "../support/temp_dir.hpp"

namespace dbn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A value of a recipe; the section `published` is what results are compared with.
struct Setting {
  std::string section, key, value;
};

void set(Recipe& recipe, const Setting& setting) {
  auto sections = recipe.options();
  sections.push_back({"published", recipe.published()});
  for (auto& [name, fields] : sections)
    for (const auto& field : fields)
      if (name == setting.section && field.name == setting.key) return set_option(field, setting.value);
  FAIL() << setting.section << "." << setting.key << " is no option";
}

std::unique_ptr<Recipe> with(const std::string& name, const std::vector<Setting>& settings) {
  auto made = recipe(name).make();
  for (const auto& setting : settings) set(*made, setting);
  return made;
}

std::unique_ptr<Recipe> small_seed_linear() {
  return with("seed-linear", {{"task", "cases", "100"},
                              {"task", "layers", "8"},
                              {"finetune", "epochs", "5"},
                              {"finetune", "schedule", "constant"},
                              {"published", "starts", "zeros,pytorch,xavier-uniform,he-uniform"},
                              {"published", "loss", "0.69,0.6,0.6,0.6"},
                              {"published", "loss-deviation", "0.1,0.1,0.1,0.1"},
                              {"published", "zeros-accuracy", "52,10"}});
}

std::unique_ptr<Recipe> small_hinton() {
  return with("hinton-2006", {{"pretrain", "layers", "12,10"},
                              {"pretrain", "epochs", "1"},
                              {"finetune.cg", "optimizer", "cg"},
                              {"finetune.cg", "head-epochs", "1"},
                              {"finetune.cg", "epochs", "2"},
                              {"finetune.adam", "epochs", "3"}});
}

std::unique_ptr<Recipe> small_autoencoder(const std::string& name = "deep-autoencoder") {
  return with(name, {{"pretrain", "layers", "12,5"},
                     {"pretrain", "hidden", "bernoulli,gaussian"},
                     {"pretrain", "learning-rate", "0.05,0.001"},
                     {"pretrain", "epochs", "1"},
                     {"finetune.rbm", "epochs", "3"},
                     {"finetune.random", "epochs", "4"},
                     {"published", "pca-components", "7"},
                     {"published", "pca", "30"}});
}

RecipeRun on(const std::string& data, Index seeds) {
  DataOptions options;
  options.data = data;
  return {.data = open_data(options), .seed = 3, .seeds = seeds};
}
RecipeRun on_digits(Index seeds) { return on("synthetic:digits,cases=200,test=100", seeds); }
RecipeRun on_bars(Index seeds) { return on("synthetic:bars-and-stripes,cases=256,test=32", seeds); }  // 16 features

TEST(Recipe, EveryRowIsNamedAndMakesARecipe) {
  std::set<std::string> names;
  for (const auto& row : recipes()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_FALSE(row.summary.empty()) << row.name;
    EXPECT_FALSE(row.make()->options().empty()) << row.name;
  }
  EXPECT_THAT([] { recipe("hinton"); }, testing::ThrowsMessage<InvalidArgument>(HasSubstr("hinton-2006")));
}

TEST(Recipe, ARowKnowsItsMean) {
  const RecipeRow row = recipe_row("error %", "1.2", {1, 2, 3}, 5);
  EXPECT_DOUBLE_EQ(row.measured.mean, 2);
  EXPECT_TRUE(row.measured.interval.has_value());
  EXPECT_THAT(row.values, ElementsAre(1, 2, 3));
  EXPECT_THROW(recipe_row("error %", "1.2", {}, 5), InvalidArgument);
}

TEST(Recipe, NoSeedsAndMissingDataAreRefused) {
  EXPECT_THROW(reproduce("seed-linear", *small_seed_linear(), {.data = {}, .seeds = 0}), InvalidArgument);
  EXPECT_THROW(reproduce("hinton-2006", *small_hinton(), {.data = {}}), InvalidArgument);
  auto untested = on_digits(1);
  untested.data.test = nullptr;
  EXPECT_THROW(reproduce("hinton-2006", *small_hinton(), untested), InvalidArgument);
}

TEST(Recipe, SeedLinearMeasuresEveryStartAndWhatMoved) {
  const auto result = reproduce("seed-linear", *small_seed_linear(), {.data = {}, .seed = 7, .seeds = 3});
  ASSERT_EQ(result.rows.size(), 6U);
  for (const auto& row : result.rows) EXPECT_EQ(row.values.size(), 3U) << row.what;
  EXPECT_THAT(result.rows[5].what, HasSubstr("moved"));
  EXPECT_THAT(result.rows[5].values, ElementsAre(0, 0, 0));
  const auto& curves = result.charts.at(0).curves;
  ASSERT_EQ(curves.size(), 4U);
  for (const auto& curve : curves) EXPECT_EQ(curve.values.size(), 5U) << curve.name;
  EXPECT_NE(curves[1].values, curves[2].values);
  EXPECT_THAT(result.remarks, testing::Contains(HasSubstr("not one of")));
  EXPECT_THAT(result.remarks, testing::Contains(HasSubstr("Xavier")));
}

TEST(Recipe, SeedLinearJudgesByTheNumbersThatArePublished) {
  auto recipe = small_seed_linear();
  set(*recipe, {"published", "textbook-starts", "zeros,pytorch"});
  set(*recipe, {"published", "textbook-loss", "0.1,9"});
  set(*recipe, {"published", "loss", "0.69,9,0.6,0.6"});
  const auto result = reproduce("seed-linear", *recipe, {.data = {}, .seeds = 2});
  EXPECT_TRUE(result.rows[0].target->met);
  EXPECT_FALSE(result.rows[1].target->met);
  EXPECT_THAT(result.remarks, testing::Contains(HasSubstr("does not hold: it has 0.1 for zeros")));
}

TEST(Recipe, SeedsAreTheSameWhetherTheyComeFirstOrNot) {
  const auto two = reproduce("seed-linear", *small_seed_linear(), {.data = {}, .seed = 7, .seeds = 2});
  const auto second = reproduce("seed-linear", *small_seed_linear(), {.data = {}, .seed = 8, .seeds = 1});
  for (std::size_t i = 0; i < two.rows.size(); ++i) EXPECT_EQ(two.rows[i].values[1], second.rows[i].values[0]);
  EXPECT_THAT(second.remarks, testing::Contains(HasSubstr("These seeds do not tell")));
}

TEST(Recipe, HintonTrainsBothWaysFromOneStack) {
  std::vector<std::string> lines;
  RecipeRun run = on_digits(2);
  run.observer.line = [&](const std::string& text) { lines.push_back(text); };
  const auto result = reproduce("hinton-2006", *small_hinton(), run);
  ASSERT_EQ(result.rows.size(), 4U);
  for (const std::size_t i : {0U, 1U, 2U}) EXPECT_EQ(result.rows[i].values.size(), 2U);
  for (const auto& row : result.rows) EXPECT_TRUE(row.target.has_value()) << row.what;
  EXPECT_THAT(lines, ElementsAre(HasSubstr("seed 3  conj"), HasSubstr("seed 3  Adam"), HasSubstr("seed 4  conj"),
                                 HasSubstr("seed 4  Adam")));
  const auto& curves = result.charts.at(0).curves;
  ASSERT_EQ(curves.size(), 2U);
  EXPECT_EQ(curves[0].values.size(), 2U);
  EXPECT_EQ(curves[1].values.size(), 3U);
}

TEST(Recipe, GlorotProfileFindsThePublishedNumbersInNarrowNets) {
  const auto made = with("glorot-profile", {{"net", "width", "200"},
                                            {"net", "cases", "100"},
                                            {"net", "jacobian-cases", "1"},
                                            {"relu", "depth", "10"},
                                            {"published", "deviation-tolerance", "5"},
                                            {"published", "singular-value-tolerance", "0.02"},
                                            {"published", "factor-tolerance", "0.1"},
                                            {"published", "moment-tolerance", "100"}});
  const auto result = reproduce("glorot-profile", *made, {.data = {}, .seeds = 2});
  ASSERT_EQ(result.rows.size(), 13U);
  for (const auto& row : result.rows) EXPECT_TRUE(row.target && row.target->met) << row.what;
  ASSERT_EQ(result.charts.size(), 2U);
  EXPECT_EQ(result.charts[0].curves[0].values.size(), 5U);
  EXPECT_EQ(result.charts[1].curves[0].values.size(), 10U);
}

// Rows 0 and 1: PCA; 2 to 4: the starts; 5: what the first of these gains.
TEST(Recipe, AutoencodersFromRbmsAndAtRandomStandBesidePca) {
  std::vector<std::string> lines;
  RecipeRun run = on_bars(2);
  run.observer.line = [&](const std::string& text) { lines.push_back(text); };
  const auto result = reproduce("deep-autoencoder", *small_autoencoder(), run);
  ASSERT_EQ(result.rows.size(), 7U);
  const auto& rows = result.rows;
  EXPECT_LT(rows[1].values[0], rows[0].values[0]) << "7 components lose more than 5";
  for (const std::size_t i : {2U, 3U, 4U}) EXPECT_EQ(rows[i].values.size(), 2U) << rows[i].what;
  const auto& better = rows[3].measured.mean <= rows[4].measured.mean ? rows[3] : rows[4];
  for (const std::size_t i : {0U, 1U}) EXPECT_EQ(rows[5].values[i], rows[2].values[i] - better.values[i]);
  EXPECT_GT(rows[2].seconds, rows[6].seconds) << "pretraining is part of what the start from RBMs takes";
  EXPECT_THAT(lines, ElementsAre(HasSubstr("PCA, 5"), HasSubstr("PCA, 7"), HasSubstr("seed 3, from RBMs"),
                                 HasSubstr("seed 3, Xavier"), HasSubstr("seed 3, He"), HasSubstr("seed 4, from RBMs"),
                                 HasSubstr("seed 4, Xavier"), HasSubstr("seed 4, He")));
  const auto& curves = result.charts.at(0).curves;
  ASSERT_EQ(curves.size(), 3U);
  for (const std::size_t i : {0U, 1U, 2U}) EXPECT_EQ(curves[i].values.size(), i == 0 ? 3U : 4U);
  const auto interval = *rows[5].measured.interval;
  const std::string outcome = interval[1] < 0   ? " pretraining wins:"
                              : interval[0] > 0 ? " pretraining does not win:"
                                                : " neither pretraining nor the random start wins:";
  EXPECT_THAT(result.remarks.at(0), testing::AllOf(HasSubstr(outcome), HasSubstr("paired 95 % interval")));
}

TEST(Recipe, WhatRbmsAreTrainedWithIsNothingToPcaAndToRandomStarts) {
  auto other = small_autoencoder();
  set(*other, {"pretrain", "epochs", "2"});
  set(*other, {"published", "tolerance-pca", "1000"});
  const auto result = reproduce("deep-autoencoder", *small_autoencoder(), on_bars(1));
  const auto changed = reproduce("deep-autoencoder", *other, on_bars(1));
  EXPECT_NE(result.rows[2].values, changed.rows[2].values);
  for (const std::size_t i : {0U, 1U, 3U, 4U}) EXPECT_EQ(result.rows[i].values, changed.rows[i].values) << i;
  EXPECT_FALSE(result.rows[1].target.has_value());
  EXPECT_TRUE(changed.rows[1].target && changed.rows[1].target->met);
  EXPECT_EQ(changed.rows[1].published, "30");
  EXPECT_FALSE(changed.rows[0].target.has_value()) << "nothing is published of as many components as codes";
  EXPECT_EQ(changed.rows[0].published, "");
}

// Features of any size make Gaussian units, and these a squared error.
TEST(Recipe, AutoencodersTakeTheLossThatTheirUnitsWant) {
  auto gaussian = small_autoencoder();
  set(*gaussian, {"pretrain", "visible", "gaussian"});
  set(*gaussian, {"pretrain", "learning-rate", "0.001"});
  const auto numbers = reproduce("deep-autoencoder", *gaussian, on("synthetic:seed-linear,cases=200,test=50", 1));
  EXPECT_THAT(numbers.charts.at(0).title, HasSubstr("squared-error"));
  const auto pixels = reproduce("deep-autoencoder", *small_autoencoder(), on_bars(1));
  EXPECT_THAT(pixels.charts.at(0).title, HasSubstr("binary-cross-entropy"));
}

TEST(Recipe, CurvesNeedNoLabels) {
  const auto result = reproduce("curves", *small_autoencoder("curves"), on("synthetic:curves,cases=150,test=50", 1));
  EXPECT_EQ(result.rows.size(), 7U);
  EXPECT_THAT(result.remarks, testing::Contains(HasSubstr("made by dbn")));
}

TEST(Recipe, AutoencodersRefuseWhatTheyCannotCompare) {
  using testing::ThrowsMessage;
  auto untested = on_bars(1);
  untested.data.test = nullptr;
  EXPECT_THROW(reproduce("curves", *small_autoencoder(), untested), InvalidArgument);
  const auto refused = [](const std::string& section, const std::string& key, const std::string& value) {
    auto made = small_autoencoder();
    set(*made, {section, key, value});
    return [made = std::shared_ptr<Recipe>(std::move(made))] { reproduce("curves", *made, on_bars(1)); };
  };
  EXPECT_THAT(refused("pretrain", "pretrainer", "rbm,denoising"),
              ThrowsMessage<InvalidArgument>(HasSubstr("expected rbm in every layer, found denoising")));
  EXPECT_THAT(refused("finetune.random", "task", "classification"),
              ThrowsMessage<InvalidArgument>(HasSubstr("expected the task autoencoder, found classification")));
  EXPECT_THAT(refused("finetune.rbm", "patience", "2"), ThrowsMessage<InvalidArgument>(HasSubstr("--patience")));
  EXPECT_THAT(refused("pretrain", "hidden", "bernoulli,softmax"), ThrowsMessage<InvalidArgument>(HasSubstr("softmax")));
  auto wide = small_autoencoder();
  set(*wide, {"published", "pca-components", "17"});
  EXPECT_THAT([&] { reproduce("curves", *wide, on_bars(1)); },
              ThrowsMessage<InvalidArgument>(HasSubstr("at least the 17 features")));
}

// Stops before every update in turn: what is left goes on to the numbers of a run that was never stopped.
void expect_resumed(const std::string& name, Recipe& recipe, const RecipeRun& data,
                    const std::vector<std::size_t>& rows) {
  const auto whole = reproduce(name, recipe, data);
  const test::TempDir dir;
  int left = 0;
  int stops = 0;
  const CheckpointHooks hooks{.stop_requested = [&] { return left-- <= 0; }};
  CheckpointFolder folder(dir.path("kept"), {.seconds = 0, .only_at_stop = true}, true, hooks);
  for (;;) {
    RecipeRun run = data;
    run.folder = &folder;
    left = 12;
    try {
      const auto result = reproduce(name, recipe, run);
      for (const std::size_t row : rows) EXPECT_EQ(result.rows[row].values, whole.rows[row].values);
      break;
    } catch (const Interrupted&) {
      folder.write_waiting();
      ASSERT_LT(++stops, 100);
    }
  }
  EXPECT_GT(stops, 1);
  EXPECT_FALSE(CheckpointFolder::holds_checkpoints(dir.path("kept"), "reproduce." + name + ".seed-3.stack"));
}

TEST(Recipe, GoesOnWhereItWasInterrupted) {
  expect_resumed("hinton-2006", *small_hinton(), on_digits(2), {0, 1});
  expect_resumed("deep-autoencoder", *small_autoencoder(), on_bars(2), {0, 1, 2, 3, 4, 5});
}

TEST(Recipe, FinishedSeedsOfOtherOptionsAreRefused) {
  const test::TempDir dir;
  CheckpointFolder folder(dir.path("kept"), {}, true);
  RecipeRun run{.data = {}, .seeds = 1};
  run.folder = &folder;
  reproduce("seed-linear", *small_seed_linear(), run);
  run.seeds = 2;
  EXPECT_NO_THROW(reproduce("seed-linear", *small_seed_linear(), run));
  auto other = small_seed_linear();
  set(*other, {"finetune", "learning-rate", "0.01"});
  EXPECT_THAT([&] { reproduce("seed-linear", *other, run); },
              testing::ThrowsMessage<InvalidArgument>(HasSubstr("finetune.learning-rate")));
}

TEST(Recipe, MemoryGrowsWithTheNet) {
  for (const auto make : {+[] { return small_hinton(); }, +[] { return small_autoencoder(); }}) {
    const auto small = make();
    const auto large = make();
    set(*large, {"pretrain", "layers", "2000,100"});
    EXPECT_GT(large->memory(on_digits(1)), small->memory(on_digits(1)));
  }
  EXPECT_GT(small_seed_linear()->memory({.data = {}, .seeds = 1}), 0);
}

}  // namespace
}  // namespace dbn
