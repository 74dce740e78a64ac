#include <dbn/data/idx_reader.hpp>

#include <bit>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

#include "tests/support/stored_twins.hpp"

namespace dbn {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

template <typename Number>
void append_big_endian(ByteBuffer& bytes, Number number) {
  for (std::size_t i = sizeof(Number); i-- > 0;) bytes.push_back(static_cast<std::uint8_t>(number >> (8 * i) & 0xFF));
}

ByteBuffer header(std::uint8_t type, const std::vector<std::uint32_t>& extents) {
  ByteBuffer bytes = {0, 0, type, static_cast<std::uint8_t>(extents.size())};
  for (const auto extent : extents) append_big_endian(bytes, extent);
  return bytes;
}

/// A header and `count` elements of one byte: 0, 1, 2 ...
ByteBuffer byte_array(const std::vector<std::uint32_t>& extents, std::size_t count) {
  ByteBuffer bytes = header(0x08, extents);
  for (std::size_t i = 0; i < count; ++i) bytes.push_back(static_cast<std::uint8_t>(i));
  return bytes;
}

Dataset read(const ByteBuffer& bytes) { return read_idx(bytes, "images.idx", {}); }
std::vector<std::string> read_labels_of(const ByteBuffer& bytes) { return read_idx_labels(bytes, "labels.idx"); }

void expect_refused(const ByteBuffer& bytes, const std::string& word) {
  const auto message = [&](const char* file) {
    return ThrowsMessage<DataError>(AllOf(HasSubstr(file), HasSubstr(word)));
  };
  EXPECT_THAT([&] { read(bytes); }, message("images.idx"));
  EXPECT_THAT([&] { read_labels_of(bytes); }, message("labels.idx"));
  test::expect_same_outcome(bytes, ".idx");
}

TEST(IdxReader, ReadsBytesAsTheyLie) {
  const Dataset dataset = read(byte_array({3, 2, 4}, 24));
  EXPECT_EQ(dataset.name, "images.idx");
  EXPECT_EQ(dataset.case_count(), 3);
  EXPECT_THAT(dataset.shape, ElementsAre(2, 4));
  EXPECT_FALSE(dataset.labelled());
  const auto& bytes = std::get<Dataset::Bytes>(dataset.features);
  for (Index i = 0; i < 24; ++i) EXPECT_EQ(bytes.data()[i], i);
}

TEST(IdxReader, ReadsRanksTwoAndFour) {
  EXPECT_THAT(read(byte_array({2, 5}, 10)).shape, ElementsAre(5));
  EXPECT_THAT(read(byte_array({2, 3, 2, 2}, 24)).shape, ElementsAre(3, 2, 2));
}

template <typename Bits>
Matrix read_numbers(std::uint8_t type, const std::vector<Bits>& elements) {
  ByteBuffer bytes = header(type, {static_cast<std::uint32_t>(elements.size()), 1});
  for (const Bits element : elements) append_big_endian(bytes, element);
  return std::get<Matrix>(read(bytes).features);
}

TEST(IdxReader, ReadsEveryNumberType) {
  const auto row = [](Scalar a, Scalar b) { return Matrix((Matrix(1, 2) << a, b).finished()); };
  EXPECT_EQ(read_numbers<std::uint8_t>(0x09, {0x80, 0x7F}), row(-128, 127));
  EXPECT_EQ(read_numbers<std::uint16_t>(0x0B, {0x8000, 0x0102}), row(-32768, 258));
  EXPECT_EQ(read_numbers<std::uint32_t>(0x0C, {0xFFFFFFFE, 0x00010203}), row(-2, 66051));
  EXPECT_EQ(read_numbers<std::uint32_t>(0x0D, {0x3FC00000, 0xC0000000}), row(1.5, -2));
  EXPECT_EQ(read_numbers<std::uint64_t>(0x0E, {0x3FF8000000000000, 0xC000000000000000}), row(1.5, -2));
}

TEST(IdxReader, RefusesNumbersThatAreNotFinite) {
  const auto not_finite = ThrowsMessage<DataError>(AllOf(HasSubstr("images.idx"), HasSubstr("feature 1 of case 2")));
  EXPECT_THAT((void (*)())([] { read_numbers<std::uint32_t>(0x0D, {0, 0x7F800000}); }), not_finite);
  EXPECT_THAT((void (*)())([] { read_numbers<std::uint32_t>(0x0D, {0, 0x7FC00000}); }), not_finite);
  EXPECT_THAT((void (*)())([] { read_numbers<std::uint64_t>(0x0E, {0, 0xFFF0000000000000}); }), not_finite);
}

TEST(IdxReader, ReadsLabels) {
  EXPECT_THAT(read_labels_of(byte_array({3}, 3)), ElementsAre("0", "1", "2"));
  ByteBuffer shorts = header(0x0B, {2});
  append_big_endian(shorts, std::uint16_t{0});
  append_big_endian(shorts, std::uint16_t{0x7FFF});
  EXPECT_THAT(read_labels_of(shorts), ElementsAre("0", "32767"));
}

TEST(IdxReader, RecognisesItsHeader) {
  EXPECT_TRUE(is_idx(byte_array({1, 1}, 1)));
  EXPECT_TRUE(is_idx(header(0x0E, {1, 1, 1, 1})));
  for (const ByteBuffer& bytes : std::vector<ByteBuffer>{
           {}, {0, 0, 8}, {1, 0, 8, 3}, {0, 1, 8, 3}, {0, 0, 10, 3}, {0, 0, 8, 0}, {0, 0, 8, 5}, {'0', ',', '1', '\n'}})
    EXPECT_FALSE(is_idx(bytes)) << testing::PrintToString(bytes);
}

TEST(IdxReaderHostile, Empty) { expect_refused({}, "file ends after 0"); }

TEST(IdxReaderHostile, OneToThreeBytes) {
  expect_refused({0}, "file ends after 1");
  expect_refused({0, 0}, "file ends after 2");
  expect_refused({0, 0, 8}, "file ends after 3");
}

TEST(IdxReaderHostile, BadMagic) {
  expect_refused({1, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 1, 5}, "magic");
  expect_refused({0x1F, 0x8B, 8, 2, 0, 0, 0, 1, 0, 0, 0, 1, 5}, "1f 8b");
}

TEST(IdxReaderHostile, UnknownType) {
  for (const std::uint8_t type : ByteBuffer{0x00, 0x07, 0x0A, 0x0F, 0xFF}) expect_refused(header(type, {1, 1}), "type");
}

TEST(IdxReaderHostile, Rank0And5And255) {
  for (const std::size_t rank : {0u, 5u, 255u})
    expect_refused(header(0x08, std::vector<std::uint32_t>(rank, 1)), "rank from 1 to 4");
}

TEST(IdxReaderHostile, TruncatedDimensions) {
  const ByteBuffer whole = header(0x08, {2, 2, 2});
  for (std::size_t size = 4; size < whole.size(); ++size)
    expect_refused({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)}, "header of 16 bytes");
}

TEST(IdxReaderHostile, ZeroDimensions) {
  expect_refused(header(0x08, {0, 28, 28}), "dimension 1 of 0 × 28 × 28 is zero");
  expect_refused(header(0x08, {10, 28, 0}), "dimension 3");
  expect_refused(header(0x08, {0}), "dimension 1");
}

// 65536 x 65536 is 0 in 32 bits.
TEST(IdxReaderHostile, ProductOverflows32Bits) {
  expect_refused(header(0x08, {65536, 65536}), "header promises 65536 × 65536, file ends after 0");
  expect_refused(byte_array({65536, 65536, 1}, 4), "file ends after 0");
}

// 2^16 x 2^16 x 2^16 x 2^16 is 0 in 64 bits; with 8 bytes an element 2^61 are enough.
TEST(IdxReaderHostile, ProductOverflows64Bits) {
  expect_refused(header(0x08, {65536, 65536, 65536, 65536}), "file ends after 0");
  expect_refused(header(0x0E, {1u << 31, 1u << 15, 1u << 15}), "file ends after 0");
  expect_refused(header(0x0E, {1, 1u << 31, 1u << 15, 1u << 15}), "file ends after 0");
  expect_refused(byte_array({0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF}, 16), "file ends after 0");
}

TEST(IdxReaderHostile, OneByteShort) {
  expect_refused(byte_array({3, 2, 2}, 11), "header promises 3 × 2 × 2, file ends after 2 of 3");
  expect_refused(byte_array({3}, 2), "file ends after 2 of 3");
}

TEST(IdxReaderHostile, OneByteLong) {
  expect_refused(byte_array({3, 2, 2}, 13), "1 more bytes follow");
  expect_refused(byte_array({3}, 4), "1 more bytes follow");
}

TEST(IdxReaderHostile, LabelsAsImages) {
  EXPECT_THAT([] { read(byte_array({3}, 3)); },
              ThrowsMessage<DataError>(AllOf(HasSubstr("images.idx"), HasSubstr("label file"))));
}

TEST(IdxReaderHostile, ImagesAsLabels) {
  EXPECT_THAT(
      [] {
        read_labels_of(byte_array({3, 2, 2}, 12));
      },
      ThrowsMessage<DataError>(AllOf(HasSubstr("labels.idx"), HasSubstr("3 × 2 × 2"), HasSubstr("not labels"))));
}

TEST(IdxReaderHostile, NegativeLabel) {
  ByteBuffer bytes = header(0x09, {2});
  bytes.insert(bytes.end(), {1, 0xFF});
  EXPECT_THAT([&] { read_labels_of(bytes); }, ThrowsMessage<DataError>(HasSubstr("label 2 is -1")));
}

TEST(IdxReaderHostile, RealLabels) {
  ByteBuffer bytes = header(0x0D, {1});
  append_big_endian(bytes, std::uint32_t{0x3F800000});
  EXPECT_THAT([&] { read_labels_of(bytes); }, ThrowsMessage<DataError>(HasSubstr("expected integers")));
}

TEST(IdxReader, ReadsTargetsOfAnyType) {
  const ByteBuffer bytes{0, 0, 9, 1, 0, 0, 0, 2, 0xFF, 3};
  const Dataset signed_bytes = read_idx_targets(bytes, "targets.idx");
  EXPECT_EQ(signed_bytes.targets, (Matrix(1, 2) << -1, 3).finished());
  EXPECT_EQ(signed_bytes.feature_count(), 0);
  const ByteBuffer floats{0, 0, 0x0D, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0x3F, 0, 0, 0, 0xC0, 0x20, 0, 0};
  EXPECT_EQ(read_idx_targets(floats, "targets.idx").targets, (Matrix(2, 1) << Scalar(0.5), Scalar(-2.5)).finished());
  const ByteBuffer nan{0, 0, 0x0D, 1, 0, 0, 0, 1, 0x7F, 0xC0, 0, 0};
  EXPECT_THROW(read_idx_targets(nan, "targets.idx"), DataError);
  const ByteBuffer images{0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 7};
  EXPECT_THROW(read_idx_targets(images, "targets.idx"), DataError);
}

}  // namespace
}  // namespace dbn
