#include <dbn/io/zip_writer.hpp>

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

#include "../support/bytes_of.hpp"
#include "../support/stored_zip.hpp"

namespace dbn {
namespace {

using test::bytes_of;

const std::vector<ZipEntry> kEntries{
    {"a.txt", {bytes_of("one"), bytes_of(""), bytes_of("two")}}, {"folder/empty", {}}, {"last", {bytes_of("end")}}};

TEST(ZipWriter, FilesAreStoredInOrder) {
  const auto files = test::files_of_zip(encode_zip(kEntries));
  ASSERT_EQ(files.size(), 3U);
  EXPECT_EQ(files[0].name, "a.txt");
  EXPECT_EQ(files[0].bytes, "onetwo");
  EXPECT_EQ(files[1].name, "folder/empty");
  EXPECT_EQ(files[1].bytes, "");
  EXPECT_EQ(files[2].name, "last");
}

TEST(ZipWriter, BytesBeginAtAMultipleOf64WhateverTheirNames) {
  std::vector<ZipEntry> entries;
  for (std::size_t length = 1; length < 140; ++length)
    entries.push_back({std::string(length, 'n'), {bytes_of(std::string_view("0123456789").substr(0, length % 10))}});
  const auto files = test::files_of_zip(encode_zip(entries));
  ASSERT_EQ(files.size(), entries.size());
  for (const auto& file : files) EXPECT_EQ(file.place % 64, 0U) << file.name;
}

// The first of January 1980, 12 o'clock: seven bits of years since 1980, four of the month, five of the day; five bits
// of hours, six of minutes, five of seconds.
TEST(ZipWriter, TheSameFilesAreTheSameBytesInAnyTimeZone) {
  const char* before = std::getenv("TZ");
  const std::string zone = before == nullptr ? "" : before;
  const ByteBuffer here = encode_zip(kEntries);
  // The last two have no such noon: their clocks are put forward over it.
  for (const char* name :
       {"UTC", "Asia/Tokyo", "America/Los_Angeles", "ODD0ODS-3,J1/11:30,J300", "AAA-24BBB,0/12,J365/0"}) {
    setenv("TZ", name, 1);
    tzset();
    EXPECT_EQ(encode_zip(kEntries), here) << name;
  }
  before == nullptr ? unsetenv("TZ") : setenv("TZ", zone.c_str(), 1);
  tzset();
  for (const auto& file : test::files_of_zip(here))
    EXPECT_EQ(file.date_and_time, ((0U << 9 | 1U << 5 | 1U) << 16 | 12U << 11)) << file.name;
}

TEST(ZipWriter, NamesThatOthersCouldNotReadAreRefused) {
  const auto refused = [](const std::vector<ZipEntry>& entries, const char* what) {
    EXPECT_THAT([&] { encode_zip(entries); }, testing::ThrowsMessage<InvalidArgument>(testing::HasSubstr(what)));
  };
  refused({}, "at least one file");
  refused({{"", {}}}, "ASCII");
  refused({{"caf\xC3\xA9", {}}}, "ASCII");
  refused({{"a\nb", {}}}, "ASCII");
  refused({{std::string(1001, 'a'), {}}}, "1000");
  refused({{"a", {}}, {"b", {}}, {"a", {}}}, "two files named a");
}

}  // namespace
}  // namespace dbn
