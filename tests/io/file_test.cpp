#include <dbn/io/file.hpp>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <dbn/core/error.hpp>

#include "tests/support/temp_dir.hpp"

namespace dbn {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
namespace fs = std::filesystem;

std::string text_of(const std::string& path) {
  const ByteBuffer bytes = read_file(path);
  return {bytes.begin(), bytes.end()};
}

std::vector<std::string> entries(const test::TempDir& dir) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(dir.folder())) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

/// While it lives, writing past `bytes` fails, for root as well.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const struct rlimit limit = {bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  struct rlimit before_ {};
  void (*handler_)(int) = SIG_DFL;
};

/// While it lives, permission bits count even when the tests run as root.
class OrdinaryUser {
 public:
  OrdinaryUser() : user_(geteuid()) {
    constexpr uid_t kNobody = 65534;
    if (user_ == 0 && seteuid(kNobody) != 0) throw std::runtime_error("cannot become an ordinary user");
  }
  ~OrdinaryUser() {
    if (user_ == 0 && seteuid(0) != 0) std::abort();
  }

 private:
  uid_t user_;
};

TEST(ReadFile, ReturnsEveryByte) {
  const test::TempDir dir;
  // More than the one mebibyte that is read at a time, and not a multiple of it.
  ByteBuffer bytes(3'000'017);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 31 + (i >> 8));
  write_file(dir.path("a"), bytes);
  EXPECT_EQ(read_file(dir.path("a")), bytes);
}

TEST(ReadFile, EmptyFileIsEmpty) {
  const test::TempDir dir;
  write_file(dir.path("a"), "");
  EXPECT_TRUE(read_file(dir.path("a")).empty());
}

TEST(ReadFile, FileWithoutSizeIsReadToItsEnd) {
  ASSERT_EQ(fs::file_size("/proc/self/status"), 0u);
  EXPECT_THAT(text_of("/proc/self/status"), HasSubstr("VmPeak"));
}

TEST(ReadFile, PipeIsReadToItsEnd) {
  const test::TempDir dir;
  const std::string path = dir.path("pipe");
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  const std::string text(200'000, 'x');
  std::thread writer([&] {
    const int handle = open(path.c_str(), O_WRONLY);
    for (std::size_t done = 0; done < text.size();) {
      done += static_cast<std::size_t>(write(handle, text.data() + done, text.size() - done));
    }
    close(handle);
  });
  const std::string read = text_of(path);
  writer.join();
  EXPECT_EQ(read, text);
}

TEST(ReadFile, MissingFileIsNamed) {
  EXPECT_THAT([] { read_file("/nowhere/a.idx"); },
              ThrowsMessage<IoError>(AllOf(HasSubstr("/nowhere/a.idx"), HasSubstr("No such file"))));
}

TEST(ReadFile, FolderIsRefused) {
  const test::TempDir dir;
  EXPECT_THAT([&] { read_file(dir.folder()); },
              ThrowsMessage<IoError>(AllOf(HasSubstr(dir.folder()), HasSubstr("is a folder"))));
}

TEST(WriteFile, ReplacesTheOldFileAndLeavesNothingElse) {
  const test::TempDir dir;
  write_file(dir.path("a"), "a long old text");
  write_file(dir.path("a"), "new");
  EXPECT_EQ(text_of(dir.path("a")), "new");
  EXPECT_EQ(entries(dir), std::vector<std::string>{"a"});
}

TEST(WriteFile, PathWithoutFolderMeansTheWorkingFolder) {
  const test::TempDir dir;
  const fs::path before = fs::current_path();
  fs::current_path(dir.folder());
  write_file("a", "text");
  fs::current_path(before);
  EXPECT_EQ(text_of(dir.path("a")), "text");
}

TEST(WriteFile, ModeFollowsTheUmask) {
  const test::TempDir dir;
  const mode_t before = umask(027);
  write_file(dir.path("a"), "text");
  umask(before);
  EXPECT_EQ(fs::status(dir.path("a")).permissions(), fs::perms{0640});
}

TEST(WriteFile, LinkStaysAndItsTargetIsReplaced) {
  const test::TempDir dir;
  fs::create_directory(dir.path("folder"));
  write_file(dir.path("folder/a"), "old");
  fs::create_symlink("folder/a", dir.path("link"));
  write_file(dir.path("link"), "new");
  EXPECT_TRUE(fs::is_symlink(dir.path("link")));
  EXPECT_EQ(text_of(dir.path("folder/a")), "new");
}

TEST(WriteFile, FullDiskLeavesTheOldFileAndNothingElse) {
  const test::TempDir dir;
  write_file(dir.path("a"), "old");
  const auto write_too_much = [&] {
    const FileSizeLimit limit(1000);
    write_file(dir.path("a"), std::string(10'000, 'x'));
  };
  EXPECT_THAT(write_too_much, ThrowsMessage<IoError>(AllOf(HasSubstr(dir.path("a")), HasSubstr("File too large"))));
  EXPECT_EQ(text_of(dir.path("a")), "old");
  EXPECT_EQ(entries(dir), std::vector<std::string>{"a"});
}

// A pipe stands for all that is not a regular file: a real device could be lost if this test ever failed as root.
TEST(WriteFile, PipeIsRefusedAndSurvives) {
  const test::TempDir dir;
  ASSERT_EQ(mkfifo(dir.path("pipe").c_str(), 0600), 0);
  EXPECT_THAT([&] { write_file(dir.path("pipe"), "text"); },
              ThrowsMessage<IoError>(AllOf(HasSubstr(dir.path("pipe")), HasSubstr("not a regular file"))));
  EXPECT_TRUE(fs::is_fifo(dir.path("pipe")));
}

TEST(WriteFile, ThreadsOfOneProcessDoNotShareATemporaryFile) {
  const test::TempDir dir;
  const std::string texts[] = {std::string(100'000, 'a'), std::string(100'000, 'b')};
  std::vector<std::thread> writers;
  for (const std::string& text : texts) {
    writers.emplace_back([&] {
      for (int i = 0; i < 20; ++i) write_file(dir.path("a"), text);
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_THAT(text_of(dir.path("a")), ::testing::AnyOf(texts[0], texts[1]));
  EXPECT_EQ(entries(dir), std::vector<std::string>{"a"});
}

TEST(WriteFile, TemporaryFileOfAKilledRunIsNoObstacle) {
  const test::TempDir dir;
  // All names that the next writes could choose, whatever was written before in this process.
  std::vector<std::string> names;
  for (int i = 0; i < 1000; ++i) {
    const std::string name = ".a.dbn-tmp-" + std::to_string(getpid()) + "-" + std::to_string(i);
    std::ofstream(dir.path(name)) << "left behind";
    names.push_back(name);
  }
  write_file(dir.path("a"), "text");
  EXPECT_EQ(text_of(dir.path("a")), "text");
  EXPECT_EQ(entries(dir).size(), names.size() + 1);
}

struct Unwritable {
  std::string path;
  std::string reason;
};

void expect_refused(const Unwritable& unwritable) {
  const auto message = ThrowsMessage<IoError>(AllOf(HasSubstr(unwritable.path), HasSubstr(unwritable.reason)));
  EXPECT_THAT([&] { check_writable(unwritable.path, true); }, message) << unwritable.path;
  EXPECT_THAT([&] { write_file(unwritable.path, "text"); }, message) << unwritable.path;
}

TEST(CheckWritable, RefusesWhatWriteFileCannotWrite) {
  const test::TempDir dir;
  write_file(dir.path("file"), "text");
  fs::create_symlink("nowhere", dir.path("dangling"));
  ASSERT_EQ(mkfifo(dir.path("pipe").c_str(), 0600), 0);
  expect_refused({dir.path("missing/a"), "does not exist"});
  expect_refused({dir.path("file/a"), "is not a folder"});
  expect_refused({dir.path("file/a/b"), "Not a directory"});
  expect_refused({dir.path("dangling"), "No such file"});
  expect_refused({dir.folder(), "is a folder"});
  expect_refused({dir.folder().string() + "/", "expected the path of a file"});
  expect_refused({"", "expected the path of a file"});
  expect_refused({dir.path("pipe"), "not a regular file"});
  expect_refused({"/proc/a", "cannot create a file"});
  expect_refused({dir.path(std::string(300, 'a')), "name too long"});
  EXPECT_EQ(entries(dir), (std::vector<std::string>{"dangling", "file", "pipe"}));
}

TEST(CheckWritable, RefusesAReadOnlyFolder) {
  const test::TempDir dir;
  fs::permissions(dir.folder(), fs::perms{0555});
  {
    const OrdinaryUser user;
    expect_refused({dir.path("a"), "Permission denied"});
  }
  fs::permissions(dir.folder(), fs::perms{0755});
  EXPECT_TRUE(entries(dir).empty());
}

TEST(CheckWritable, AcceptsANewFileAndLeavesNothing) {
  const test::TempDir dir;
  EXPECT_NO_THROW(check_writable(dir.path("a"), false));
  EXPECT_TRUE(entries(dir).empty());
}

TEST(CheckWritable, ExistingFileNeedsOverwrite) {
  const test::TempDir dir;
  write_file(dir.path("a"), "text");
  EXPECT_THAT([&] { check_writable(dir.path("a"), false); },
              ThrowsMessage<IoError>(AllOf(HasSubstr(dir.path("a")), HasSubstr("--force"))));
  EXPECT_NO_THROW(check_writable(dir.path("a"), true));
  EXPECT_EQ(text_of(dir.path("a")), "text");
  EXPECT_EQ(entries(dir), std::vector<std::string>{"a"});
}

TEST(ReadBeginning, HasAsManyBytesAsThereAre) {
  const test::TempDir dir;
  write_file(dir.path("a"), "text");
  const ByteBuffer all = read_file(dir.path("a"));
  for (const std::size_t most : {0U, 1U, 3U, 4U, 5U, 100000U})
    EXPECT_EQ(read_beginning(dir.path("a"), most),
              ByteBuffer(all.begin(), all.begin() + std::min<std::ptrdiff_t>(4, static_cast<std::ptrdiff_t>(most))));
  EXPECT_THROW(read_beginning(dir.folder(), 4), IoError);
  EXPECT_THROW(read_beginning(dir.path("none"), 4), IoError);
}

TEST(SameFile, SeesThroughSpellingAndLinks) {
  const test::TempDir dir;
  write_file(dir.path("a"), "text");
  write_file(dir.path("b"), "text");
  fs::create_symlink("a", dir.path("soft"));
  fs::create_hard_link(dir.path("a"), dir.path("hard"));
  EXPECT_TRUE(same_file(dir.path("a"), dir.path("./a")));
  EXPECT_TRUE(same_file(dir.path("a"), dir.path("soft")));
  EXPECT_TRUE(same_file(dir.path("a"), dir.path("hard")));
  EXPECT_FALSE(same_file(dir.path("a"), dir.path("b")));
  EXPECT_FALSE(same_file(dir.path("a"), dir.path("missing")));
  // Files that do not exist yet: two outputs of one command must not be one file.
  EXPECT_TRUE(same_file(dir.path("missing"), dir.path("./missing")));
  EXPECT_FALSE(same_file(dir.path("missing"), dir.path("other")));
}

}  // namespace
}  // namespace dbn
