#include <dbn/data/npz_reader.hpp>

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

#include "tests/support/npy_bytes.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/zip_bytes.hpp"

namespace dbn {
namespace {

using test::npy_array;
using test::ZipPart;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

const ByteBuffer kCases = npy_array("|u1", "(2, 3)", {1, 2, 3, 4, 5, 6});
const ByteBuffer kLabels = npy_array("|u1", "(2,)", {7, 4});

/// An archive with such arrays, the second half of them compressed.
ByteBuffer npz(const std::vector<std::pair<std::string, ByteBuffer>>& arrays) {
  std::vector<ZipPart> parts;
  for (const auto& [key, bytes] : arrays)
    parts.push_back({.name = key + ".npy",
                     .content = bytes,
                     .method = static_cast<std::uint16_t>(2 * parts.size() < arrays.size() ? 0 : 8)});
  return test::zip_bytes(parts);
}

Dataset read(const ByteBuffer& bytes, const ReadOptions& options = {}) { return read_npz(bytes, "d.npz", options); }

TEST(NpzReader, TakesFeaturesAndLabelsByTheirKeys) {
  const Dataset dataset = read(npz({{"y", kLabels}, {"extra", kCases}, {"x", kCases}}));
  dataset.check();
  EXPECT_EQ(dataset.name, "d.npz");
  EXPECT_EQ(std::get<Dataset::Bytes>(dataset.features).cast<int>(),
            (Eigen::MatrixXi(3, 2) << 1, 4, 2, 5, 3, 6).finished());
  EXPECT_THAT(dataset.classes, ElementsAre("4", "7"));
  EXPECT_THAT(dataset.labels, ElementsAre(1, 0));
}

TEST(NpzReader, TakesTheOnlyArrayThereIsBesidesLabels) {
  EXPECT_FALSE(read(npz({{"arr_0", kCases}})).labelled());
  EXPECT_TRUE(read(npz({{"X", kCases}, {"y", kLabels}})).labelled());
}

TEST(NpzReader, LabelsMayBeTargetsOrNothing) {
  const ByteBuffer bytes = npz({{"x", kCases}, {"y", npy_array("|i1", "(2,)", {0xFF, 3})}});
  EXPECT_EQ(read(bytes, {.numeric_labels = true}).targets, (Matrix(1, 2) << -1, 3).finished());
  EXPECT_FALSE(read(bytes, {.label_column = "none"}).labelled());
  EXPECT_FALSE(read(bytes, {.label_column = "none", .numeric_labels = true}).has_targets());
}

TEST(NpzReader, GivesLabelsAndTargetsAlone) {
  const ByteBuffer both = npz({{"x", kCases}, {"y", kLabels}});
  EXPECT_THAT(read_npz_labels(both, "d.npz"), ElementsAre("7", "4"));
  EXPECT_EQ(read_npz_targets(both, "d.npz").targets, (Matrix(1, 2) << 7, 4).finished());
  EXPECT_THAT(read_npz_labels(npz({{"arr_0", kLabels}}), "d.npz"), ElementsAre("7", "4"));
}

TEST(NpzReader, GivesOneMember) {
  EXPECT_EQ(npz_member(npz({{"a", kCases}, {"b", kLabels}}), "d.npz", "b"), kLabels);
  EXPECT_THAT(
      [] {
        npz_member(npz({{"a", kCases}}), "d.npz", "c");
      },
      ThrowsMessage<DataError>(HasSubstr("expected an array \"c\", found \"a\"")));
}

TEST(NpzReader, SplitsAPathIntoFileAndKeys) {
  EXPECT_EQ(NpzPath::parse("a/d.npz").file, "a/d.npz");
  EXPECT_TRUE(NpzPath::parse("a/d.npz").keys.empty());
  EXPECT_EQ(NpzPath::parse("a/d.NPZ:images").file, "a/d.NPZ");
  EXPECT_THAT(NpzPath::parse("a/d.NPZ:images").keys, ElementsAre("images"));
  EXPECT_THAT(NpzPath::parse("d.npz:x,y").keys, ElementsAre("x", "y"));
  EXPECT_THAT(NpzPath::parse("d.npz:").keys, ElementsAre(""));
  EXPECT_EQ(NpzPath::parse("d.csv:x").file, "d.csv:x");
  EXPECT_EQ(NpzPath::parse("").file, "");
}

TEST(NpzReader, AFileWithSuchANameIsNotSplit) {
  const test::TempDir dir;
  write_file(dir.path("d.npz:x"), std::string_view("1,2\n"));
  EXPECT_EQ(NpzPath::parse(dir.path("d.npz:x")).file, dir.path("d.npz:x"));
}

/// An archive and what its refusal says.
struct Hostile {
  std::string name;
  ByteBuffer bytes;
  std::string reason;
};

const std::vector<Hostile> kHostile = {
    {"NotZip", kCases, "end record"},
    {"NoArray", test::zip_bytes({{.name = "notes.txt"}}), "no array at all"},
    {"OnlyAnExtension", test::zip_bytes({{.name = ".npy"}}), "no array at all"},
    {"SeveralArrays", npz({{"a", kCases}, {"b", kCases}}), "found \"a\", \"b\"; name one as d.npz:KEY"},
    {"ArrayThatIsNone", test::zip_bytes({{.name = "x.npy"}}), "d.npz:\"x\": wrong magic"},
    {"Objects", npz({{"x", npy_array("|O", "(1, 1)", {7})}}), "objects (pickle)"},
    {"LabelsOfOtherCases", npz({{"x", kCases}, {"y", npy_array("|u1", "(3,)", {1, 2, 3})}}), "2 cases but 3 labels"},
    {"LabelsThatAreCases", npz({{"x", kCases}, {"y", kCases}}), "d.npz:\"y\": holds 2 × 3 elements"},
    {"CasesThatAreLabels", npz({{"y", kLabels}}), "d.npz:\"y\": this is a file of labels"},
    {"TerminalCodeInAKey", npz({{"\u009B31m", kLabels}}), "d.npz:\"\\u009b31m\": this is"},
    {"LongKey", npz({{std::string(1000, 'k'), kLabels}}), "d.npz:\"" + std::string(60, 'k') + "\"...: this is"},
};

class NpzHostile : public testing::TestWithParam<Hostile> {};

TEST_P(NpzHostile, IsRefused) {
  const Hostile& hostile = GetParam();
  EXPECT_THAT([&] { read(hostile.bytes); },
              ThrowsMessage<DataError>(AllOf(HasSubstr("d.npz"), HasSubstr(hostile.reason))));
}

INSTANTIATE_TEST_SUITE_P(All, NpzHostile, testing::ValuesIn(kHostile),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace dbn
