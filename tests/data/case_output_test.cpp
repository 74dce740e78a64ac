#include <dbn/data/case_output.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/core/random.hpp>
#include <dbn/data/case_source.hpp>
#include <dbn/data/format.hpp>
#include <dbn/io/gzip.hpp>

#include "tests/support/failing_calls.hpp"
#include "tests/support/temp_dir.hpp"

namespace dbn {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

Matrix values_of(const Dataset& dataset) {
  Matrix values(dataset.feature_count(), dataset.case_count());
  dataset.gather_into(all_cases(dataset.case_count()), values);
  return values;
}

// 6 cases of 2 x 3 bytes, the last of them 0 throughout: a sparse file must still tell how many there are.
Dataset images() {
  Dataset::Bytes bytes(6, 6);
  for (Index i = 0; i < bytes.size(); ++i) bytes.data()[i] = static_cast<std::uint8_t>(i * 97 + 255);
  bytes.row(5).setZero();
  return {.name = "images", .features = bytes, .labels = {}, .classes = {}, .shape = {2, 3}};
}

Dataset numbers() {
  using Limits = std::numeric_limits<Scalar>;
  Matrix values = Matrix::Zero(4, 700);
  add_normal_noise(Stream(1, Purpose::synthetic_training), {}, values);
  values.row(3).setZero();
  values.col(0) << Limits::max(), Limits::min(), -Limits::denorm_min(), 0;
  values.col(1) << Scalar{1} / Scalar{3}, static_cast<Scalar>(16777217), Scalar{-1e-30f}, 0;
  return {.name = "numbers", .features = values, .labels = {}, .classes = {}, .shape = {4}};
}

Dataset with_classes(Dataset dataset, const std::vector<std::string>& classes) {
  dataset.classes = classes;
  for (Index c = 0; c < dataset.case_count(); ++c)
    dataset.labels.push_back(static_cast<int>(c * 5 % std::ssize(classes)));
  return dataset;
}

Dataset with_targets(Dataset dataset, const std::vector<std::string>& names) {
  Matrix targets = Matrix::Zero(std::ssize(names), dataset.case_count());
  add_normal_noise(Stream(2, Purpose::synthetic_training), {}, targets);
  set_targets(dataset, targets, names);
  return dataset;
}

/// A format, plain or in gzip, with the file of labels that it needs.
struct Way {
  std::string extension;
  std::string label_extension;  ///< empty where labels stand in the same file
  const CaseFormat* format;
};

std::vector<Way> ways() {
  std::vector<Way> all;
  for (const auto& format : case_formats())
    for (const std::string gzip : {"", ".gz"}) {
      const std::string extension = format.extensions.front() + gzip;
      if (format.compressed && !gzip.empty()) continue;
      if (format.holds_classes != nullptr) {
        all.push_back({extension, "", &format});
        continue;
      }
      for (const auto& labels : case_formats())
        if (labels.write_labels != nullptr) all.push_back({extension, labels.extensions.front() + gzip, &format});
    }
  return all;
}

class Written : public testing::TestWithParam<Way> {
 protected:
  CasePaths paths(bool labels) const {
    const Way& way = GetParam();
    const bool apart = labels && !way.label_extension.empty();
    return {.cases = dir_.path("x" + way.extension), .labels = apart ? dir_.path("y" + way.label_extension) : ""};
  }

  /// What a reader makes of the files, told no more than what a user would tell it.
  Dataset read_back(const CasePaths& paths, const Dataset& original) const {
    const bool apart = !paths.labels.empty();
    const bool none = apart || (!original.labelled() && !original.has_targets());
    const std::string columns = GetParam().format->gaps && original.has_targets()
                                    ? fmt::format("{}", fmt::join(original.target_names, ","))
                                    : "last";
    Dataset dataset = read_dataset(
        paths.cases, {.label_column = none ? "none" : columns, .numeric_labels = original.has_targets() && !apart});
    if (apart && original.labelled()) set_labels(dataset, read_labels(paths.labels));
    if (apart && original.has_targets()) {
      Dataset targets = read_targets(paths.labels);
      set_targets(dataset, std::move(targets.targets), std::move(targets.target_names));
    }
    return dataset;
  }

  void expect_round_trip(const Dataset& original) const {
    const CasePaths files = paths(original.labelled() || original.has_targets());
    CaseOutput output(original, all_cases(original.case_count()), files);
    output.commit();
    const Dataset again = read_back(files, original);
    EXPECT_EQ(again.holds_bytes(), original.holds_bytes());
    EXPECT_EQ(values_of(again), values_of(original));
    EXPECT_TRUE(again.shape == original.shape || again.shape == std::vector{original.feature_count()});
    EXPECT_EQ(again.labels, original.labels);
    EXPECT_EQ(again.classes, output.numbered_classes() ? numbers_for(original.classes) : original.classes);
    EXPECT_EQ(again.targets, original.targets);
  }

  static std::vector<std::string> numbers_for(const std::vector<std::string>& classes) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < classes.size(); ++i) names.push_back(fmt::format("{}", i));
    return names;
  }

  test::TempDir dir_;
};

INSTANTIATE_TEST_SUITE_P(EveryFormat, Written, testing::ValuesIn(ways()), [](const auto& way) {
  std::string name = way.param.extension + "_labels" + way.param.label_extension;
  std::erase_if(name, [](char c) { return c == '.' || c == '-'; });
  return name;
});

TEST_P(Written, ValuesAreReadBackToTheSameBits) {
  expect_round_trip(images());
  expect_round_trip(numbers());
}

// A byte has no sign, so that values which are bytes beside it are numbers.
TEST_P(Written, ANegativeZeroKeepsItsSign) {
  Dataset dataset = images();
  dataset.features = Matrix((Matrix(2, 3) << 1, Scalar{-0.0f}, 0, 255, 0, 7).finished());
  dataset.shape = {2};
  expect_round_trip(dataset);
  EXPECT_TRUE((values_of(read_back(paths(false), dataset)).array().unaryExpr([](Scalar value) {
                return std::signbit(value);
              }) == values_of(dataset).array().unaryExpr([](Scalar value) {
                return std::signbit(value);
              })).all());
}

TEST_P(Written, ClassesAreReadBackWhateverTheyAreCalled) {
  expect_round_trip(with_classes(images(), {"0", "1", "2"}));
  expect_round_trip(with_classes(images(), {"2", "10", "300", "70000"}));
  expect_round_trip(with_classes(images(), {"-1", "1"}));
  expect_round_trip(with_classes(images(), {"7", "cat"}));
  expect_round_trip(with_classes(images(), {"01", "1"}));
  expect_round_trip(with_classes(images(), {"1.5", "nan"}));
  expect_round_trip(with_classes(images(), {"9007199254740993", "9223372036854775807"}));
  expect_round_trip(with_classes(numbers(), {" e ", "a \"b\"", "c,d", "label", "x;y", "\xEF\xBB\xBFz"}));
}

TEST_P(Written, TargetsAreReadBackToTheSameBits) {
  expect_round_trip(with_targets(images(), {"target"}));
  expect_round_trip(with_targets(numbers(), {"height", "a \"b\""}));
}

TEST_P(Written, SomeCasesInAnyOrder) {
  const Dataset whole = with_classes(images(), {"a", "b", "c"});
  const CasePaths files = paths(true);
  const std::vector<Index> cases{4, 0, 5};
  CaseOutput(whole, cases, files).commit();
  const Dataset part = read_back(files, whole);
  EXPECT_EQ(values_of(part), values_of(whole)(Eigen::all, cases));
  ASSERT_EQ(part.labels.size(), cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i)
    EXPECT_EQ(part.labels[i], whole.labels[static_cast<std::size_t>(cases[i])]);
}

TEST_P(Written, CasesWithoutALabelAreKeptOrRefused) {
  Dataset dataset = with_classes(images(), {"a", "b", "c"});
  dataset.labels[2] = dataset.labels[4] = kUnlabelled;
  const auto all = all_cases(dataset.case_count());
  const Way& way = GetParam();
  const CasePaths files = paths(true);
  const CaseFormat& keeper = way.label_extension.empty() ? *way.format : case_format(files.labels);
  if (keeper.gaps) {
    expect_round_trip(dataset);
  } else {
    EXPECT_THAT([&] { CaseOutput(dataset, all, files); },
                ThrowsMessage<InvalidArgument>(AllOf(HasSubstr("some cases have no label"), HasSubstr("write CSV"))));
    EXPECT_TRUE(std::filesystem::is_empty(dir_.folder()));
    // The labelled ones alone are no trouble.
    CaseOutput(dataset, std::vector<Index>{0, 1}, files).commit();
  }
}

TEST_P(Written, LabelsAreLeftOutOnRequest) {
  const Dataset dataset = with_classes(images(), {"a", "b"});
  CasePaths files = paths(false);
  files.labels = "none";
  CaseOutput output(dataset, all_cases(6), files);
  output.commit();
  EXPECT_FALSE(output.with_labels());
  const Dataset again = read_dataset(files.cases, {.label_column = "none"});
  EXPECT_FALSE(again.labelled());
  EXPECT_EQ(values_of(again), values_of(dataset));
}

TEST_P(Written, TheSameCasesAreTheSameBytes) {
  const Dataset dataset = with_classes(numbers(), {"a", "b"});
  const CasePaths files = paths(true);
  std::vector<ByteBuffer> found;
  for (int i = 0; i < 2; ++i) {
    CaseOutput(dataset, all_cases(dataset.case_count()), files).commit();
    found.push_back(read_file(files.cases));
  }
  EXPECT_EQ(found[0], found[1]);
}

// Whatever call fails, old files stay, new ones are whole, and no temporary file is left behind but by the removal that
// fails itself.
TEST_P(Written, AFullDiskLeavesNoHalfOfAFile) {
  const Dataset dataset = with_classes(images(), {"a", "b"});
  const CasePaths files = paths(true);
  const auto write = [&] { CaseOutput(dataset, all_cases(6), files).commit(); };
  write();
  const ByteBuffer whole = read_file(files.cases);
  for (int n = 1;; ++n) {
    write_file(files.cases, std::string_view("old"));
    const test::FailNthCall fault(n, ENOSPC);
    try {
      write();
    } catch (const IoError&) {
    }
    if (!fault.fired()) break;
    const ByteBuffer found = read_file(files.cases);
    EXPECT_TRUE(found == whole || found == ByteBuffer({'o', 'l', 'd'})) << fault.call();
  }
}

TEST(CaseFormats, EveryFormatIsReadAsWell) {
  for (const auto& format : case_formats()) {
    EXPECT_NE(format.write, nullptr) << format.name;
    EXPECT_EQ(format.write_labels == nullptr, format.labels_hold_classes == nullptr) << format.name;
    EXPECT_TRUE(format.holds_classes != nullptr || case_format("x" + format.extensions[0]).write_labels != nullptr);
    for (const auto& extension : format.extensions) {
      if (!extension.starts_with('.')) continue;
      EXPECT_TRUE(std::ranges::any_of(formats(), [&](const Format& known) {
        return std::ranges::count(known.extensions, extension) == 1;
      })) << extension;
    }
  }
}

TEST(CaseFormats, AreKnownByTheirNames) {
  EXPECT_EQ(case_format("a.b/x.svm.gz").name, "libsvm");
  EXPECT_EQ(case_format("mnist/train-images-idx3-ubyte").name, "idx");
  EXPECT_EQ(case_format("mnist/train-images-idx3-ubyte.gz").name, "idx");
  EXPECT_EQ(case_format("folder.d/cases").name, "csv");
  EXPECT_THAT([] { case_format("x.parquet"); },
              ThrowsMessage<InvalidArgument>(AllOf(HasSubstr("x.parquet"), HasSubstr(".csv[.gz]"), HasSubstr(".npz"))));
  EXPECT_THAT([] { case_format("x.npz.gz"); }, ThrowsMessage<InvalidArgument>(HasSubstr("leave out the .gz")));
}

TEST(CaseFormats, LabelsHaveAPlaceOfTheirOwnOrNone) {
  const Dataset labelled = with_classes(images(), {"a", "b"});
  const auto all = all_cases(6);
  const auto refused = [&](const Dataset& dataset, const CasePaths& paths, const std::string& text) {
    EXPECT_THAT([&] { check_case_output(dataset, all, paths); }, ThrowsMessage<InvalidArgument>(HasSubstr(text)))
        << paths.cases;
  };
  refused(labelled, {.cases = "x.npy", .labels = ""}, "name a file for them with --label-out");
  refused(labelled, {.cases = "x.csv", .labels = "y.csv"}, "x.csv holds the labels itself");
  refused(labelled, {.cases = "x.npy", .labels = "y.npz"}, "no file of format npz");
  refused(labelled, {.cases = "x.npy", .labels = "y.pdf"}, "y.pdf");
  refused(images(), {.cases = "x.npy", .labels = "y.npy"}, "images has no labels to write");
  check_case_output(images(), all, {.cases = "x.npy", .labels = ""});
  EXPECT_THROW(check_case_output(labelled, {}, {.cases = "x.csv", .labels = ""}), InvalidArgument);
}

TEST(CaseFormats, ColumnsOfCategoriesStayColumns) {
  const test::TempDir dir;
  const std::string text = "size,\"col,our\",price,label\n1.5,red,300,yes\n2,\"light, blue\",4,no\n-3,red,5,yes\n";
  write_file(dir.path("a.csv"), std::string_view(text));
  const Dataset dataset = read_dataset(dir.path("a.csv"));
  ASSERT_FALSE(dataset.schema.empty());
  CaseOutput(dataset, all_cases(3), {.cases = dir.path("b.csv"), .labels = ""}).commit();
  const ByteBuffer written = read_file(dir.path("b.csv"));
  EXPECT_EQ(std::string(written.begin(), written.end()), text);
  EXPECT_EQ(read_dataset(dir.path("b.csv")).schema, dataset.schema);
}

}  // namespace
}  // namespace dbn
