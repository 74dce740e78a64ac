#include <dbn/data/csv_reader.hpp>

#include <cmath>
#include <random>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/data/case_source.hpp>

#include "../support/bytes_of.hpp"

namespace dbn {
namespace {

using test::bytes_of;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Le;
using testing::SizeIs;
using testing::ThrowsMessage;

Dataset read(std::string_view text, const std::string& label_column = "last", const std::string& name = "table.csv") {
  return read_csv(bytes_of(text), name, {.label_column = label_column});
}

std::vector<std::string> read_labels_of(std::string_view text) { return read_csv_labels(bytes_of(text), "labels.csv"); }

/// The features as numbers, (features x cases), whatever they are stored as.
Matrix features(const Dataset& dataset) {
  Matrix values(dataset.feature_count(), dataset.case_count());
  dataset.gather_into(all_cases(dataset.case_count()), values);
  return values;
}

bool holds_bytes(const Dataset& dataset) { return std::holds_alternative<Dataset::Bytes>(dataset.features); }

Matrix rows(std::initializer_list<std::initializer_list<Scalar>> values) { return Matrix(values); }

void expect_refused(std::string_view text, const std::string& word, const std::string& label_column = "last") {
  EXPECT_THAT([&] { read(text, label_column); },
              ThrowsMessage<DataError>(AllOf(HasSubstr("table.csv"), HasSubstr(word))))
      << text.substr(0, 100);
}

TEST(CsvReader, ReadsACaseALine) {
  const Dataset dataset = read("0,255,7\n3,4,8\n5,6,7\n");
  dataset.check();
  EXPECT_EQ(dataset.name, "table.csv");
  EXPECT_THAT(dataset.shape, ElementsAre(2));
  EXPECT_EQ(features(dataset), rows({{0, 3, 5}, {255, 4, 6}}));
  EXPECT_THAT(dataset.classes, ElementsAre("7", "8"));
  EXPECT_THAT(dataset.labels, ElementsAre(0, 1, 0));
  EXPECT_EQ(features(read("1,2\n3,4")), rows({{1, 3}}));
}

TEST(CsvReader, CrLfAndByteOrderMarkAndEmptyLinesAtTheEnd) {
  const Dataset dataset = read(
      "\xEF\xBB\xBF"
      "1,2,a\r\n3,4,b\r\n\r\n\r\n");
  EXPECT_EQ(features(dataset), rows({{1, 3}, {2, 4}}));
  EXPECT_THAT(dataset.classes, ElementsAre("a", "b"));
}

TEST(CsvReader, SeparatorComesFromTheFirstLine) {
  EXPECT_EQ(features(read("1;2;a\n3;4;b\n")), rows({{1, 3}, {2, 4}}));
  EXPECT_EQ(features(read("1\t2\ta\n3\t4\tb\n")), rows({{1, 3}, {2, 4}}));
  EXPECT_EQ(features(read("\"x;;;\",\"y\",c\n1,2,a\n")), rows({{1}, {2}}));
  EXPECT_THAT([] { read("1,2,3\n", "last", "table.tsv"); }, ThrowsMessage<DataError>(HasSubstr("only one column")));
  EXPECT_EQ(features(read("1\t2\n", "last", "table.tsv.gz")), rows({{1}}));
}

TEST(CsvReader, IntegersUpTo255StayBytes) {
  EXPECT_TRUE(holds_bytes(read("0,255,a\n7.0,1e2,b\n")));
  EXPECT_EQ(features(read("0,255,a\n7.0,1e2,b\n")), rows({{0, 7}, {255, 100}}));
  for (const std::string other : {"256", "-1", "0.5", "1000000", "-0", "-0.0"}) {
    const Dataset dataset = read("1,2,a\n3," + other + ",b\n5,6,c\n");
    EXPECT_FALSE(holds_bytes(dataset)) << other;
    EXPECT_EQ(features(dataset), rows({{1, 3, 5}, {2, static_cast<Scalar>(std::stod(other)), 6}}));
  }
}

TEST(CsvReader, ReadsEveryWayToWriteANumber) {
  const Dataset dataset = read("1.5,-2,1e3,.5,5.,-0,1E-3,12345678, 4 ,\"6\"\n", "none");
  EXPECT_EQ(features(dataset).transpose(),
            rows({{Scalar(1.5), -2, 1000, Scalar(.5), 5, 0, Scalar(1e-3), 12345678, 4, 6}}));
  EXPECT_NEAR(features(read("1e-60,1\n"))(0, 0), 0, 1e-59) << "too small for single precision, but no fault";
}

// Shortest decimal forms name each number uniquely, so reading must give back the very bits.
TEST(CsvReader, NumbersSurviveTextExactly) {
  std::mt19937 generator(1);
  Matrix expected(20, 50);
  std::string text;
  for (Index c = 0; c < expected.cols(); ++c)
    for (Index f = 0; f < expected.rows(); ++f) {
      expected(f, c) =
          std::ldexp(static_cast<Scalar>(generator()) - Scalar(2e9), static_cast<int>(generator() % 100) - 70);
      text += fmt::format("{}{}", expected(f, c), f + 1 == expected.rows() ? '\n' : ',');
    }
  EXPECT_EQ(features(read(text, "none")), expected);
}

// A first line of nothing but numbers is a case; any name among the features makes it a header.
TEST(CsvReader, HeaderIsFoundByItsNames) {
  EXPECT_EQ(read("1,2,name\n3,4,other\n").case_count(), 2);
  EXPECT_EQ(read("x,y,class\n1,2,a\n").case_count(), 1);
  EXPECT_EQ(read("id,2010,2011\n1,2,3\n", "none").case_count(), 1);
  EXPECT_EQ(read("\"first name\",\"say \"\"hi\"\"\",z\n1,2,3\n").case_count(), 1);
  EXPECT_EQ(read("label,1x1,1x2\n7,0,1\n", "1").case_count(), 1);
}

TEST(CsvReader, HeaderOfNumbersIsFoundByItsLabel) {
  const Dataset dataset = read("0,1,label\n5,6,3\n7,8,4\n");
  EXPECT_EQ(dataset.case_count(), 2);
  EXPECT_THAT(dataset.classes, ElementsAre("3", "4"));
}

TEST(CsvReader, LabelColumnByNumber) {
  const Dataset dataset = read("a,1,2\nb,3,4\n", "1");
  EXPECT_EQ(features(dataset), rows({{1, 3}, {2, 4}}));
  EXPECT_THAT(dataset.classes, ElementsAre("a", "b"));
  EXPECT_EQ(features(read("1,a,2\n3,b,4\n", "2")), rows({{1, 3}, {2, 4}}));
}

TEST(CsvReader, LabelColumnByName) {
  const Dataset dataset = read("x,\"the kind\",y\n1,a,2\n3,b,4\n", "the kind");
  EXPECT_EQ(features(dataset), rows({{1, 3}, {2, 4}}));
  EXPECT_THAT(dataset.classes, ElementsAre("a", "b"));
}

TEST(CsvReader, NoLabelColumn) {
  const Dataset dataset = read("1\n2\n", "none");
  EXPECT_EQ(features(dataset), rows({{1, 2}}));
  EXPECT_FALSE(dataset.labelled());
}

TEST(CsvReader, ClassNamesAreText) {
  const Dataset dataset = read("1,\"Iris, \"\"setosa\"\"\"\n2,naïve\n3, rose \n");
  EXPECT_THAT(dataset.classes, ElementsAre("Iris, \"setosa\"", "naïve", "rose"));
}

TEST(CsvReader, EqualNumbersAreOneClass) {
  const Dataset dataset = read("1,7\n1,07\n1,7.0\n1,10\n");
  EXPECT_THAT(dataset.classes, ElementsAre("7", "10"));
  EXPECT_THAT(dataset.labels, ElementsAre(0, 0, 0, 1));
}

TEST(CsvReader, EmptyLabelIsAnUnlabelledCase) {
  const Dataset dataset = read("1,a\n2,\n3,\"\"\n");
  EXPECT_THAT(dataset.labels, ElementsAre(0, kUnlabelled, kUnlabelled));
  EXPECT_THAT(read("a,1\n,2\n", "1").labels, ElementsAre(0, kUnlabelled));
}

TEST(CsvReader, TextIsRecognised) {
  EXPECT_TRUE(is_text(bytes_of("1,2,naïve €, 😀 and more ASCII\n")));
  for (const std::string& text :
       {std::string("a\0b", 3), std::string("12345678\0", 9), std::string("\xFF\xFE"), std::string("caf\xE9"),
        std::string("\xC0\x80"), std::string("\xED\xA0\x80"), std::string("\xF4\x90\x80\x80"), std::string("\xE2\x82"),
        std::string("\x80 continues nothing")})
    EXPECT_FALSE(is_text(bytes_of(text))) << testing::PrintToString(text);
}

TEST(CsvReaderLabels, OneTextALine) {
  EXPECT_THAT(read_labels_of("cat\n\"dog, big\"\r\n\ncat"), ElementsAre("cat", "dog, big", "", "cat"));
  EXPECT_THAT(read_labels_of("7\n2\n"), ElementsAre("7", "2"));
}

TEST(CsvReaderLabels, HeaderOverIntegersIsDropped) {
  EXPECT_THAT(read_labels_of("class\n7\n2\n"), ElementsAre("7", "2"));
  EXPECT_THAT(read_labels_of("cat\n7\ndog\n"), ElementsAre("cat", "7", "dog"));
  EXPECT_THAT(read_labels_of("cat\n"), ElementsAre("cat"));
}

TEST(CsvReaderLabels, ATableIsRefused) {
  EXPECT_THAT([] { read_labels_of("1,2,3\n4,5,6\n"); },
              ThrowsMessage<DataError>(AllOf(HasSubstr("labels.csv: line 1"), HasSubstr("table of cases"))));
  EXPECT_THAT([] { read_labels_of("1\n2,3\n"); }, ThrowsMessage<DataError>(HasSubstr("line 2")));
}

TEST(CsvReaderLabels, NumbersThatAreNoLabelsAreRefused) {
  for (const std::string bad : {"-1", "2.5", "nan", "1e999"})
    EXPECT_THAT([&] { read_labels_of("3\n" + bad + "\n"); },
                ThrowsMessage<DataError>(AllOf(HasSubstr("labels.csv: line 2, column 1"), HasSubstr(bad))));
  EXPECT_THROW(read_labels_of(""), DataError);
  EXPECT_THROW(read_labels_of("\n\n"), DataError);
}

TEST(CsvReaderHostile, RaggedRows) {
  expect_refused("1,2,3\n1,2\n", "line 2: expected 3 fields as in line 1, found 2");
  expect_refused("1,2,3\n4,5,6\n1,2,3,4\n", "line 3: expected 3 fields as in line 1, found more");
  expect_refused("1,2,3\n\n4,5,6\n", "line 2");
}

TEST(CsvReaderHostile, Empty) {
  for (const std::string_view text : {"", "\n", "\r\n\r\n", "\xEF\xBB\xBF", "\xEF\xBB\xBF\n"})
    expect_refused(text, "empty");
}

TEST(CsvReaderHostile, HeaderOnly) {
  expect_refused("x,y,class\n", "header but no case");
  expect_refused("x,y,class", "header but no case");
  expect_refused("1,2,class\n", "header but no case", "class");
}

TEST(CsvReaderHostile, CarriageReturnsAlone) {
  expect_refused("1,2,a\r3,4,b\r", "line 1: a carriage return");
  expect_refused("1,2,a\n3,4,b\r5,6,c\n", "line 2: a carriage return");
}

TEST(CsvReaderHostile, Nul) { expect_refused(std::string_view("1,2,a\n3,\0,b\n", 12), "line 2: a NUL byte"); }

TEST(CsvReaderHostile, Utf16AndOtherEncodings) {
  expect_refused("1,caf\xE9\n", "line 1: byte e9 is not valid UTF-8");
  expect_refused(std::string_view("\xFF\xFE"
                                  "1\0,\0"
                                  "2\0\n\0",
                                  10),
                 "UTF-16");
  expect_refused(std::string_view("\xFE\xFF\0"
                                  "1\0,\0"
                                  "2\0\n",
                                  10),
                 "UTF-16");
  expect_refused(std::string_view("1\0,\0"
                                  "2\0\n\0",
                                  8),
                 "UTF-16");
}

TEST(CsvReaderHostile, UnbalancedQuotes) {
  expect_refused("1,2,\"a\n3,4,b\n", "line 1, column 3: unbalanced quotes");
  expect_refused("1,2,a\n3,4,\"b\"c\n", "line 2, column 3: unbalanced quotes");
  expect_refused("1,2,a\n3,4,b\"c\n", "line 2, column 3: unbalanced quotes");
  expect_refused("1,2,\"\"\"\n", "line 1, column 3: unbalanced quotes");
  expect_refused("1,2,\"\n", "unbalanced quotes");
}

TEST(CsvReaderHostile, FieldsThatAreNoFiniteDecimalNumbers) {
  for (const std::string bad :
       {"nan", "NaN", "-nan", "inf", "-inf", "Infinity", "1e999", "-1e999", "0x1F", "1,5", "+1",
        "",    " ",   "\"\"", "1 2", "1..2", "--1",      "1e",    "1_000",  "½",    "?",   "NA"}) {
    expect_refused("1;2;3;a\n1;" + bad + ";3;a\n", "line 2, column 2: expected a finite decimal number");
  }
  expect_refused(sizeof(Scalar) == sizeof(float) ? "1,2,a\n1e39,2,a\n" : "1,2,a\n1e309,2,a\n", "line 2, column 1");
}

// Must not be taken for a header: the first case would be lost without a word.
TEST(CsvReaderHostile, SpoiltNumbersInTheFirstLineAreNoHeader) {
  for (const std::string bad : {"nan", "-inf", "1e999", "0x1F", "1,5", "+1", "", "?", "NA"})
    expect_refused("1;" + bad + ";3;a\n1;2;3;b\n", "line 1, column 2: expected a finite decimal number");
}

TEST(CsvReaderHostile, MillionColumns) {
  std::string line;
  for (int i = 0; i < 1'000'000; ++i) line += "1,";
  EXPECT_EQ(read(line + "7\n").feature_count(), 1'000'000);
  expect_refused(line + "7\n1,2,3\n", "line 2: expected 1000001 fields as in line 1, found 3");
  // As many cases as lines of this width would be a terabyte.
  expect_refused(line + "7\n" + std::string(1'000'000, '\n') + "1", "line 2, column 1");
}

TEST(CsvReaderHostile, EndlessColumns) {
  const std::string commas(2'000'000, ',');
  expect_refused(commas, "line 1: expected at most 1048576 columns");
  expect_refused("1,2\n" + commas, "line 2: expected at most 1048576 columns");
}

// The message quotes only the start of it.
TEST(CsvReaderHostile, EndlessLine) {
  const std::string digits(20'000'000, '1'), letters(20'000'000, 'x');
  const auto short_message = [](const char* word) {
    return ThrowsMessage<DataError>(AllOf(HasSubstr(word), SizeIs(Le(200u))));
  };
  EXPECT_THAT([&] { read(digits); }, short_message("only one column"));
  EXPECT_THAT([&] { read(digits, "none"); }, short_message("line 1, column 1"));
  EXPECT_THAT([&] { read(letters, "none"); }, short_message("header but no case"));
  EXPECT_THAT([&] { read("1," + letters); }, short_message("line 1, column 2: label 'xxx"));
  EXPECT_THAT([&] { read(std::string(20'000'000, '"')); }, ThrowsMessage<DataError>(SizeIs(Le(200u))));
}

TEST(CsvReaderHostile, NumbersThatAreNoLabels) {
  expect_refused("1,2,3\n1,2,-1\n", "line 2, column 3: label '-1'");
  expect_refused("1,2,3\n1,2,2.5\n", "line 2, column 3: label '2.5'");
  expect_refused("2.5,2,3\n1,2,3\n", "line 1, column 1: label '2.5'", "1");
  expect_refused("1,2,3\n1,2,nan\n", "label 'nan'");
  expect_refused("1,2,3\n1,2,1e300\n", "label '1e300'");
}

TEST(CsvReaderHostile, ClassNamesWithControlCharacters) {
  expect_refused("1,2,a\n1,2,\x1B[31mred\n", "label '?[31mred'");
}

TEST(CsvReaderHostile, LabelColumnThatIsNotThere) {
  expect_refused("x,y,class\n1,2,3\n", "no column is named 'label' in line 1, which has: x, y, class", "label");
  expect_refused("x,y,class\n1,2,3\n", "label column from 1 to 3, found 4", "4");
  expect_refused("x,y,class\n1,2,3\n", "label column from 1 to 3, found 0", "0");
  expect_refused("1,2,3\n", "found 99999999999999999999", "99999999999999999999");
  expect_refused("x,x,y\n1,2,3\n", "several columns are named 'x'", "x");
  expect_refused("1\n2\n", "--label-column none");
  expect_refused("1\n2\n", "only one column", "1");
}

}  // namespace
}  // namespace dbn
