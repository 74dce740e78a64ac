#include <dbn/data/csv_writer.hpp>

#include <limits>

#include <gtest/gtest.h>

#include <dbn/core/random.hpp>
#include <dbn/data/format.hpp>
#include <dbn/io/file.hpp>

#include "../support/temp_dir.hpp"

namespace dbn {
namespace {

Dataset read_back(const Dataset& dataset, const std::string& label_column) {
  const test::TempDir dir;
  write_file(dir.path("x.csv"), to_csv(dataset));
  return read_dataset(dir.path("x.csv"), {.label_column = label_column});
}

// A reader may keep whole numbers as bytes; values are what counts.
Matrix values_of(const Dataset& dataset) {
  return std::visit([](const auto& m) { return Matrix(m.template cast<Scalar>()); }, dataset.features);
}

TEST(CsvField, QuotesOnlyWhatNeedsIt) {
  EXPECT_EQ(csv_field("plain text"), "plain text");
  EXPECT_EQ(csv_field(""), "");
  EXPECT_EQ(csv_field("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_field("say \"hi\""), "\"say \"\"hi\"\"\"");
  EXPECT_EQ(csv_field("two\nlines"), "\"two\nlines\"");
}

TEST(CsvWriter, WritesAHeaderAndOneLineACase) {
  Matrix values(2, 2);
  values << 1, 0.5, -2, 3;
  Dataset dataset{.name = "d", .features = values, .labels = {}, .classes = {}, .shape = {2}};
  EXPECT_EQ(to_csv(dataset), "x1,x2\n1,-2\n0.5,3\n");
  dataset.labels = {1, kUnlabelled};
  dataset.classes = {"a", "b,c"};
  EXPECT_EQ(to_csv(dataset), "x1,x2,label\n1,-2,\"b,c\"\n0.5,3,\n");
}

TEST(CsvWriter, BytesAreNumbersAndNotCharacters) {
  Dataset::Bytes pixels(2, 1);
  pixels << 65, 255;
  const Dataset dataset{.name = "d", .features = pixels, .labels = {}, .classes = {}, .shape = {2}};
  EXPECT_EQ(to_csv(dataset), "x1,x2\n65,255\n");
}

TEST(CsvWriter, EveryValueIsReadBackToTheSameBits) {
  Matrix values = Matrix::Zero(5, 50);
  add_normal_noise(Stream(1, Purpose::synthetic_training), {}, values);
  values(0, 0) = std::numeric_limits<Scalar>::max();
  values(1, 0) = std::numeric_limits<Scalar>::min();
  values(2, 0) = -std::numeric_limits<Scalar>::denorm_min();
  values(3, 0) = Scalar{1} / Scalar{3};
  const Dataset dataset{.name = "d", .features = values, .labels = {}, .classes = {}, .shape = {5}};
  EXPECT_EQ(values_of(read_back(dataset, "none")), values);
}

TEST(CsvWriter, LabelsAreReadBackWhateverTheyAreCalled) {
  const Dataset dataset{.name = "d",
                        .features = Matrix(Matrix::Identity(3, 6)),
                        .labels = {2, 0, kUnlabelled, 1, 3, 0},
                        .classes = {"a \"b\"", "c,d", "e", "x;y"},
                        .shape = {3}};
  const Dataset again = read_back(dataset, "label");
  EXPECT_EQ(again.labels, dataset.labels);
  EXPECT_EQ(again.classes, dataset.classes);
  EXPECT_EQ(values_of(again), values_of(dataset));
}

}  // namespace
}  // namespace dbn
