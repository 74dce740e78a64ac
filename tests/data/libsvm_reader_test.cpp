#include <dbn/data/libsvm_reader.hpp>

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

#include "../support/bytes_of.hpp"
#include "../support/peak_memory.hpp"

namespace dbn {
namespace {

using test::bytes_of;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

Dataset read(std::string_view text, const ReadOptions& options = {}) {
  return read_libsvm(bytes_of(text), "d.svm", options);
}

TEST(LibsvmReader, FeaturesThatAreLeftOutAre0) {
  const Dataset dataset = read("b 1:0.5 4:-2\na 2:3e1 \nb\n");
  dataset.check();
  EXPECT_EQ(dataset.name, "d.svm");
  EXPECT_THAT(dataset.shape, ElementsAre(4));
  EXPECT_TRUE(dataset.sparse);
  EXPECT_EQ(std::get<Matrix>(dataset.features),
            (Matrix(4, 3) << Scalar(0.5), 0, 0, 0, 30, 0, 0, 0, 0, -2, 0, 0).finished());
  EXPECT_THAT(dataset.classes, ElementsAre("a", "b"));
  EXPECT_THAT(dataset.labels, ElementsAre(1, 0, 1));
}

TEST(LibsvmReader, IntegersUpTo255StayBytes) {
  EXPECT_EQ(std::get<Dataset::Bytes>(read("1 1:255 2:7.0\n0 2:1\n").features).cast<int>(),
            (Eigen::MatrixXi(2, 2) << 255, 0, 7, 1).finished());
  for (const char* other : {"256", "-1", "0.5", "-0"})
    EXPECT_TRUE(std::holds_alternative<Matrix>(read(std::string("1 1:") + other).features)) << other;
}

TEST(LibsvmReader, CommentsBlanksTabsAndLineEndsOfEveryKind) {
  const Dataset dataset = read("# made by hand\r\n\r\n  1\t1:2   3:4 # 5:6\r\n\n 2 2:1\t\n#\n");
  EXPECT_EQ(std::get<Dataset::Bytes>(dataset.features).cast<int>(),
            (Eigen::MatrixXi(3, 2) << 2, 0, 0, 1, 4, 0).finished());
}

TEST(LibsvmReader, EqualNumbersAreOneClass) {
  const Dataset dataset = read("+1 1:1\n-1 1:1\n1.0 1:1\n1 1:1\n10 1:1\n-0 1:1\n");
  EXPECT_THAT(dataset.classes, ElementsAre("-1", "0", "1", "10"));
  EXPECT_THAT(dataset.labels, ElementsAre(2, 0, 2, 2, 3, 1));
}

TEST(LibsvmReader, ClassesMayHaveNamesOfAnyLanguage) {
  EXPECT_THAT(read("naïve 1:1\n\u00A0 1:1\nあ 1:1\n").classes, testing::SizeIs(3));
}

TEST(LibsvmReader, LabelsMayBeTargetsOrNothing) {
  EXPECT_EQ(read("-1.5 1:1\n+2 1:2\n", {.numeric_labels = true}).targets, (Matrix(1, 2) << Scalar(-1.5), 2).finished());
  const Dataset two = read("1,2.5 1:1\n3,4 1:2\n", {.numeric_labels = true});
  EXPECT_EQ(two.targets, (Matrix(2, 2) << 1, 3, Scalar(2.5), 4).finished());
  EXPECT_FALSE(two.labelled());
  const Dataset none = read("1,2 1:1\n? 1:2\n", {.label_column = "none"});
  EXPECT_FALSE(none.labelled());
  EXPECT_FALSE(none.has_targets());
}

TEST(LibsvmReader, IsRecognisedByItsFirstCase) {
  for (const char* text : {"1 1:2\n", "-1 3:0.5 7:1\nnonsense", "# note\n\nclass 1:2", "1,2 1:3\n"})
    EXPECT_TRUE(is_libsvm(bytes_of(text))) << text;
  for (const char* text : {"", "\n", "1\n", "1,2\n", "1:2 3:4\n", "a b:2\n", "a :2\n", "1 2 3\n", "1 1:2\n\xFF"})
    EXPECT_FALSE(is_libsvm(bytes_of(text))) << text;
}

TEST(LibsvmReader, IsRecognisedByTheBeginningOfALongCase) {
  std::string line = "1";
  while (line.size() < 60'000) line += " 1:2";
  EXPECT_FALSE(is_libsvm(bytes_of(line + " nonsense")));
  while (line.size() < 70'000) line += "  12345:2";
  EXPECT_TRUE(is_libsvm(bytes_of(line)));
  EXPECT_TRUE(is_libsvm(bytes_of(line + " nonsense"))) << "nobody looks so far";
  EXPECT_FALSE(is_libsvm(bytes_of(std::string(70'000, '1') + " 1:2"))) << "nor for a label's end";
}

/// A text and what its refusal says.
struct Hostile {
  std::string name;
  std::string text;
  std::string reason;
  bool numeric_labels = false;
};

const std::vector<Hostile> kHostile = {
    {"Empty", "", "empty"},
    {"OnlyComments", "# nothing\n", "found none"},
    {"OnlyLabels", "1\n2\n", "expected cases with features, found none"},
    {"IndexZero", "1 1:1\n1 0:1 1:2\n", "line 2: index 0: indices count from 1"},
    {"NegativeIndex", "1 -1:1\n", "line 1: expected an index from 1, found '-1'"},
    {"Unsorted", "1 3:1 2:1\n", "index 2 follows 3"},
    {"Duplicate", "1 3:1 3:1\n", "index 3 stands twice"},
    {"Index2To31", "1 2147483648:1\n", "index 2147483648: expected at most 2147483647"},
    {"Index2To64", "1 18446744073709551616:1\n", "expected at most 2147483647"},
    {"IndexThatIsReal", "1 1.5:1\n", "expected an index from 1, found '1.5'"},
    {"NoIndex", "1 :1\n", "expected an index from 1, found ''"},
    {"MissingColon", "# c\n1 1:1 2\n", "line 2: expected index:value, found '2'"},
    {"MissingValue", "1 1:\n", "found ''"},
    {"TwoColons", "1 1:2:3\n", "found '2:3'"},
    {"BlankBehindTheColon", "1 1: 2\n", "found ''"},
    {"Nan", "1 1:nan\n", "found 'nan'"},
    {"Infinity", "1 1:inf\n", "found 'inf'"},
    {"TooLarge", "1 1:1e999\n", "found '1e999'"},
    {"Hex", "1 1:0x10\n", "found '0x10'"},
    {"DecimalComma", "1 1:1,5\n", "found '1,5'"},
    {"QuotedValue", "1 1:\"5\"\n", "expected a finite decimal number"},
    {"QuotedValueBehindAPlus", "1 1:+\"5\"\n", "expected a finite decimal number"},
    {"PlusMinus", "1 1:+-5\n", "found '+-5'"},
    {"Qid", "1 qid:3 1:1\n", "remove qid"},
    {"NoLabel", "1:1 2:1\n", "expected a label before the features"},
    {"SeveralClasses", "1,2 1:1\n", "a case has one class here"},
    {"RealLabel", "2.5 1:1\n", "label '2.5'"},
    {"LabelNan", "nan 1:1\n", "label 'nan'"},
    {"LabelTooLarge", "9007199254740993 1:1\n", "must be integers"},
    {"LabelTooLong", std::string(257, 'a') + " 1:1\n", "at most 256 bytes"},
    {"LabelWithEscape", "a\x1B[31m 1:1\n", "label 'a?[31m'"},
    {"LabelWithDel", "a\x7F 1:1\n", "label 'a?'"},
    {"LabelWithC1", "a\u0080b\u009F 1:1\n", "label 'a?b?': class names"},
    {"TargetThatIsText", "cat 1:1\n", "found 'cat'", true},
    {"TargetNan", "nan 1:1\n", "found 'nan'", true},
    {"TargetMissing", "1, 1:1\n", "found ''", true},
    {"FewerTargets", "1,2 1:1\n3 1:1\n", "line 2: expected as many targets", true},
    {"TwiceAsManyTargets", "1 1:1\n2,3 1:1\n", "line 2: expected as many targets", true},
    {"Nul", std::string("1 1:1\0\n", 7), "NUL"},
    {"Utf16", "\xFF\xFE\x31", "UTF-16"},
    {"LoneCarriageReturn", "1 1:1\r2 1:1\n", "carriage return"},
    {"Csv", "1,2,3\n4,5,6\n", "a case has one class here"},
};

class LibsvmHostile : public testing::TestWithParam<Hostile> {};

TEST_P(LibsvmHostile, IsRefused) {
  const Hostile& hostile = GetParam();
  EXPECT_THAT([&] { read(hostile.text, {.numeric_labels = hostile.numeric_labels}); },
              ThrowsMessage<DataError>(AllOf(HasSubstr("d.svm: "), HasSubstr(hostile.reason))));
}

INSTANTIATE_TEST_SUITE_P(All, LibsvmHostile, testing::ValuesIn(kHostile),
                         [](const auto& tested) { return tested.param.name; });

TEST(LibsvmReader, AFewBytesTakeNoLargeMatrix) {
  const test::PeakMemory peak;
  EXPECT_THAT([] { read("1 2147483647:1\n"); },
              ThrowsMessage<DataError>(
                  AllOf(HasSubstr("1 cases with indices up to 2147483647"), HasSubstr("for a file so short"))));
  EXPECT_LT(peak.growth(), 10'000'000U);
  EXPECT_EQ(read("1 1000000:1\n").feature_count(), 1'000'000) << "what fits well is no bomb";
}

}  // namespace
}  // namespace dbn
