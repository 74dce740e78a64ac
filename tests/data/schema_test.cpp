#include <dbn/data/schema.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

namespace dbn {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

Column numbers(const std::string& name) { return {.name = name, .categories = {}}; }

std::vector<std::string> many(Index count, const std::string& prefix = "") {
  std::vector<std::string> names;
  for (Index i = 0; i < count; ++i) names.push_back(prefix + std::to_string(10'000'000 + i));
  return names;
}

void expect_refused(const Schema& schema, const std::string& what) {
  EXPECT_THAT([&] { check_schema(schema, "file"); },
              ThrowsMessage<DataError>(AllOf(HasSubstr("file: column"), HasSubstr(what))));
}

TEST(Schema, AColumnIsOneNumberOrAFeatureForEachCategory) {
  EXPECT_EQ(numbers("x").feature_count(), 1);
  EXPECT_EQ((Column{"color", {"blue", "red", "teal"}}.feature_count()), 3);
  EXPECT_EQ((Schema{{numbers("x"), {"color", {"blue", "red"}}, numbers("y")}}.feature_count()), 4);
  EXPECT_EQ(Schema{}.feature_count(), 0);
}

TEST(Schema, CategoriesAreDistinctNamesInTheirOrder) {
  EXPECT_NO_THROW(check_schema({{numbers("x"), {"", {"2", "10"}}, {"", {"10", "2", "b"}}}}, "file"));
  expect_refused({{{"", {"10", "2"}}}}, "in their order");
  expect_refused({{{"", {"2", "10", "b"}}}}, "in their order");
  expect_refused({{numbers("x"), {"", {"a", "a"}}}},
                 "column 2 of the features: expected categories in their order, each");
  expect_refused({{{"", {"", "a"}}}}, "category ''");
  expect_refused({{{"", {"a\x1B[31m"}}}}, "category 'a?[31m'");
  expect_refused({{{"", {std::string(257, 'a')}}}}, "1 to 256 bytes");
  expect_refused({{{std::string(257, 'a'), {"a"}}}}, "its name");
  EXPECT_THROW(check_schema({{numbers("x")}}, "file"), DataError) << "without categories there is no schema";
}

TEST(Schema, ThereAreOnlySoManyCategories) {
  EXPECT_NO_THROW(check_schema({{{"", many(kMostCategories)}}}, "file"));
  expect_refused({{{"", many(kMostCategories + 1)}}}, "at most 10000 categories, found 10001");
  Schema wide;
  for (Index i = 0; i < kMostCategoricalFeatures / kMostCategories; ++i)
    wide.columns.push_back({"", many(kMostCategories)});
  EXPECT_NO_THROW(check_schema(wide, "file"));
  wide.columns.push_back({"", {"a"}});
  expect_refused(wide, "found 100001");
  const std::string longest(240, 'a');
  expect_refused({{{"", many(kMostCategories, longest)}, {"", many(kMostCategories, longest)}}}, "bytes");
  Schema numbers_only{{{"", {"a"}}}};
  numbers_only.columns.resize(static_cast<std::size_t>(kMostCategoricalFeatures) + 1);
  expect_refused(numbers_only, "found 100001");
}

}  // namespace
}  // namespace dbn
