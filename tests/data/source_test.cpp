#include <dbn/data/source.hpp>

#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/io/file.hpp>
#include <dbn/io/gzip.hpp>

#include "../support/npy_bytes.hpp"
#include "../support/temp_dir.hpp"
#include "../support/zip_bytes.hpp"

namespace dbn {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

DataFiles open(const std::string& data) {
  DataOptions options;
  options.data = data;
  return open_data(options);
}

// IDX bytes of `cases` images of 2 x 2, or of as many labels 0, 1, 2, 0, ...
ByteBuffer idx(std::uint8_t cases, bool images) {
  ByteBuffer bytes{0, 0, 8, static_cast<std::uint8_t>(images ? 3 : 1), 0, 0, 0, cases};
  if (images) bytes.insert(bytes.end(), {0, 0, 0, 2, 0, 0, 0, 2});
  for (int i = 0; i < cases * (images ? 4 : 1); ++i) bytes.push_back(static_cast<std::uint8_t>(images ? i : i % 3));
  return bytes;
}

class Source : public testing::Test {
 protected:
  std::string write(const std::string& name, const ByteBuffer& bytes) const {
    write_file(dir_.path(name), bytes);
    return dir_.path(name);
  }
  std::string write(const std::string& name, std::string_view text) const {
    write_file(dir_.path(name), text);
    return dir_.path(name);
  }
  std::string folder() const { return dir_.folder().string(); }

  test::TempDir dir_;
};

TEST_F(Source, FindsIdxFilesInAFolderByTheirUsualNames) {
  write("train-images-idx3-ubyte", idx(6, true));
  write("train-labels-idx1-ubyte", idx(6, false));
  write("t10k-images.idx3-ubyte", idx(3, true));
  write("t10k-labels.idx1-ubyte", idx(3, false));
  const DataFiles files = open(folder());
  EXPECT_EQ(files.training->case_count(), 6);
  EXPECT_EQ(files.training->feature_count(), 4);
  EXPECT_THAT(files.training->labels, testing::ElementsAre(0, 1, 2, 0, 1, 2));
  ASSERT_TRUE(files.test);
  EXPECT_THAT(files.test->labels, testing::ElementsAre(0, 1, 2));
}

TEST_F(Source, AFolderMayHaveNeitherLabelsNorTestCases) {
  write("train-images-idx3-ubyte", idx(6, true));
  const DataFiles files = open(folder());
  EXPECT_FALSE(files.training->labelled());
  EXPECT_FALSE(files.test);
}

TEST_F(Source, AFolderWithoutTrainingImagesIsRefused) {
  write("t10k-images-idx3-ubyte", idx(3, true));
  EXPECT_THAT([&] { open(folder()); }, ThrowsMessage<DataError>(HasSubstr("train-images-idx3-ubyte")));
}

TEST_F(Source, CountsThatDifferAreRefused) {
  write("train-images-idx3-ubyte", idx(6, true));
  write("train-labels-idx1-ubyte", idx(5, false));
  EXPECT_THAT([&] { open(folder()); }, ThrowsMessage<DataError>(testing::AllOf(HasSubstr("6"), HasSubstr("5"))));
}

TEST_F(Source, ReadsLabelsFromAFileOfTheirOwn) {
  DataOptions options;
  options.data = write("x.csv", std::string_view("1,2\n3,4\n5,6\n"));
  options.label_file = write("y.idx", idx(3, false));
  const DataFiles files = open_data(options);
  EXPECT_EQ(files.training->feature_count(), 2) << "labels of their own leave every column a feature";
  EXPECT_THAT(files.training->labels, testing::ElementsAre(0, 1, 2));
}

TEST_F(Source, LabelsOfAFileMayNotStandInAFoundColumnToo) {
  DataOptions options;
  options.data = write("x.csv", std::string_view("a,kind,color\n1,cat,red\n2,dog,red\n3,cat,blue\n4,eel,red\n"));
  const std::string labels = write("y.csv", std::string_view("cat\ndog\ncat\n\n"));
  const auto expect_leak = [&](const std::string& column) {
    EXPECT_THAT([&] { open_data(options); },
                ThrowsMessage<DataError>(testing::AllOf(HasSubstr("x.csv: " + column), HasSubstr("y.csv"),
                                                        HasSubstr("--label-column"), HasSubstr("--categorical"))));
  };
  options.label_file = labels;
  expect_leak("column 2 ('kind')");
  options.categorical = "auto,3";
  expect_leak("column 2 ('kind')");
  for (const char* meant : {"auto,kind", "2,3"}) {
    options.categorical = meant;
    EXPECT_EQ(open_data(options).training->feature_count(), 1 + 3 + 2) << meant;
  }
  options.categorical = "auto";
  options.label_file = write("other.csv", std::string_view("cat\ndog\ndog\neel\n"));
  EXPECT_TRUE(open_data(options).training->labelled()) << "one case differs";

  options.data = write("x.csv", std::string_view("1,cat\n2,dog\n3,cat\n4,eel\n"));
  options.label_file = labels;
  expect_leak("column 2:");
}

TEST_F(Source, ListsOfColumnsThatMeanNothingAreTheCallersFault) {
  DataOptions options;
  options.data = write("x.csv", std::string_view("a,color,label\n1,red,0\n2,blue,1\n"));
  for (const char* list : {"", "auto,", ",color", "color,,a", "AUTO", "None", "none,color", "auto,none"}) {
    options.categorical = list;
    EXPECT_THAT([&] { open_data(options); },
                ThrowsMessage<InvalidArgument>(
                    testing::AllOf(HasSubstr("--categorical: expected auto, none alone"), HasSubstr(list))))
        << list;
  }
  for (const char* list : {"auto", "color", "2,auto"}) {
    options.categorical = list;
    EXPECT_EQ(open_data(options).training->feature_count(), 3) << list;
  }
}

TEST_F(Source, TestCasesTakeTheClassesOfTheTrainingCases) {
  DataOptions options;
  options.data = write("train.csv", std::string_view("a,label\n1,cat\n2,dog\n3,eel\n"));
  options.test = write("test.csv", std::string_view("a,label\n1,eel\n2,dog\n"));
  EXPECT_THAT(open_data(options).test->labels, testing::ElementsAre(2, 1));
  options.test = write("other.csv", std::string_view("a,label\n1,fox\n"));
  EXPECT_THAT([&] { open_data(options); }, ThrowsMessage<DataError>(HasSubstr("fox")));
  options.test = write("wide.csv", std::string_view("a,b,label\n1,2,cat\n"));
  EXPECT_THAT([&] { open_data(options); }, ThrowsMessage<DataError>(HasSubstr("features")));
}

TEST_F(Source, LimitKeepsTheFirstTrainingCasesAndAllTestCases) {
  DataOptions options;
  options.data = "synthetic:digits,cases=30,test=20";
  options.limit = 7;
  const DataFiles limited = open_data(options);
  const DataFiles whole = open(options.data);
  EXPECT_EQ(limited.training->case_count(), 7);
  EXPECT_EQ(limited.test->case_count(), 20);
  EXPECT_EQ(std::get<Dataset::Bytes>(limited.training->features),
            std::get<Dataset::Bytes>(whole.training->features).leftCols(7));
}

TEST_F(Source, SyntheticCasesFollowFromTheSpecAlone) {
  const auto features = [](const std::string& spec) {
    return std::get<Dataset::Bytes>(open("synthetic:digits,cases=20,test=10" + spec).training->features);
  };
  EXPECT_EQ(features(""), features(",seed=0"));
  EXPECT_NE(features(""), features(",seed=1"));
  EXPECT_FALSE(open("synthetic:digits,cases=5,test=0").test);
}

TEST_F(Source, RefusesSyntheticSpecsThatMeanNothing) {
  for (const char* spec :
       {"synthetic:", "synthetic:nothing", "synthetic:digits,cases",
        "synthetic:digits,cases=", "synthetic:digits,size=3", "synthetic:digits,cases=0", "synthetic:digits,cases=-1",
        "synthetic:digits,cases=1e3", "synthetic:digits,test=-1", "synthetic:digits,seed=x", "synthetic:digits,"})
    EXPECT_THROW(open(spec), InvalidArgument) << spec;
  DataOptions options;
  options.data = "synthetic:digits,cases=5,test=5";
  options.test = "synthetic:digits,cases=5,test=0";
  EXPECT_THROW(open_data(options), InvalidArgument);
}

TEST_F(Source, AMissingFileIsAnErrorOfTheSystem) {
  EXPECT_THAT([&] { open(dir_.path("none.csv")); }, ThrowsMessage<IoError>(HasSubstr("none.csv")));
}

DataOptions numeric(const std::string& data) {
  DataOptions options;
  options.data = data;
  options.numeric_labels = true;
  return options;
}

TEST_F(Source, ReadsTargetsOfTrainingAndTestCases) {
  DataOptions options = numeric(write("train.csv", std::string_view("a,low,high\n1,2.5,3\n4,5,6\n")));
  options.label_column = "high,low";
  options.test = write("test.csv", std::string_view("a,low,high\n7,-8,9\n"));
  const DataFiles files = open_data(options);
  EXPECT_EQ(files.training->targets, (Matrix(2, 2) << 3, 6, Scalar(2.5), 5).finished());
  EXPECT_EQ(files.test->targets, (Matrix(2, 1) << 9, -8).finished());
  EXPECT_THAT(files.test->target_names, testing::ElementsAre("high", "low"));
  options.test = write("empty.csv", std::string_view("a,low,high\n7,,9\n"));
  EXPECT_THAT([&] { open_data(options); }, ThrowsMessage<DataError>(HasSubstr("line 2, column 2")));
}

TEST_F(Source, ReadsTargetsFromAFileOfTheirOwn) {
  DataOptions options = numeric(write("x.csv", std::string_view("1,2\n3,4\n5,6\n")));
  options.label_file = write("y.csv", std::string_view("a,b\n-1,0.5\n2,3\n4,5\n"));
  EXPECT_EQ(open_data(options).training->targets.col(0), (Vector(2) << -1, Scalar(0.5)).finished());
  options.label_file = write("y.idx", idx(3, false));
  EXPECT_EQ(open_data(options).training->targets, (Matrix(1, 3) << 0, 1, 2).finished());
  options.label_file = write("short.idx", idx(2, false));
  EXPECT_THAT([&] { open_data(options); }, ThrowsMessage<DataError>(HasSubstr("expected 3 labels")));
}

TEST_F(Source, IdxFoldersAndSyntheticDigitsHaveTargetsToo) {
  write("train-images-idx3-ubyte", idx(6, true));
  write("train-labels-idx1-ubyte", idx(6, false));
  EXPECT_EQ(open_data(numeric(folder())).training->targets, (Matrix(1, 6) << 0, 1, 2, 0, 1, 2).finished());
  const DataFiles digits = open_data(numeric("synthetic:digits,cases=20,test=10"));
  EXPECT_EQ(digits.test->targets.cols(), 10);
  EXPECT_LE(digits.training->targets.maxCoeff(), 9);
}

class NpzSource : public Source {
 protected:
  NpzSource() {
    write("d.npz", test::zip_bytes({{.name = "x.npy", .content = cases_},
                                    {.name = "y.npy", .content = test::npy_array("|u1", "(2,)", {7, 4})},
                                    {.name = "inputs.npy", .content = cases_},
                                    {.name = "targets.npy", .content = test::npy_array("|u1", "(2,)", {5, 6})}}));
  }

  ByteBuffer cases_ = test::npy_array("|u1", "(2, 3)", {1, 2, 3, 4, 5, 6});
  std::string path_ = dir_.path("d.npz");
};

TEST_F(NpzSource, ArraysAreNamedByKeys) {
  EXPECT_THAT(open(path_).training->classes, testing::ElementsAre("4", "7"));
  EXPECT_FALSE(open(path_ + ":inputs").training->labelled());
  EXPECT_THAT(open(path_ + ":inputs,targets").training->classes, testing::ElementsAre("5", "6"));
  DataOptions options = numeric(path_ + ":inputs,targets");
  options.test = path_;
  const DataFiles files = open_data(options);
  EXPECT_EQ(files.training->targets, (Matrix(1, 2) << 5, 6).finished());
  EXPECT_EQ(files.test->targets, (Matrix(1, 2) << 7, 4).finished());
}

TEST_F(NpzSource, LabelsOfAnyFileCanBeInOne) {
  DataOptions options;
  options.data = write("x.npy", cases_);
  options.label_file = path_;
  EXPECT_THAT(open_data(options).training->classes, testing::ElementsAre("4", "7"));
  options.label_file = path_ + ":targets";
  EXPECT_THAT(open_data(options).training->classes, testing::ElementsAre("5", "6"));
  options.data = path_;
  EXPECT_THAT(open_data(options).training->classes, testing::ElementsAre("5", "6")) << "rather than y";
}

TEST_F(NpzSource, RefusesKeysThatMeanNothing) {
  EXPECT_THROW(open(path_ + ":inputs,targets,y"), InvalidArgument);
  EXPECT_THROW(open(path_ + ":"), DataError);
  EXPECT_THAT([&] { open(path_ + ":none"); }, ThrowsMessage<DataError>(HasSubstr("\"inputs\"")));
  DataOptions options;
  options.data = path_ + ":inputs,targets";
  options.label_file = path_;
  EXPECT_THROW(open_data(options), InvalidArgument);
}

TEST_F(Source, ASparseTestPartIsAsWideAsTheTrainingPart) {
  DataOptions options;
  options.data = write("train.svm", std::string_view("1 1:1 4:0.5\n2 2:1\n"));
  options.test = write("test.svm", std::string_view("2 2:3\n"));
  const auto features = [&] { return std::get<Dataset::Bytes>(open_data(options).test->features).cast<int>().eval(); };
  EXPECT_EQ(features(), (Eigen::VectorXi(4) << 0, 3, 0, 0).finished());
  options.test = write("wide.svm", std::string_view("2 5:3\n"));
  EXPECT_THAT([&] { open_data(options); }, ThrowsMessage<DataError>(HasSubstr("expected 4 features")));
  options.test = write("narrow.csv", std::string_view("1,2,1\n"));
  EXPECT_THROW(open_data(options), DataError) << "in a table nothing is left out";
}

TEST(SourceData, FindsMnist) {
  const char* given = std::getenv("DBN_DATA_DIR");
  const DataFiles files =
      open((std::filesystem::path(given != nullptr ? given : DBN_DATA_DIR_DEFAULT) / "mnist").string());
  EXPECT_EQ(files.training->case_count(), 60000);
  EXPECT_EQ(files.training->shape, (std::vector<Index>{28, 28}));
  EXPECT_TRUE(std::holds_alternative<Dataset::Bytes>(files.training->features));
  EXPECT_EQ(files.training->classes.size(), 10U);
  ASSERT_TRUE(files.test);
  EXPECT_EQ(files.test->case_count(), 10000);
  // The first digits of MNIST are known: 5, 0, 4, 1 and 7, 2, 1, 0.
  EXPECT_THAT(std::vector<int>(files.training->labels.begin(), files.training->labels.begin() + 4),
              testing::ElementsAre(5, 0, 4, 1));
  EXPECT_THAT(std::vector<int>(files.test->labels.begin(), files.test->labels.begin() + 4),
              testing::ElementsAre(7, 2, 1, 0));
}

}  // namespace
}  // namespace dbn
