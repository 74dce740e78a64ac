#include <dbn/data/format.hpp>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

#include "tests/support/deflated.hpp"
#include "tests/support/npy_bytes.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/zip_bytes.hpp"

#ifndef DBN_DATA_DIR_DEFAULT
#define DBN_DATA_DIR_DEFAULT ""
#endif

namespace dbn {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::ThrowsMessage;

const ByteBuffer kTwoImages = {0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6};
const ByteBuffer kTwoLabels = {0, 0, 8, 1, 0, 0, 0, 2, 7, 4};

ByteBuffer gzip(const ByteBuffer& bytes) { return test::deflated(bytes, test::Wrapping::gzip); }

const ByteBuffer kNpyImages = test::npy_array("|u1", "(2, 3)", {1, 2, 3, 4, 5, 6});
const ByteBuffer kNpyLabels = test::npy_array("|u1", "(2,)", {7, 4});
const ByteBuffer kNpz =
    test::zip_bytes({{.name = "x.npy", .content = kNpyImages}, {.name = "other.npy", .content = kNpyLabels}});
const std::string kLibsvm = "7 1:1 3:3\n4 2:5\n";

/// Files in a folder of their own.
class FormatTest : public testing::Test {
 protected:
  std::string file(const std::string& name, std::span<const std::uint8_t> bytes) {
    write_file(dir_.path(name), bytes);
    return dir_.path(name);
  }
  std::string file(const std::string& name, std::string_view text) {
    write_file(dir_.path(name), text);
    return dir_.path(name);
  }

  test::TempDir dir_;
};

TEST_F(FormatTest, EveryRowIsComplete) {
  for (const auto& format : formats()) {
    EXPECT_FALSE(format.name.empty());
    EXPECT_NE(format.recognise, nullptr) << format.name;
    EXPECT_NE(format.read, nullptr) << format.name;
    for (const auto& extension : format.extensions) EXPECT_EQ(extension.front(), '.') << format.name;
  }
}

TEST_F(FormatTest, ReadsByExtension) {
  EXPECT_EQ(read_dataset(file("a.idx", kTwoImages)).feature_count(), 3);
  EXPECT_EQ(read_dataset(file("a.csv", "1,2,x\n")).feature_count(), 2);
  EXPECT_EQ(read_dataset(file("a.TSV", "1\t2\tx\n")).feature_count(), 2);
}

TEST_F(FormatTest, ReadsByContent) {
  EXPECT_EQ(read_dataset(file("train-images-idx3-ubyte", kTwoImages)).feature_count(), 3);
  EXPECT_EQ(read_dataset(file("optdigits.tra", "1,2,3\n4,5,6\n")).case_count(), 2);
}

TEST_F(FormatTest, ReadsThroughGzip) {
  EXPECT_EQ(read_dataset(file("a.idx.gz", gzip(kTwoImages))).feature_count(), 3);
  EXPECT_EQ(read_dataset(file("images-idx3-ubyte.gz", gzip(kTwoImages))).feature_count(), 3);
  const std::string csv = "1,2,x\n";
  EXPECT_EQ(read_dataset(file("a.csv.GZ", gzip({csv.begin(), csv.end()}))).feature_count(), 2);
  EXPECT_THAT(read_labels(file("labels.gz", gzip(kTwoLabels))), ElementsAre("7", "4"));
}

TEST_F(FormatTest, PassesOptionsAndName) {
  const std::string path = file("a.csv", "x,1,2\ny,3,4\n");
  const Dataset dataset = read_dataset(path, {.label_column = "1"});
  EXPECT_THAT(dataset.classes, ElementsAre("x", "y"));
  EXPECT_EQ(dataset.name, path);
}

TEST_F(FormatTest, ReadsLabels) {
  EXPECT_THAT(read_labels(file("labels.idx", kTwoLabels)), ElementsAre("7", "4"));
  EXPECT_THAT(read_labels(file("labels-idx1-ubyte", kTwoLabels)), ElementsAre("7", "4"));
  EXPECT_THAT(read_labels(file("labels.csv", "cat\ndog\n")), ElementsAre("cat", "dog"));
  EXPECT_THAT(read_labels(file("labels.txt", "7\n4\n")), ElementsAre("7", "4"));
}

TEST_F(FormatTest, ReadsArraysByExtensionContentAndThroughGzip) {
  for (const auto& path : {file("a.npy", kNpyImages), file("images", kNpyImages), file("a.npy.gz", gzip(kNpyImages)),
                           file("a.npz", kNpz), file("arrays", kNpz)}) {
    const Dataset dataset = read_dataset(path);
    EXPECT_EQ(std::get<Dataset::Bytes>(dataset.features).cast<int>(),
              (Eigen::MatrixXi(3, 2) << 1, 4, 2, 5, 3, 6).finished())
        << path;
    EXPECT_EQ(dataset.name, path);
  }
  EXPECT_THAT(read_labels(file("y.npy.gz", gzip(kNpyLabels))), ElementsAre("7", "4"));
  EXPECT_EQ(read_targets(file("y.npy", kNpyLabels)).targets, (Matrix(1, 2) << 7, 4).finished());
}

TEST_F(FormatTest, ReadsLibsvmByExtensionContentAndThroughGzip) {
  for (const auto& path : {file("a.svm", kLibsvm), file("a.libsvm", kLibsvm), file("a9a", kLibsvm),
                           file("a.svm.gz", gzip({kLibsvm.begin(), kLibsvm.end()}))})
    EXPECT_EQ(std::get<Dataset::Bytes>(read_dataset(path).features).cast<int>(),
              (Eigen::MatrixXi(3, 2) << 1, 0, 0, 5, 3, 0).finished())
        << path;
}

TEST_F(FormatTest, ReadsOneArrayOfAnNpz) {
  const std::string path = file("a.npz", kNpz);
  EXPECT_EQ(read_dataset(path + ":x").feature_count(), 3);
  EXPECT_THAT(read_labels(path + ":other"), ElementsAre("7", "4"));
  EXPECT_EQ(read_targets(path + ":other").targets.cols(), 2);
  EXPECT_THAT([&] { read_dataset(path + ":z"); }, ThrowsMessage<DataError>(HasSubstr("found \"x\", \"other\"")));
  EXPECT_THAT([&] { read_dataset(path + ":x,other"); }, ThrowsMessage<DataError>(HasSubstr("expected one array")));
  EXPECT_THROW(read_dataset(dir_.path("none.npz:x")), IoError);
}

TEST_F(FormatTest, AnNpzIsNotPackedAgain) {
  EXPECT_THAT([&] { read_dataset(file("a.npz.gz", gzip(kNpz))); },
              ThrowsMessage<DataError>(HasSubstr("npz is compressed already")));
}

TEST_F(FormatTest, AFileOfCasesThatCannotBeLabels) {
  const std::string path = file("a.svm", kLibsvm);
  EXPECT_THAT([&] { read_labels(path); },
              ThrowsMessage<DataError>(AllOf(HasSubstr("labels cannot be read"), HasSubstr("NPZ"))));
  EXPECT_THAT([&] { read_targets(path); },
              ThrowsMessage<DataError>(AllOf(HasSubstr("targets cannot be read"), HasSubstr("NPZ"))));
}

TEST_F(FormatTest, ALabelColumnIsRefusedWhereThereAreNoColumns) {
  for (const auto& path :
       {file("a.idx", kTwoImages), file("a.npy", kNpyImages), file("a.npz", kNpz), file("a.svm", kLibsvm)}) {
    for (const char* column : {"last", "none"})
      EXPECT_EQ(read_dataset(path, {.label_column = column}).case_count(), 2) << path;
    for (const char* column : {"1", "class", ""})
      EXPECT_THAT([&] { read_dataset(path, {.label_column = column}); },
                  ThrowsMessage<InvalidArgument>(
                      AllOf(HasSubstr("--label-column"), HasSubstr(path), HasSubstr("last or none"))));
    EXPECT_EQ(read_dataset(path, {.categorical = "none"}).case_count(), 2) << path;
    EXPECT_THAT([&] { read_dataset(path, {.categorical = "auto,1"}); },
                ThrowsMessage<InvalidArgument>(AllOf(HasSubstr("--categorical"), HasSubstr(path))));
  }
}

TEST_F(FormatTest, PlainFileNamedGzIsRefused) {
  const std::string path = file("a.csv.gz", "1,2,x\n");
  EXPECT_THAT([&] { read_dataset(path); },
              ThrowsMessage<DataError>(AllOf(HasSubstr(path), HasSubstr("named .gz but is not gzip"))));
  EXPECT_THROW(read_labels(path), DataError);
}

TEST_F(FormatTest, GzipNotNamedGzIsRefused) {
  const std::string path = file("a.idx", gzip(kTwoImages));
  EXPECT_THAT([&] { read_dataset(path); }, ThrowsMessage<DataError>(AllOf(HasSubstr(path + ": is gzip"),
                                                                          HasSubstr("rename it to " + path + ".gz"))));
  EXPECT_THROW(read_labels(path), DataError);
}

TEST_F(FormatTest, UnknownFormatListsTheKnownOnes) {
  const std::string path = file("picture.png", ByteBuffer{0x89, 'P', 'N', 'G', 0, 1, 2, 3});
  EXPECT_THAT([&] { read_dataset(path); },
              ThrowsMessage<DataError>(AllOf(HasSubstr(path), HasSubstr("idx (.idx)"), HasSubstr("csv (.csv, .tsv)"))));
}

TEST_F(FormatTest, MissingFileIsNoDataError) { EXPECT_THROW(read_dataset(dir_.path("none.csv")), IoError); }

TEST_F(FormatTest, CountsThatDifferAreRefused) {
  Dataset dataset = read_dataset(file("a.idx", kTwoImages));
  const auto labels = read_labels(file("b.csv", "1\n2\n3\n"));
  EXPECT_THAT([&] { set_labels(dataset, labels); },
              ThrowsMessage<DataError>(AllOf(HasSubstr("a.idx"), HasSubstr("2 cases but 3 labels"))));
}

/// The path of a real data file; a test without its data fails and says what to do.
std::string data_file(const std::string& name) {
  const char* chosen = std::getenv("DBN_DATA_DIR");
  const std::string path = std::string(chosen == nullptr ? DBN_DATA_DIR_DEFAULT : chosen) + "/" + name;
  if (!std::filesystem::exists(path))
    throw std::runtime_error(path + " is missing: set DBN_DATA_DIR to the folder that holds mnist/ and optdigits/");
  return path;
}

struct MnistPart {
  std::string prefix;
  Index cases;
  std::vector<std::string> first_labels;
};

class MnistData : public testing::TestWithParam<MnistPart> {};

TEST_P(MnistData, HasItsPublishedShapeAndLabels) {
  const auto& [prefix, cases, first_labels] = GetParam();
  Dataset dataset = read_dataset(data_file("mnist/" + prefix + "-images-idx3-ubyte.gz"));
  const auto labels = read_labels(data_file("mnist/" + prefix + "-labels-idx1-ubyte.gz"));
  EXPECT_EQ(dataset.case_count(), cases);
  EXPECT_THAT(dataset.shape, ElementsAre(28, 28));
  EXPECT_EQ(std::vector<std::string>(labels.begin(), labels.begin() + 5), first_labels);
  set_labels(dataset, labels);
  dataset.check();
  EXPECT_THAT(dataset.classes, ElementsAre("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"));
}

INSTANTIATE_TEST_SUITE_P(Both, MnistData,
                         testing::Values(MnistPart{"train", 60000, {"5", "0", "4", "1", "9"}},
                                         MnistPart{"t10k", 10000, {"7", "2", "1", "0", "4"}}),
                         [](const auto& part) { return part.param.prefix; });

// The published mean of the training pixels is 0.1307 and their deviation 0.3081, both of 1 and rounded to four places;
// a few pixels of value 1 may read 0, which moves the mean by less than 1e-4.
TEST(FormatData, MnistPixelsHaveTheirPublishedMoments) {
  const Dataset dataset = read_dataset(data_file("mnist/train-images-idx3-ubyte.gz"));
  const auto& bytes = std::get<Dataset::Bytes>(dataset.features);
  const auto pixels = bytes.cast<double>().array() / 255;
  const double mean = pixels.mean();
  EXPECT_NEAR(mean, 0.1307, 1.5e-4);
  EXPECT_NEAR(std::sqrt(pixels.square().mean() - mean * mean), 0.3081, 1.5e-4);
}

struct OptdigitsPart {
  std::string file;
  std::vector<int> class_counts;  // from the documentation of the data set
};

class OptdigitsData : public testing::TestWithParam<OptdigitsPart> {};

TEST_P(OptdigitsData, HasItsPublishedCounts) {
  const auto& [file, class_counts] = GetParam();
  const Dataset dataset = read_dataset(data_file("optdigits/" + file));
  dataset.check();
  const auto& bytes = std::get<Dataset::Bytes>(dataset.features);
  EXPECT_EQ(bytes.rows(), 64);
  EXPECT_EQ(bytes.minCoeff(), 0);
  EXPECT_EQ(bytes.maxCoeff(), 16);
  EXPECT_THAT(dataset.classes, SizeIs(10));
  std::vector<int> counts(10);
  for (const int label : dataset.labels) ++counts.at(static_cast<std::size_t>(label));
  EXPECT_EQ(counts, class_counts);
}

INSTANTIATE_TEST_SUITE_P(
    Both, OptdigitsData,
    testing::Values(OptdigitsPart{"optdigits.tra", {376, 389, 380, 389, 387, 376, 377, 387, 380, 382}},
                    OptdigitsPart{"optdigits.tes", {178, 182, 177, 183, 181, 182, 181, 179, 174, 180}}),
    [](const auto& part) { return part.param.file.substr(part.param.file.size() - 3); });

TEST(FormatData, OptdigitsFirstCaseIsRight) {
  const Dataset dataset = read_dataset(data_file("optdigits/optdigits.tra"));
  const auto& bytes = std::get<Dataset::Bytes>(dataset.features);
  const std::vector<int> start = {0, 1, 6, 15, 12, 1, 0, 0, 0, 7, 16, 6};
  for (std::size_t f = 0; f < start.size(); ++f) EXPECT_EQ(bytes(static_cast<Index>(f), 0), start[f]);
}

}  // namespace
}  // namespace dbn
