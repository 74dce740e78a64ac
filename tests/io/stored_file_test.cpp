#include <dbn/io/stored_file.hpp>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/io/file.hpp>

#include "tests/support/failing_calls.hpp"
#include "tests/support/temp_dir.hpp"

namespace dbn {
namespace {

using test::FailNthCall;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

ByteBuffer numbered(std::size_t size) {
  ByteBuffer bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i % 251);
  return bytes;
}

ByteBuffer read(const StoredFile& file, std::uint64_t offset, std::size_t size) {
  ByteBuffer bytes(size);
  file.read_at(offset, bytes);
  return bytes;
}

class StoredFileTest : public testing::Test {
 protected:
  StoredFileTest() { write_file(path_, numbered(1000)); }

  test::TempDir dir_;
  std::string path_ = dir_.path("a");
};

TEST_F(StoredFileTest, ReadsAnyPlace) {
  const StoredFile file(path_);
  EXPECT_EQ(file.path(), path_);
  EXPECT_EQ(file.size(), 1000);
  EXPECT_THAT(read(file, 998, 2), ElementsAre(998 % 251, 999 % 251));
  EXPECT_EQ(read(file, 0, 1000), numbered(1000));
  EXPECT_TRUE(read(file, 1000, 0).empty());
  EXPECT_THAT(file.beginning(3), ElementsAre(0, 1, 2));
  EXPECT_EQ(file.beginning(5000), numbered(1000));
}

TEST_F(StoredFileTest, APlaceBeyondTheEndIsTheCallersFault) {
  const StoredFile file(path_);
  EXPECT_THAT([&] { read(file, 999, 2); }, ThrowsMessage<InvalidArgument>(HasSubstr("bytes 999 to 1001")));
  EXPECT_THROW(read(file, 1001, 0), InvalidArgument);
  EXPECT_THROW(read(file, ~std::uint64_t{0}, 2), InvalidArgument);  // whose end is 1 in 64 bits
}

TEST_F(StoredFileTest, OnlyAPlainFileHasPlaces) {
  EXPECT_THAT([&] { StoredFile(dir_.path("none")); }, ThrowsMessage<IoError>(HasSubstr(dir_.path("none"))));
  EXPECT_THAT([&] { StoredFile(dir_.folder()); }, ThrowsMessage<IoError>(HasSubstr("plain file")));
  EXPECT_THROW(StoredFile("/dev/null"), IoError);
}

TEST_F(StoredFileTest, AFileThatShrinksOrGrowsIsRefused) {
  const StoredFile file(path_);
  for (const std::uintmax_t size : {999u, 0u, 1001u}) {
    std::filesystem::resize_file(path_, size);
    EXPECT_THAT([&] { read(file, 0, 1); },
                ThrowsMessage<DataError>(AllOf(HasSubstr(path_ + ": expected 1000 bytes"),
                                               HasSubstr("found " + std::to_string(size)), HasSubstr("changed"))));
  }
}

// What an overwriting program does, which keeps the file and its size.
TEST_F(StoredFileTest, AFileThatIsWrittenOverAtTheSameSizeIsRefused) {
  const StoredFile file(path_);
  EXPECT_EQ(read(file, 0, 1000), numbered(1000));
  const auto before = std::filesystem::last_write_time(path_);
  std::fstream(path_, std::ios::in | std::ios::out | std::ios::binary) << "other";
  for (const auto& later : {before + std::chrono::seconds(2), before + std::chrono::microseconds(1)}) {
    std::filesystem::last_write_time(path_, later);  // a clock may be too coarse to tell
    EXPECT_THAT([&] { read(file, 0, 1); },
                ThrowsMessage<DataError>(AllOf(HasSubstr(path_), HasSubstr("written since"), HasSubstr("changed"))));
  }
  EXPECT_EQ(read(StoredFile(path_), 0, 1).front(), 'o') << "opened again it is whole";
}

/// The file becomes shorter between the look at its size and the reading.
class CutBeforeReading final : public detail::SystemCalls {
 public:
  explicit CutBeforeReading(std::string path) : path_(std::move(path)) {}
  ssize_t pread(int handle, void* target, std::size_t size, off_t offset) override {
    std::filesystem::resize_file(path_, 400);
    return SystemCalls::pread(handle, target, size, offset);
  }

 private:
  std::string path_;
};

TEST_F(StoredFileTest, AFileThatIsCutMeanwhileIsRefused) {
  const StoredFile file(path_);
  CutBeforeReading cutting(path_);
  const detail::ReplacedSystemCalls replaced(cutting);
  EXPECT_THAT([&] { read(file, 300, 200); },
              ThrowsMessage<DataError>(AllOf(HasSubstr(path_), HasSubstr("file ends after 400"))));
}

TEST_F(StoredFileTest, AFileThatIsReplacedOrRemovedStaysAsItWas) {
  const StoredFile file(path_);
  write_file(path_, ByteBuffer(7));
  EXPECT_EQ(read(file, 0, 1000), numbered(1000));
  std::filesystem::remove(path_);
  EXPECT_EQ(read(file, 0, 1000), numbered(1000));
}

TEST_F(StoredFileTest, ShortReadsLoseNothing) {
  const FailNthCall pieces(0, 0, 7);
  EXPECT_EQ(read(StoredFile(path_), 0, 1000), numbered(1000));
  EXPECT_GT(pieces.count(), 1000 / 7);
}

TEST_F(StoredFileTest, SignalsLoseNothing) {
  for (int n = 1;; ++n) {
    const FailNthCall fault(n, EINTR);
    ByteBuffer found;
    try {
      found = read(StoredFile(path_), 0, 1000);
    } catch (const IoError&) {
      EXPECT_EQ(fault.call(), "fstat");  // which waits for nothing, so that no signal interrupts it
      continue;
    }
    EXPECT_EQ(found, numbered(1000)) << fault.call();
    if (!fault.fired()) break;
  }
}

TEST_F(StoredFileTest, EveryCallMayFail) {
  for (int n = 1;; ++n) {
    const FailNthCall fault(n, EIO);
    std::string message;
    try {
      read(StoredFile(path_), 0, 1000);
    } catch (const IoError& error) {
      message = error.what();
    }
    if (!fault.fired()) break;
    if (fault.call() == "close") continue;  // nothing that was read is lost by it
    EXPECT_THAT(message, AllOf(HasSubstr(path_), HasSubstr(std::generic_category().message(EIO)))) << fault.call();
  }
}

TEST_F(StoredFileTest, ThreadsReadAtOnce) {
  const StoredFile file(path_);
  const ByteBuffer whole = numbered(1000);
  std::vector<std::thread> readers;
  std::vector<int> wrong(4, 0);
  for (std::size_t t = 0; t < wrong.size(); ++t)
    readers.emplace_back([&, t] {
      for (std::size_t i = 0; i < 500; ++i) {
        const std::size_t place = (i * 37 + t * 211) % 990;
        const ByteBuffer found = read(file, place, 10);
        wrong[t] += std::equal(found.begin(), found.end(), whole.begin() + static_cast<std::ptrdiff_t>(place)) ? 0 : 1;
      }
    });
  for (auto& reader : readers) reader.join();
  EXPECT_THAT(wrong, ElementsAre(0, 0, 0, 0));
}

}  // namespace
}  // namespace dbn
