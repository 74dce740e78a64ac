#include <dbn/io/gzip.hpp>

#include <algorithm>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <dbn/core/error.hpp>

#include "tests/support/peak_memory.hpp"

namespace dbn {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr std::size_t kHeaderBytes = 10;
constexpr std::size_t kTrailerBytes = 8;

/// One member whose header has no name, so kHeaderBytes long.
ByteBuffer gzip(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY);
  ByteBuffer bytes(deflateBound(&stream, text.size()));
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = bytes.data();
  stream.avail_out = static_cast<uInt>(bytes.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  bytes.resize(stream.total_out);
  deflateEnd(&stream);
  return bytes;
}

std::string unzipped(const ByteBuffer& bytes) {
  const ByteBuffer result = gunzip(bytes, "a.gz");
  return {result.begin(), result.end()};
}

ByteBuffer joined(ByteBuffer a, const ByteBuffer& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

void expect_refused(const ByteBuffer& bytes, const std::string& reason) {
  EXPECT_THAT([&] { gunzip(bytes, "a.gz"); }, ThrowsMessage<DataError>(AllOf(HasSubstr("a.gz"), HasSubstr(reason))));
}

TEST(Gzip, GivesBackTheText) {
  EXPECT_EQ(unzipped(gzip("some text")), "some text");
  EXPECT_EQ(unzipped(gzip("")), "");
}

TEST(Gzip, TextLargerThanOnePieceIsWhole) {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += std::to_string(i * 7919);
  EXPECT_EQ(unzipped(gzip(text)), text);
}

TEST(Gzip, MembersAreJoined) { EXPECT_EQ(unzipped(joined(joined(gzip("one "), gzip("")), gzip("two"))), "one two"); }

TEST(Gzip, IsRecognisedByItsFirstBytes) {
  EXPECT_TRUE(is_gzip(gzip("text")));
  EXPECT_FALSE(is_gzip(ByteBuffer{}));
  EXPECT_FALSE(is_gzip(ByteBuffer{0x1f}));
  EXPECT_FALSE(is_gzip(ByteBuffer{0, 0, 8, 3}));
}

TEST(GzipHostile, PlainFile) {
  expect_refused({'t', 'e', 'x', 't'}, "not gzip: expected the first bytes 1f 8b, found 74 65");
  expect_refused({0x1f}, "found 1f");
}

TEST(GzipHostile, EmptyFile) { expect_refused({}, "an empty file"); }

TEST(GzipHostile, TruncatedAnywhere) {
  const ByteBuffer whole = gzip("some text that is long enough to have a body");
  ASSERT_GT(whole.size(), kHeaderBytes + kTrailerBytes);
  for (std::size_t size = 2; size < whole.size(); ++size) {
    SCOPED_TRACE(size);
    expect_refused({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)}, "truncated");
  }
}

TEST(GzipHostile, TruncatedSecondMember) {
  ByteBuffer bytes = joined(gzip("one"), gzip("two"));
  bytes.pop_back();
  expect_refused(bytes, "inside gzip member 2");
}

TEST(GzipHostile, WrongCrc) {
  ByteBuffer bytes = gzip("some text");
  bytes[bytes.size() - kTrailerBytes] ^= 1;
  expect_refused(bytes, "incorrect data check");
}

TEST(GzipHostile, WrongLength) {
  ByteBuffer bytes = gzip("some text");
  bytes.back() ^= 1;
  expect_refused(bytes, "incorrect length check");
}

TEST(GzipHostile, ChangedBitNeverChangesTheText) {
  const ByteBuffer whole = gzip("some text");
  int unnoticed = 0;
  for (std::size_t i = kHeaderBytes; i < whole.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      ByteBuffer bytes = whole;
      bytes[i] = static_cast<std::uint8_t>(bytes[i] ^ (1 << bit));
      try {
        EXPECT_EQ(unzipped(bytes), "some text") << "byte " << i << " bit " << bit;
        ++unnoticed;
      } catch (const DataError&) {
      }
    }
  }
  // The last bits of the last byte of deflate data are filling, which nobody reads.
  EXPECT_LT(unnoticed, 8);
}

TEST(GzipHostile, WrongMethod) {
  ByteBuffer bytes = gzip("some text");
  bytes[2] = 7;
  expect_refused(bytes, "unknown compression method");
}

TEST(GzipHostile, TrailingBytes) {
  expect_refused(joined(gzip("some text"), {'x', 'y', 'z'}), "found 3 trailing bytes");
  expect_refused(joined(gzip("some text"), {0x1f}), "found 1 trailing bytes");
  expect_refused(joined(gzip("some text"), ByteBuffer(512, 0)), "found 512 trailing bytes");
}

// What holds that many equal bytes and is no bomb yet, a limit of one byte less than the contents, and the size itself.
TEST(GzipHostile, TheLimitCountsUnpackedBytes) {
  constexpr std::size_t kSize = 1'000'000;
  const ByteBuffer bytes = gzip(std::string(kSize, '\0'));
  EXPECT_EQ(gunzip(bytes, "a.gz", kSize).size(), kSize);
  EXPECT_THAT([&] { gunzip(bytes, "a.gz", kSize - 1); },
              ThrowsMessage<DataError>(AllOf(HasSubstr("a.gz"), HasSubstr("limit of 999999 bytes"))));
}

// Zeros shrink a little more than a thousandfold, whatever a file of them promises in its last bytes.
TEST(GzipHostile, ABombIsNoticedBeforeItIsUnpacked) {
  const ByteBuffer member = gzip(std::string(10'000'000, '\0'));
  ASSERT_LT(member.size() * 1000, 10'000'000U);
  ByteBuffer lying = member;
  std::fill(lying.end() - 4, lying.end(), std::uint8_t{0});
  for (const ByteBuffer& bomb : {member, joined(gzip("some text"), member), joined(member, member), lying}) {
    const test::PeakMemory peak;
    expect_refused(bomb, "a bomb");
    EXPECT_LT(peak.growth(), 5'000'000U);
  }
}

// 250 zeros and 2 bytes that vary, over and over, shrink less.
TEST(GzipHostile, WhatShrinksWellIsNoBomb) {
  std::string text;
  for (int i = 0; i < 20'000; ++i)
    text += std::string(250, '\0') + static_cast<char>(i % 256) + static_cast<char>(i * 7919 / 256 % 256);
  const ByteBuffer bytes = gzip(text);
  ASSERT_LT(bytes.size() * 20, text.size());
  EXPECT_EQ(unzipped(bytes), text);
}

}  // namespace
}  // namespace dbn
