#include <dbn/data/npy_reader.hpp>

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

#include "tests/support/npy_bytes.hpp"
#include "tests/support/stored_twins.hpp"

namespace dbn {
namespace {

using test::npy_array;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

const ByteBuffer kSix{0, 1, 2, 3, 4, 255};

Dataset read(const ByteBuffer& bytes) { return read_npy(bytes, "x.npy", {}); }

TEST(NpyReader, BytesAndTruthValuesStayBytes) {
  const Dataset dataset = read(npy_array("|u1", "(3, 2)", kSix));
  EXPECT_EQ(dataset.name, "x.npy");
  EXPECT_THAT(dataset.shape, ElementsAre(2));
  EXPECT_FALSE(dataset.labelled());
  EXPECT_EQ(std::get<Dataset::Bytes>(dataset.features).cast<int>(),
            (Eigen::MatrixXi(2, 3) << 0, 2, 4, 1, 3, 255).finished());
  EXPECT_EQ(std::get<Dataset::Bytes>(read(npy_array("|b1", "(1, 2)", {1, 0})).features)(0, 0), 1);
}

TEST(NpyReader, OtherTypesBecomeScalars) {
  EXPECT_EQ(std::get<Matrix>(read(npy_array("|i1", "(1, 2)", {0x80, 5})).features),
            (Matrix(2, 1) << -128, 5).finished());
  EXPECT_EQ(std::get<Matrix>(read(npy_array(">f4", "(2, 1)", {0x3F, 0xC0, 0, 0, 0xC0, 0, 0, 0})).features),
            (Matrix(1, 2) << Scalar(1.5), -2).finished());
  // 2^24 + 1 is the first whole number that a float has not.
  EXPECT_EQ(std::get<Matrix>(read(npy_array("<i4", "(1, 1)", {1, 0, 0, 1})).features)(0, 0), Scalar(16777217));
}

TEST(NpyReader, ACaseOfSeveralDimensionsKeepsItsShapeAndOrder) {
  ByteBuffer images(12);
  for (std::uint8_t i = 0; i < 12; ++i) images[i] = i;
  const Dataset c_order = read(npy_array("|u1", "(2, 2, 3)", images));
  EXPECT_THAT(c_order.shape, ElementsAre(2, 3));
  EXPECT_EQ(std::get<Dataset::Bytes>(c_order.features).col(1).cast<int>(),
            (Eigen::VectorXi(6) << 6, 7, 8, 9, 10, 11).finished());
  // Element (case, row, column) is number case + 2 row + 4 column.
  const Dataset fortran = read(npy_array("|u1", "(2, 2, 3)", images, true));
  EXPECT_EQ(std::get<Dataset::Bytes>(fortran.features).col(1).cast<int>(),
            (Eigen::VectorXi(6) << 1, 5, 9, 3, 7, 11).finished());
  EXPECT_THAT(read(npy_array("|u1", "(1, 2, 2, 3)", images)).shape, ElementsAre(2, 2, 3));
}

TEST(NpyReader, ReadsLabels) {
  EXPECT_THAT(read_npy_labels(npy_array("<i2", "(2,)", {7, 0, 0, 1}), "y.npy"), ElementsAre("7", "256"));
  EXPECT_THAT(read_npy_labels(npy_array("|b1", "(2,)", {1, 0}), "y.npy"), ElementsAre("1", "0"));
}

TEST(NpyReader, ReadsTargets) {
  const Dataset one = read_npy_targets(npy_array("|i1", "(2,)", {0xFF, 3}), "y.npy");
  EXPECT_EQ(one.targets, (Matrix(1, 2) << -1, 3).finished());
  EXPECT_EQ(one.feature_count(), 0);
  EXPECT_EQ(read_npy_targets(npy_array("|u1", "(2, 3)", kSix), "y.npy").targets,
            (Matrix(3, 2) << 0, 3, 1, 4, 2, 255).finished());
}

void expect_refused(void (*reader)(const ByteBuffer&), const ByteBuffer& bytes, const std::string& reason) {
  EXPECT_THAT([&] { reader(bytes); }, ThrowsMessage<DataError>(AllOf(HasSubstr("bad.npy"), HasSubstr(reason))));
  test::expect_same_outcome(bytes, ".npy");
}

void cases(const ByteBuffer& bytes) { read_npy(bytes, "bad.npy", {}); }
void labels(const ByteBuffer& bytes) { read_npy_labels(bytes, "bad.npy"); }
void targets(const ByteBuffer& bytes) { read_npy_targets(bytes, "bad.npy"); }

TEST(NpyReaderHostile, LabelsAsCases) {
  expect_refused(cases, npy_array("|u1", "(6,)", kSix), "Give it as --label-file");
}

TEST(NpyReaderHostile, RanksThatAreNoCases) {
  expect_refused(cases, npy_array("|u1", "()", {1}), "2 to 4 dimensions");
  expect_refused(cases, npy_array("|u1", "(1, 1, 1, 1, 1)", {1}), "found 5");
}

TEST(NpyReaderHostile, NumbersThatAreNotFinite) {
  expect_refused(cases, npy_array("<f4", "(2, 1)", {0, 0, 0, 0, 0, 0, 0x80, 0x7F}), "feature 1 of case 2");
  expect_refused(targets, npy_array("<f4", "(1,)", {0, 0, 0xC0, 0x7F}), "target 1 of case 1");
}

TEST(NpyReaderHostile, CasesAsLabels) {
  expect_refused(labels, npy_array("|u1", "(3, 2)", kSix), "3 × 2 elements, which are not labels");
}

TEST(NpyReaderHostile, LabelsThatAreNoIntegersFromZero) {
  expect_refused(labels, npy_array("|i1", "(2,)", {0, 0xFF}), "label 2 is -1");
  expect_refused(labels, npy_array("<f4", "(1,)", {0, 0, 0, 0}), "real numbers");
  // 2^53 + 1 would become 2^53 without a word.
  expect_refused(labels, npy_array("<u8", "(1,)", {1, 0, 0, 0, 0, 0, 0x20, 0}), "less than 2^53");
}

TEST(NpyReaderHostile, CasesAsTargets) { expect_refused(targets, npy_array("|u1", "(3, 2, 1)", kSix), "not targets"); }

}  // namespace
}  // namespace dbn
