#include <dbn/io/zip_archive.hpp>

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

#include "tests/support/peak_memory.hpp"
#include "tests/support/zip_bytes.hpp"

namespace dbn {
namespace {

using test::zip_bytes;
using test::ZipPart;
using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr std::uint16_t kDeflated = 8;

ByteBuffer bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

/// All contents, one behind the other.
ByteBuffer read_all(const ByteBuffer& bytes) {
  const ZipArchive archive(bytes, "a.zip");
  ByteBuffer all;
  for (std::size_t i = 0; i < archive.members().size(); ++i) {
    const ByteBuffer one = archive.read(i);
    all.insert(all.end(), one.begin(), one.end());
  }
  return all;
}

TEST(ZipArchive, ReadsStoredAndDeflatedMembers) {
  const ByteBuffer text = bytes_of(std::string(100'000, 'a') + "end");
  const ByteBuffer bytes = zip_bytes({{.name = "one"}, {.name = "zwei ü", .content = text, .method = kDeflated}});
  const ZipArchive archive(bytes, "a.zip");
  ASSERT_EQ(archive.members().size(), 2U);
  EXPECT_EQ(archive.members()[0].name, "one");
  EXPECT_EQ(archive.members()[1].name, "zwei ü");
  EXPECT_EQ(archive.members()[1].size, text.size());
  EXPECT_LT(archive.members()[1].compressed_size, text.size());
  EXPECT_EQ(archive.read(1), text);
  EXPECT_EQ(archive.read(0), bytes_of("hello")) << "in any order";
  EXPECT_EQ(archive.read(0), bytes_of("hello")) << "and again";
}

TEST(ZipArchive, MayHoldNothing) {
  EXPECT_TRUE(ZipArchive(zip_bytes({}), "a.zip").members().empty());
  EXPECT_EQ(read_all(zip_bytes({{.name = "empty", .content = {}}})), ByteBuffer{});
}

TEST(ZipArchive, IsRecognisedByItsFirstBytes) {
  EXPECT_TRUE(is_zip(zip_bytes({{.name = "a"}})));
  EXPECT_TRUE(is_zip(zip_bytes({})));
  for (const ByteBuffer& other : {ByteBuffer{}, bytes_of("PK\x03"), bytes_of("PK\x01\x02"), bytes_of("1,2\n")})
    EXPECT_FALSE(is_zip(other));
}

/// An archive and what its refusal says.
struct Hostile {
  std::string name;
  ByteBuffer bytes;
  std::string reason;
};

Hostile part(const std::string& name, const ZipPart& one, const std::string& reason) {
  return {name, zip_bytes({one}), reason};
}

ByteBuffer without_last(ByteBuffer bytes, std::size_t count) {
  bytes.resize(bytes.size() - count);
  return bytes;
}

ByteBuffer joined(ByteBuffer bytes, const ByteBuffer& more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
  return bytes;
}

/// The second member lies in the data of the first.
ByteBuffer overlapping() {
  ZipPart inner{.name = "b", .offset = 31, .in_directory_only = true};
  ZipPart outer{.name = "a", .content = {}};
  test::append_zip_member(outer.content, inner);
  return zip_bytes({outer, inner});
}

/// A member that looks like an end record with so much behind it, whose comment would end `beyond` the file.
ByteBuffer hidden_end(std::size_t behind, std::size_t beyond = 0) {
  constexpr std::size_t kContentAt = 31, kEndBytes = 22;
  ByteBuffer content = bytes_of("PK\x05\x06");
  content.resize(kEndBytes + behind);
  const std::size_t whole = zip_bytes({{.name = "a", .content = content}}).size();
  const std::size_t comment = whole + beyond - kContentAt - kEndBytes;
  content[20] = static_cast<std::uint8_t>(comment);
  content[21] = static_cast<std::uint8_t>(comment >> 8);
  return zip_bytes({{.name = "a", .content = content}});
}

constexpr std::size_t kBehindContent = 46 + 1 + 22;  // of a member named "a": its directory entry and the end record

ByteBuffer with_members(std::size_t count) {
  std::vector<ZipPart> parts(count);
  for (std::size_t i = 0; i < count; ++i) parts[i] = {.name = std::to_string(i), .content = {}};
  return zip_bytes(parts);
}

/// Its end record says `count`.
ByteBuffer saying(std::uint16_t count, ByteBuffer bytes) {
  for (const std::size_t place : {14u, 12u}) {
    bytes[bytes.size() - place] = static_cast<std::uint8_t>(count);
    bytes[bytes.size() - place + 1] = static_cast<std::uint8_t>(count >> 8);
  }
  return bytes;
}

/// One member "a", and the wider end record of large archives, which says `count`.
ByteBuffer wide_end(std::uint32_t count) {
  constexpr std::uint32_t kDirectoryBytes = 46 + 1;
  ByteBuffer bytes = without_last(zip_bytes({{.name = "a"}}), 22);
  const auto record = static_cast<std::uint32_t>(bytes.size());
  const auto append = [&](std::uint32_t number) {
    test::append_number(bytes, number, 4);
    test::append_number(bytes, 0, 4);
  };
  test::append_text(bytes, "PK\x06\x06");
  append(44);                         // what is left of the record
  test::append_number(bytes, 45, 2);  // versions
  test::append_number(bytes, 45, 2);
  append(0);  // two disks of 4 bytes
  append(count);
  append(count);
  append(kDirectoryBytes);
  append(record - kDirectoryBytes);
  test::append_text(bytes, "PK\x06\x07");
  test::append_number(bytes, 0, 4);
  append(record);
  test::append_number(bytes, 1, 4);
  test::append_text(bytes, "PK\x05\x06");
  test::append_number(bytes, 0, 4);
  for (int i = 0; i < 3; ++i) test::append_number(bytes, 0xFFFFFFFF, 4);
  test::append_number(bytes, 0, 2);
  return bytes;
}

const std::string kText(50, 'x');

const std::vector<Hostile> kHostile = {
    {"Empty", {}, "end record"},
    {"FewBytes", bytes_of("PK\x05\x06"), "end record"},
    {"NoEndRecord", without_last(zip_bytes({{.name = "a"}}), 22), "end record"},
    {"Truncated", without_last(zip_bytes({{.name = "a"}}), 1), "end record"},
    {"TrailingByte", joined(zip_bytes({{.name = "a"}}), bytes_of("x")), "end record"},
    {"Comment", zip_bytes({{.name = "a"}}, "hi"), "a comment"},
    {"SecondEndRecord", hidden_end(0), "a second end record at byte 31"},
    {"SecondEndRecordAsFarAsAComment", hidden_end(65535 - kBehindContent), "a second end record at byte 31"},
    {"TooManyMembers", with_members(4097), "at most 4096 members"},
    {"TooManyMembersOfWhichItSaysOne", saying(1, with_members(4097)), "at most 4096 members"},
    {"SaysTooManyMembers", saying(4097, zip_bytes({{.name = "a"}})), "at most 4096 members"},
    {"SaysTooManyMembersWidely", wide_end(0xFFFFFFFF), "at most 4096 members"},
    {"LeadingBytes", joined(bytes_of("junk"), zip_bytes({{.name = "a"}})), "damaged"},
    {"Overlap", overlapping(), "\"a\" and \"b\" overlap"},
    {"SharedHeader", zip_bytes({{.name = "a"}, {.name = "b", .offset = 0, .in_directory_only = true}}), "damaged"},
    {"SameName", zip_bytes({{.name = "a"}, {.name = "a"}}), "same name"},
    part("NoName", {.name = ""}, "plain file names"),
    part("ParentFolder", {.name = "..\\a"}, "plain file names"),
    part("Folder", {.name = "a/b"}, "found \"a/b\""),
    part("DotDot", {.name = ".."}, "plain file names"),
    part("LineInName", {.name = "a\nb"}, "plain file names"),
    part("NulInName", {.name = std::string("a\0b", 3)}, "NUL"),
    part("OffsetBeyondTheEnd", {.name = "a", .offset = 5000}, "damaged"),
    part("OffsetWithoutItsWideTwin", {.name = "a", .offset = 0xFFFFFFFF}, "damaged"),
    part("DataBeyondTheDirectory", {.name = "a", .compressed_size = 500}, "damaged"),
    part("Encrypted", {.name = "a", .flags = 1}, "encrypted"),
    part("MethodThatLibzipKnows", {.name = "a", .method = 12}, "unknown method 12"),
    part("MethodOfNobody", {.name = "a", .method = 77}, "unknown method 77"),
    part("WrongCrc", {.name = "a", .crc = 5}, "CRC"),
    part("StoredSizeTooLarge", {.name = "a", .size = 100}, "stored in 5 bytes, promises 100"),
    part("StoredSizeTooSmall", {.name = "a", .size = 3}, "stored in 5 bytes, promises 3"),
    part("SizeTooLarge", {.name = "a", .content = bytes_of(kText), .method = kDeflated, .size = 100}, "ends after 50"),
    part("SizeTooSmall", {.name = "a", .content = bytes_of(kText), .method = kDeflated, .size = 7},
         "more than the 7 bytes"),
    part("HugeSize", {.name = "a", .size = 0xFFFFFFF0}, "a bomb"),
};

class ZipHostile : public testing::TestWithParam<Hostile> {};

TEST_P(ZipHostile, IsRefused) {
  const Hostile& hostile = GetParam();
  EXPECT_THAT([&] { read_all(hostile.bytes); },
              ThrowsMessage<DataError>(AllOf(HasSubstr("a.zip"), HasSubstr(hostile.reason))));
}

INSTANTIATE_TEST_SUITE_P(All, ZipHostile, testing::ValuesIn(kHostile),
                         [](const auto& tested) { return tested.param.name; });

TEST(ZipArchive, AMemberMayLookLikeAnEndRecordThatDoesNotEndTheFile) {
  EXPECT_EQ(read_all(hidden_end(0, 1)).size(), 22U);
  EXPECT_EQ(read_all(hidden_end(65534 - kBehindContent, 1)).size(), 22U + 65534 - kBehindContent);
}

TEST(ZipArchive, MayHold4096Members) { EXPECT_EQ(ZipArchive(with_members(4096), "a.zip").members().size(), 4096U); }

TEST(ZipArchive, ReadsTheWideEndRecordOfLargeArchives) { EXPECT_EQ(read_all(wide_end(1)), bytes_of("hello")); }

TEST(ZipArchive, EveryTruncationIsRefused) {
  const ByteBuffer whole = zip_bytes({{.name = "a"}, {.name = "b", .content = bytes_of(kText), .method = kDeflated}});
  for (std::size_t cut = 1; cut <= whole.size(); ++cut)
    EXPECT_THROW(read_all(without_last(whole, cut)), DataError) << cut;
}

TEST(ZipArchive, AChangedBitNeverChangesTheContents) {
  const ByteBuffer whole = zip_bytes({{.name = "a"}, {.name = "b", .content = bytes_of(kText), .method = kDeflated}});
  const ByteBuffer contents = read_all(whole);
  std::size_t noticed = 0;
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    ByteBuffer bytes = whole;
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1 << bit % 8));
    try {
      EXPECT_EQ(read_all(bytes), contents) << bit;
    } catch (const DataError&) {
      ++noticed;
    }
  }
  // Of each member nobody compares the versions, flags, disk and attributes, which are 18 bytes of its two headers, and
  // the last byte of deflated data has filling; of the end two numbers of disks.
  EXPECT_GT(noticed, 8 * (whole.size() - 2 * 20 - 4));
}

TEST(ZipArchive, ABombIsRefusedBeforeItIsUnpacked) {
  // Zeros shrink a little more than a thousandfold.
  const ByteBuffer bomb = zip_bytes({{.name = "zeros", .content = ByteBuffer(20'000'000, 0), .method = kDeflated}});
  const test::PeakMemory peak;
  EXPECT_THAT([&] { read_all(bomb); }, ThrowsMessage<DataError>(AllOf(HasSubstr("zeros"), HasSubstr("a bomb"))));
  EXPECT_LT(peak.growth(), 10'000'000U);
}

TEST(ZipArchive, APromiseThatIsNotKeptTakesNoMemory) {
  ByteBuffer noise(100'000);
  for (std::size_t i = 0; i < noise.size(); ++i) noise[i] = static_cast<std::uint8_t>(i * i * 2654435761U >> 24);
  const ByteBuffer bytes = zip_bytes({{.name = "a", .content = noise, .method = kDeflated, .size = 90'000'000}});
  const test::PeakMemory peak;
  EXPECT_THAT([&] { read_all(bytes); },
              ThrowsMessage<DataError>(HasSubstr("promises 90000000 bytes, ends after 100000")));
  EXPECT_LT(peak.growth(), 10'000'000U);
}

TEST(ZipArchive, AStoredMemberTakesNoMoreThanItHas) {
  // A promise that deflated bytes could just keep.
  const ByteBuffer bytes = zip_bytes({{.name = "a", .content = ByteBuffer(20'000), .size = 20'000'000}});
  const test::PeakMemory peak;
  EXPECT_THAT([&] { read_all(bytes); },
              ThrowsMessage<DataError>(HasSubstr("stored in 20000 bytes, promises 20000000")));
  EXPECT_LT(peak.growth(), 10'000'000U);
}

TEST(ZipArchive, TheLimitCountsUnpackedBytes) {
  const ByteBuffer bytes = zip_bytes({{.name = "a", .content = bytes_of(kText), .method = kDeflated}});
  const ZipArchive archive(bytes, "a.zip");
  EXPECT_EQ(archive.read(0, kText.size()), bytes_of(kText));
  EXPECT_THAT([&] { archive.read(0, kText.size() - 1); }, ThrowsMessage<DataError>(HasSubstr("limit of 49 bytes")));
}

}  // namespace
}  // namespace dbn
