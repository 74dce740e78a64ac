// Columns of categories in CSV tables: what makes one, what its features are, and what later tables may hold.

#include <algorithm>
#include <array>
#include <optional>
#include <random>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/data/case_source.hpp>
#include <dbn/data/csv_reader.hpp>
#include <dbn/data/fingerprint.hpp>

#include "../support/bytes_of.hpp"
#include "../support/peak_memory.hpp"

namespace dbn {
namespace {

using test::bytes_of;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Le;
using testing::SizeIs;
using testing::ThrowsMessage;

Dataset read(std::string_view text, const ReadOptions& options = {}) {
  Dataset dataset = read_csv(bytes_of(text), "table.csv", options);
  dataset.check();
  return dataset;
}

// As a later table for what was learned from `training`.
Dataset read_later(const Dataset& training, std::string_view text, const std::string& label_column = "last") {
  return read(text, {.label_column = label_column, .schema = training.schema});
}

Matrix features(const Dataset& dataset) {
  Matrix all(dataset.feature_count(), dataset.case_count());
  dataset.gather_into(all_cases(dataset.case_count()), all);
  return all;
}

void expect_refused(std::string_view text, const std::string& what, const ReadOptions& options = {}) {
  EXPECT_THAT([&] { read(text, options); },
              ThrowsMessage<DataError>(AllOf(HasSubstr("table.csv: "), HasSubstr(what), SizeIs(Le(600u)))))
      << text.substr(0, 100);
}

constexpr std::string_view kTable =
    "weight,color,count,label\n"
    "0.5,red,7,a\n"
    "1.5,\"blue, dark\",8,b\n"
    "-2,green,9,a\n"
    "3,red,9,a\n";

TEST(CsvCategories, AColumnOfNamesBecomesAGroupOfFeatures) {
  const Dataset dataset = read(kTable);
  EXPECT_THAT(dataset.schema.columns,
              ElementsAre(Column{"weight", {}}, Column{"color", {"blue, dark", "green", "red"}}, Column{"count", {}}));
  Matrix expected(5, 4);
  expected << Scalar(0.5), Scalar(1.5), -2, 3,  //
      0, 1, 0, 0,                               //
      0, 0, 1, 0,                               //
      1, 0, 0, 1,                               //
      7, 8, 9, 9;
  EXPECT_EQ(features(dataset), expected);
  EXPECT_THAT(dataset.shape, ElementsAre(5));
  EXPECT_THAT(dataset.classes, ElementsAre("a", "b"));
}

TEST(CsvCategories, TablesOfNumbersHaveNone) {
  EXPECT_TRUE(read("x,y\n1,2\n").schema.empty());
  EXPECT_TRUE(read("1,2,red\n3,4,blue\n").schema.empty()) << "a column of labels is none of features";
}

TEST(CsvCategories, BytesStayBytes) {
  EXPECT_TRUE(read("7,red,a\n8,blue,b\n9,red,a\n").holds_bytes());
  EXPECT_FALSE(read("7.5,red,a\n8,blue,b\n9,red,a\n").holds_bytes());
}

// One of each group is 1, and its category is what the field says.
TEST(CsvCategories, FeaturesDoNotDependOnTheOrderOfRows) {
  std::mt19937 generator(1);
  std::vector<std::array<std::string, 2>> rows;
  for (int i = 0; i < 40; ++i)
    rows.push_back({fmt::format("k{}", generator() % 12), fmt::format("{}m", generator() % 5)});
  std::optional<Schema> schema;
  for (int round = 0; round < 5; ++round) {
    std::ranges::shuffle(rows, generator);
    std::string text = "a,b\n";
    for (const auto& row : rows) text += row[0] + "," + row[1] + "\n";
    const Dataset dataset = read(text, {.label_column = "none"});
    if (!schema) schema = dataset.schema;
    ASSERT_EQ(dataset.schema, *schema);
    for (std::size_t c = 0; c < rows.size(); ++c) {
      Index at = 0;
      for (std::size_t column = 0; column < 2; ++column) {
        const auto& categories = dataset.schema.columns[column].categories;
        const Vector group = features(dataset).col(static_cast<Index>(c)).segment(at, std::ssize(categories));
        ASSERT_EQ(group.sum(), 1);
        Index own = 0;
        group.maxCoeff(&own);
        EXPECT_EQ(categories[static_cast<std::size_t>(own)], rows[c][column]);
        at += group.size();
      }
    }
  }
}

TEST(CsvCategories, NamedColumnsHoldCategoriesWhateverTheyLookLike) {
  for (const std::string named : {"2", "zip", "zip,auto"}) {
    const Dataset dataset = read("x,zip,label\n1,10,a\n2,9.0,b\n3,09,a\n", {.categorical = named});
    EXPECT_THAT(dataset.schema.columns, ElementsAre(Column{"x", {}}, Column{"zip", {"9", "10"}})) << named;
    EXPECT_EQ(features(dataset), (Matrix(3, 3) << 1, 2, 3, 0, 1, 1, 1, 0, 0).finished());
  }
  EXPECT_THAT(read("1,nan,a\n2,?,b\n3,-1,a\n", {.categorical = "2"}).schema.columns[1].categories,
              ElementsAre("-1", "?", "nan"));
  const Dataset both = read("x,zip,label\nred,1,a\nblue,2,b\n", {.categorical = "auto,zip"});
  EXPECT_THAT(both.schema.columns, ElementsAre(Column{"x", {"blue", "red"}}, Column{"zip", {"1", "2"}}));
  expect_refused("x,zip,label\nred,1,a\n", "line 2, column 1: expected a finite decimal number",
                 {.categorical = "zip"});
}

TEST(CsvCategories, NoneLeavesNamesFaults) {
  expect_refused(kTable, "line 2, column 2: expected a finite decimal number such as 0.5, found 'red'",
                 {.categorical = "none"});
}

TEST(CsvCategories, OneNumberMakesAColumnOneOfNumbers) {
  for (const std::string other : {"3", "nan", "1,5", "0x1F", "?", ""})
    expect_refused("x;y;label\n1;red;a\n2;blue;b\n3;" + other + ";c\n",
                   "line 2, column 2: expected a finite decimal number such as 0.5, found 'red'; nor is the column one "
                   "of categories, for line 4 has '" +
                       other + "': if it is, say --categorical auto,2");
  for (const std::string bad : {"red", "nan", "1,5", "1e999", "", "2020-01-01"})
    EXPECT_THAT([&] { read("x;y;label\n1;2;a\n2;" + bad + ";b\n"); },
                ThrowsMessage<DataError>("table.csv: line 3, column 2: expected a finite decimal number such as 0.5, "
                                         "found '" +
                                         bad + "'"));
}

TEST(CsvCategories, ColumnsThatAreNotThereOrNotOfFeatures) {
  expect_refused(kTable, "no column is named 'colour' in line 1, which has: weight, color", {.categorical = "colour"});
  expect_refused(kTable, "column of categories from 1 to 4, found 5", {.categorical = "5"});
  expect_refused(kTable, "column label of --categorical is a label", {.categorical = "label"});
  expect_refused(kTable, "column 4 of --categorical is a label", {.categorical = "2,4"});
  expect_refused("x,x,label\n1,2,a\n", "give the column of categories by number", {.categorical = "x"});
}

TEST(CsvCategories, AMissingCategoryIsRefused) {
  for (const std::string empty : {"", "  ", "\"\""})
    expect_refused("x,zip,label\n1,2,a\n2," + empty + ",b\n", "line 3, column 2: expected a category, found ''",
                   {.categorical = "zip"});
}

// Whether the first line is a case.
struct FirstLineCase {
  const char* text;
  Index cases;
};
class CsvFirstLine : public testing::TestWithParam<FirstLineCase> {};

TEST_P(CsvFirstLine, IsACaseOrAHeader) { EXPECT_EQ(read(GetParam().text).case_count(), GetParam().cases); }

INSTANTIATE_TEST_SUITE_P(
    Tables, CsvFirstLine,
    testing::Values(FirstLineCase{"x,color,label\n1,red,a\n2,red,b\n", 2},          // a name over numbers
                    FirstLineCase{"color,size,label\nred,big,a\nblue,big,b\n", 2},  // names that do not come again
                    FirstLineCase{"red,big,a\nblue,big,b\n", 2},                    // one comes again
                    FirstLineCase{"red,1,a\nblue,2,b\ngreen,2,a\nred,3,b\n", 4},    // later
                    FirstLineCase{"red,1.5,a\nblue,2,b\n", 2},                      // no column is called 1.5
                    FirstLineCase{"city,2010,label\nRome,2,a\nOslo,3,b\n", 2}));    // but one may be called 2010

class CsvLaterTable : public testing::Test {
 protected:
  void expect_refused(std::string_view text, const std::string& what, const std::string& label_column = "last") const {
    EXPECT_THAT([&] { read_later(training_, text, label_column); },
                ThrowsMessage<DataError>(AllOf(HasSubstr("table.csv: "), HasSubstr(what))))
        << text;
  }
  Dataset training_ = read(kTable);
};

TEST_F(CsvLaterTable, HasTheFeaturesOfTheTrainingCases) {
  for (const std::string header : {"", "weight,color,count,label\n"}) {
    const Dataset later = read_later(training_, header + "3,red,9,a\n-2,green,9,a\n");
    EXPECT_EQ(later.schema, training_.schema);
    EXPECT_EQ(features(later).col(0), features(training_).col(3));
    EXPECT_EQ(features(later).col(1), features(training_).col(2));
  }
  EXPECT_EQ(features(read_later(training_, "3,red,9\n", "none")).col(0), features(training_).col(3));
}

TEST_F(CsvLaterTable, AnUnknownCategoryIsRefused) {
  expect_refused("weight,color,count,label\n3,red,9,a\n3,pink,9,a\n",
                 "line 3, column 2: unknown category 'pink'; the training cases have blue, dark, green, red");
  for (const std::string other : {"7", "nan", "1,5"})  // even where they look like numbers
    expect_refused("weight;color;count;label\n3;red;9;a\n3;" + other + ";9;a\n",
                   "line 3, column 2: unknown category '" + other + "'");
  expect_refused("weight,color,count,label\n3,,9,a\n", "line 2, column 2: unknown category ''");
  expect_refused("weight,color,count,label\n3," + std::string(100'000, 'x') + ",9,a\n", "unknown category 'xxx");
}

TEST_F(CsvLaterTable, ColumnsThatDisagreeAreRefused) {
  expect_refused("weight,hue,count,label\n3,red,9,a\n", "line 1, column 2: expected the column 'color'");
  expect_refused("color,weight,count,label\nred,3,9,a\n", "line 1, column 1: expected the column 'weight'");
  expect_refused("3,red,a\n",
                 "expected 3 columns of features, as the training cases have, found 2; if its last column");
  expect_refused("3,red,9,9,a\n", "expected 3 columns of features, as the training cases have, found 4");
  expect_refused("3,red,many,a\n3,red,9,a\n", "line 1, column 1: expected the column 'weight', as the training cases");
  expect_refused("3,red,9,a\n3,red,many,a\n", "line 2, column 3: expected a finite decimal number");
}

TEST_F(CsvLaterTable, OnlyItsColumnsNamesMakeAHeader) {
  const Dataset words = read("color,size\nred,big\nblue,small\n", {.label_column = "none"});
  EXPECT_EQ(read_later(words, "red,small\n", "none").case_count(), 1);
  EXPECT_EQ(read_later(words, "color,size\nred,small\n", "none").case_count(), 1);
  EXPECT_THAT([&] { read_later(training_, "3,pink,9\n", "none"); },
              ThrowsMessage<DataError>(HasSubstr("line 1, column 2: unknown category 'pink'")));
  const Dataset nameless = read("red,1\nblue,2\nred,3\n", {.label_column = "none"});
  EXPECT_EQ(nameless.case_count(), 3);
  EXPECT_THAT([&] { read_later(nameless, "pink,2\nred,3\n", "none"); },
              ThrowsMessage<DataError>(HasSubstr("line 1, column 1: unknown category 'pink'")));
  // Integers and names in one column: neither makes a header of the other.
  const Dataset both = read("1,x,7\n2,1,8\n3,x,9\n", {.label_column = "none", .categorical = "2"});
  EXPECT_EQ(both.case_count(), 3);
  EXPECT_EQ(read_later(both, "1,x,7\n2,1,8\n", "none").case_count(), 2);
}

TEST_F(CsvLaterTable, NumbersStayNumbers) {
  const Dataset numbers = read("x,label\n1,a\n2,b\n");
  EXPECT_THAT([&] { read_later(numbers, "x,label\nred,a\nred,b\n"); },
              ThrowsMessage<DataError>(HasSubstr("line 2, column 1: expected a finite decimal number")))
      << "a group of one would have as many features";
}

// What a checkpoint knows data by.
TEST(CsvCategories, NamesArePartOfTheFingerprint) {
  const std::string text = "x,color,label\n1,red,a\n2,blue,b\n";
  std::string renamed = text;
  renamed.replace(renamed.find("red"), 3, "tan");
  EXPECT_EQ(features(read(text)), features(read(renamed)));
  EXPECT_NE(fingerprint(read(text)), fingerprint(read(renamed)));
  renamed = text;
  renamed.replace(renamed.find("color"), 5, "paint");
  EXPECT_NE(fingerprint(read(text)), fingerprint(read(renamed)));
}

// As one feature for each they would be 10^12 bytes. What is held is the texts of one category more than are allowed,
// in nodes of some 100 bytes.
TEST(CsvCategoriesHostile, MillionsOfTexts) {
  std::string text = "id\n";
  for (int i = 0; i < 1'000'000; ++i) text += fmt::format("t{}\n", i);
  const test::PeakMemory memory;
  expect_refused(text, "line 10002, column 1: the column has more than 10000 categories", {.label_column = "none"});
  if (test::kPlainHeap) {
    EXPECT_LT(memory.growth(), 16u << 20);
  }
}

TEST(CsvCategoriesHostile, TooManyInAllColumns) {
  std::string text;
  for (int row = 0; row < 3; ++row)
    for (int i = 0; i < 50'001; ++i) text += fmt::format("t{}{}", row == 2 ? 0 : row, i < 50'000 ? ',' : '\n');
  expect_refused(text, "all columns together have more than 100000 categories", {.label_column = "none"});
}

// 10 000 features for each of 50 000 lines of a few bytes.
TEST(CsvCategoriesHostile, AMatrixThatAShortFileCannotMean) {
  std::string text = "number,word\n";
  for (int i = 0; i < 50'000; ++i) text += fmt::format("1,t{}\n", i % 10'000);
  const test::PeakMemory memory;
  expect_refused(text, "50000 cases of 10001 features, one for each category", {.label_column = "none"});
  if (test::kPlainHeap) {
    EXPECT_LT(memory.growth(), 16u << 20);
  }
}

TEST(CsvCategoriesHostile, TextsThatAreNoNames) {
  expect_refused("x,y,label\n1,red,a\n2,\x1B[31mred,b\n", "line 3, column 2: category '?[31mred': names have at most");
  expect_refused("x,y,label\n1,red,a\n2," + std::string(20'000'000, 'r') + ",b\n", "line 3, column 2: category 'rrr");
  expect_refused("x," + std::string(257, 'y') + ",label\n1,red,a\n", "line 1, column 2: 'yyy");
  expect_refused("x,y\x7F,label\n1,red,a\n", "line 1, column 2: 'y?'");
}

}  // namespace
}  // namespace dbn
