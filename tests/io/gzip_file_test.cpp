#include <dbn/io/gzip_file.hpp>

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/io/file.hpp>
#include <dbn/io/gzip.hpp>

#include "tests/support/failing_calls.hpp"
#include "tests/support/temp_dir.hpp"

namespace dbn {
namespace {

constexpr std::string_view kOld = "precious";

ByteBuffer numbers(std::size_t count) {
  ByteBuffer bytes(count);
  std::uint32_t state = 1;
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>((state = state * 1664525 + 1013904223) >> 24);
  return bytes;
}

class GzipFileTest : public testing::Test {
 protected:
  std::string path() const { return dir_.path("a.gz"); }
  void write(std::span<const std::uint8_t> bytes, std::size_t piece) const {
    GzipFile file(path());
    for (; !bytes.empty(); bytes = bytes.subspan(std::min(piece, bytes.size())))
      file.append(bytes.first(std::min(piece, bytes.size())));
    file.commit();
  }

  test::TempDir dir_;
};

// Random bytes do not shrink, so that they fill more than one piece of the compressor.
TEST_F(GzipFileTest, HoldsWhatWasAppendedInWhateverPieces) {
  for (const std::size_t count : {0u, 1u, 1000u, 300000u}) {
    const ByteBuffer bytes = numbers(count);
    write(bytes, 1 << 20);
    const ByteBuffer whole = read_file(path());
    EXPECT_EQ(gunzip(whole, "a.gz"), bytes);
    write(bytes, 777);
    EXPECT_EQ(gunzip(read_file(path()), "a.gz"), bytes);
  }
}

TEST_F(GzipFileTest, TellsNeitherTimeNorName) {
  write(numbers(100), 100);
  const ByteBuffer bytes = read_file(path());
  ASSERT_GT(bytes.size(), 10u);
  // After magic and method: no flags, so no name, and four bytes of time that are 0.
  EXPECT_EQ(ByteBuffer(bytes.begin(), bytes.begin() + 8), (ByteBuffer{0x1f, 0x8b, 8, 0, 0, 0, 0, 0}));
}

TEST_F(GzipFileTest, WithoutCommitNothingChanges) {
  write_file(path(), kOld);
  { GzipFile(path()).append(numbers(300000)); }
  EXPECT_EQ(read_file(path()), ByteBuffer(kOld.begin(), kOld.end()));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir_.folder()), {}), 1);
}

TEST_F(GzipFileTest, TakesNothingBehindItsEnd) {
  GzipFile file(path());
  file.commit();
  EXPECT_THROW(file.append(numbers(1)), InvalidArgument);
  EXPECT_THROW(file.commit(), InvalidArgument);
}

// Whatever call fails, the old file stays or the new one is whole.
TEST_F(GzipFileTest, AFullDiskKeepsTheOldFile) {
  const ByteBuffer bytes = numbers(200000);
  for (int n = 1;; ++n) {
    write_file(path(), kOld);
    const test::FailNthCall fault(n, ENOSPC);
    bool failed = false;
    try {
      write(bytes, 50000);
    } catch (const IoError&) {
      failed = true;
    }
    if (!fault.fired()) break;
    const ByteBuffer found = read_file(path());
    const bool old = found == ByteBuffer(kOld.begin(), kOld.end());
    EXPECT_TRUE(old || gunzip(found, "a.gz") == bytes) << fault.call();
    EXPECT_TRUE(failed || !old) << fault.call();
  }
}

}  // namespace
}  // namespace dbn
