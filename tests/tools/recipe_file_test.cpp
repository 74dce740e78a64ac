#include "recipe_file.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/core/table.hpp>

namespace {

using testing::HasSubstr;

TEST(RecipeFile, EveryRecipeHasAFileAndTheReverse) {
  EXPECT_THAT(dbn::row_names(embedded_recipes()), testing::UnorderedElementsAreArray(dbn::recipe_names()));
}

TEST(RecipeFile, EveryFileIsReadAndSaysWhatIsShown) {
  for (const auto& name : dbn::recipe_names()) {
    const RecipeFile file = read_recipe(name);
    EXPECT_FALSE(file.title.empty()) << name;
    EXPECT_FALSE(file.source.empty()) << name;
    EXPECT_GT(file.minutes, 0) << name;
    EXPECT_TRUE(file.seeds >= 2 || file.minutes >= 30)
        << name << ": an interval needs two, where these do not take long";
  }
}

TEST(RecipeFile, PublishedNumbersAreAllThere) {
  for (const auto& embedded : embedded_recipes())
    for (const auto& field : read_recipe(embedded.name).recipe->published())
      EXPECT_THAT(std::string(embedded.text), HasSubstr("\n" + field.name + " = ")) << embedded.name;
}

TEST(RecipeFile, OnlyADataSectionReadsData) {
  EXPECT_TRUE(read_recipe("hinton-2006").reads_data);
  EXPECT_EQ(read_recipe("hinton-2006").data.data, "mnist");
  EXPECT_FALSE(read_recipe("seed-linear").reads_data);
}

TEST(RecipeFile, WhatIsNoFieldIsNamedWithItsLine) {
  const auto message = [](const std::string& text) -> std::string {
    try {
      read_recipe("seed-linear", text);
    } catch (const dbn::DataError& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_THAT(message("[tusk]\ncases = 5\n"), HasSubstr("seed-linear.ini:2: unknown section [tusk]"));
  EXPECT_THAT(message("[task]\n\ncase = 5\n"), HasSubstr("seed-linear.ini:3: unknown key 'case'"));
  EXPECT_THAT(message("[task]\ncases = x\n"), HasSubstr("seed-linear.ini:2: --cases: expected an integer"));
  EXPECT_THAT(message("[task]\ncases\n"), HasSubstr("seed-linear.ini:2"));
  EXPECT_THROW(read_recipe("nothing"), dbn::InvalidArgument);
}

// Six rows and two of the zeros net, on the seeds of the file.
TEST(RecipeFileSlow, SeedLinearIsPyTorchWithinSamplingError) {
  RecipeFile file = read_recipe("seed-linear");
  const auto result = dbn::reproduce("seed-linear", *file.recipe, {.data = {}, .seed = 0, .seeds = file.seeds});
  ASSERT_EQ(result.rows.size(), 8U);
  for (const auto& row : result.rows) {
    EXPECT_EQ(row.values.size(), 20U);
    EXPECT_TRUE(row.target && row.target->met)
        << row.what << ": " << row.published << " published, measured " << row.measured.mean;
  }
  EXPECT_THAT(result.remarks, testing::Contains(HasSubstr("Xavier beats He")));
  EXPECT_THAT(result.remarks, testing::Contains(HasSubstr("does not hold")));
}

}  // namespace
