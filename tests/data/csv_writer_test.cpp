#include <dbn/data/csv_writer.hpp>

#include <gtest/gtest.h>

#include <dbn/data/case_output.hpp>
#include <dbn/data/case_source.hpp>
#include <dbn/io/file.hpp>

#include "../support/temp_dir.hpp"

namespace dbn {
namespace {

std::string text_of(const Dataset& dataset, const std::string& extension = ".csv") {
  const test::TempDir dir;
  const std::string path = dir.path("x" + extension);
  CaseOutput(dataset, all_cases(dataset.case_count()), {.cases = path, .labels = ""}).commit();
  const ByteBuffer bytes = read_file(path);
  return {bytes.begin(), bytes.end()};
}

TEST(CsvField, QuotesOnlyWhatNeedsIt) {
  EXPECT_EQ(csv_field("plain text"), "plain text");
  EXPECT_EQ(csv_field(""), "");
  EXPECT_EQ(csv_field("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_field("say \"hi\""), "\"say \"\"hi\"\"\"");
  EXPECT_EQ(csv_field("two\nlines"), "\"two\nlines\"");
  EXPECT_EQ(csv_field(" a"), "\" a\"");
  EXPECT_EQ(csv_field("a "), "\"a \"");
}

TEST(CsvWriter, WritesAHeaderAndOneLineACase) {
  Matrix values(2, 2);
  values << 1, 0.5, -2, 3;
  Dataset dataset{.name = "d", .features = values, .labels = {}, .classes = {}, .shape = {2}};
  EXPECT_EQ(text_of(dataset), "x1,x2\n1,-2\n0.5,3\n");
  dataset.labels = {1, kUnlabelled};
  dataset.classes = {"a", "b,c"};
  EXPECT_EQ(text_of(dataset), "x1,x2,label\n1,-2,\"b,c\"\n0.5,3,\n");
  EXPECT_EQ(text_of(dataset, ".tsv"), "x1\tx2\tlabel\n1\t-2\t\"b,c\"\n0.5\t3\t\n");
}

TEST(CsvWriter, BytesAreNumbersAndNotCharacters) {
  Dataset::Bytes pixels(2, 1);
  pixels << 65, 255;
  const Dataset dataset{.name = "d", .features = pixels, .labels = {}, .classes = {}, .shape = {2}};
  EXPECT_EQ(text_of(dataset), "x1,x2\n65,255\n");
}

TEST(CsvWriter, TargetsHaveTheirNames) {
  Dataset dataset{.name = "d", .features = Matrix(Matrix::Ones(1, 2)), .labels = {}, .classes = {}, .shape = {1}};
  set_targets(dataset, (Matrix(2, 2) << 0.5, 2, -1, 4).finished(), {"a", "b,c"});
  EXPECT_EQ(text_of(dataset), "x1,a,\"b,c\"\n1,0.5,-1\n1,2,4\n");
}

TEST(LibsvmWriter, LeavesOutZerosButOfTheFirstCase) {
  Dataset::Bytes counts(3, 2);
  counts << 0, 7, 5, 0, 0, 0;
  Dataset dataset{.name = "d", .features = counts, .labels = {0, 1}, .classes = {"-1", "1"}, .shape = {3}};
  EXPECT_EQ(text_of(dataset, ".svm"), "-1 2:5 3:0\n1 1:7\n");
  dataset.labels.clear();
  EXPECT_EQ(text_of(dataset, ".svm"), "0 2:5 3:0\n0 1:7\n");
}

}  // namespace
}  // namespace dbn
