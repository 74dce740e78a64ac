#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/data/csv_reader.hpp>

#include "../support/bytes_of.hpp"

namespace dbn {
namespace {

using test::bytes_of;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

Dataset read(std::string_view text, const std::string& label_column = "last") {
  return read_csv(bytes_of(text), "table.csv", {.label_column = label_column, .numeric_labels = true});
}

void expect_refused(std::string_view text, const std::string& word, const std::string& label_column = "last") {
  EXPECT_THAT([&] { read(text, label_column); },
              ThrowsMessage<DataError>(AllOf(HasSubstr("table.csv"), HasSubstr(word))))
      << text;
}

TEST(CsvTargets, AreAnyFiniteNumbers) {
  const Dataset dataset = read("1,2,-2.5\n3,4,1e3\n5,6,\"07\"\n");
  dataset.check();
  EXPECT_EQ(std::get<Dataset::Bytes>(dataset.features).cast<int>(),
            (Eigen::MatrixXi(2, 3) << 1, 3, 5, 2, 4, 6).finished())
      << "targets leave features what they are";
  EXPECT_EQ(dataset.targets, (Matrix(1, 3) << Scalar(-2.5), 1000, 7).finished());
  EXPECT_THAT(dataset.target_names, ElementsAre("target"));
  EXPECT_FALSE(dataset.labelled());
  EXPECT_TRUE(dataset.classes.empty());
}

TEST(CsvTargets, ComeInTheOrderThatIsAskedFor) {
  const std::string_view text = "low,x,high\n1,2,3\n4,5,6\n";
  const Dataset by_name = read(text, "high,low");
  EXPECT_EQ(by_name.targets, (Matrix(2, 2) << 3, 6, 1, 4).finished());
  EXPECT_THAT(by_name.target_names, ElementsAre("high", "low"));
  EXPECT_EQ(by_name.feature_count(), 1);
  const Dataset by_number = read(text, "1,last");
  EXPECT_EQ(by_number.targets, (Matrix(2, 2) << 1, 4, 3, 6).finished());
  EXPECT_THAT(by_number.target_names, ElementsAre("low", "high"));
  EXPECT_THAT(read("1,2,3\n", "3,1").target_names, ElementsAre("target1", "target2"));
}

TEST(CsvTargets, HeaderIsFoundByAnyName) {
  EXPECT_EQ(read("1,2,weight\n3,4,5.5\n").case_count(), 1) << "a target is never a name";
  EXPECT_EQ(read("1,2,3\n3,4,5.5\n").case_count(), 2);
  EXPECT_EQ(read("x,,\n1,2,3\n", "2,3").target_names, (std::vector<std::string>{"target1", "target2"}));
}

TEST(CsvTargets, NoneIsNone) {
  const Dataset dataset = read("1,2\n", "none");
  EXPECT_FALSE(dataset.has_targets());
  EXPECT_EQ(dataset.feature_count(), 2);
}

TEST(CsvTargetsHostile, FieldsThatAreNoFiniteNumbers) {
  for (const std::string bad : {"nan", "inf", "-inf", "1e999", "0x1F", "1,5", "", " ", "\"\"", "?", "NA", "cat"})
    expect_refused("1;2;3\n1;2;" + bad + "\n", "line 2, column 3: expected a finite decimal number");
  expect_refused("1;2;NA\n1;2;3\n", "line 1, column 3");
}

TEST(CsvTargetsHostile, ColumnsThatAreNotThere) {
  const std::string_view text = "a,b,c\n1,2,3\n";
  expect_refused(text, "no column is named 'd'", "a,d");
  expect_refused(text, "no column is named ''", "a,");
  expect_refused(text, "no column is named 'none'", "a,none");
  expect_refused(text, "label column from 1 to 3, found 4", "1,4");
  expect_refused(text, "label column 1 is asked for twice", "a,1");
  expect_refused(text, "all 3 columns are labels", "a,b,c");
  expect_refused("1\n2\n", "--label-column none");
}

TEST(CsvTargetsHostile, NamesThatServeNobody) {
  expect_refused("x,y,y\n1,2,3\n", "two targets are named 'y'", "2,3");
  expect_refused("x,\x1B[31my\n1,2\n", "line 1, column 2: '?[31my': names have at most 256 bytes");
  expect_refused("x,y\x7F\n1,2\n", "'y?': names have at most 256 bytes");
  expect_refused("x,\u009B31my\n1,2\n", "'?31my': names have at most 256 bytes");
  expect_refused("x," + std::string(257, 'y') + "\n1,2\n", "at most 256 bytes");
}

TEST(CsvTargetsHostile, ClassesStandInOneColumn) {
  EXPECT_THAT([] { read_csv(bytes_of("a,b,c\n1,2,3\n"), "table.csv", {.label_column = "a,b"}); },
              ThrowsMessage<DataError>(HasSubstr("several label columns are for --task regression")));
  EXPECT_EQ(read_csv(bytes_of("x,\"a,b\"\n1,2\n"), "table.csv", {.label_column = "a,b"}).classes.size(), 1U)
      << "a name may have a comma";
}

TEST(CsvTargetFile, HoldsNothingButTargets) {
  const auto read_file = [](std::string_view text) { return read_csv_targets(bytes_of(text), "targets.csv"); };
  const Dataset dataset = read_file("a,b\n1,-2.5\n3,4\n");
  EXPECT_EQ(dataset.targets, (Matrix(2, 2) << 1, 3, Scalar(-2.5), 4).finished());
  EXPECT_THAT(dataset.target_names, ElementsAre("a", "b"));
  EXPECT_EQ(dataset.feature_count(), 0);
  EXPECT_EQ(dataset.case_count(), 2);
  EXPECT_EQ(read_file("1.5\n2\n").targets, (Matrix(1, 2) << Scalar(1.5), 2).finished());
  EXPECT_THAT([&] { read_file("1\n\n2\n"); },
              ThrowsMessage<DataError>(HasSubstr("targets.csv: line 2, column 1: expected a finite decimal number")));
  EXPECT_THROW(read_file(""), DataError);
}

}  // namespace
}  // namespace dbn
