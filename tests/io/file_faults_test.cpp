// What becomes of files when a system call fails: every call in turn, with every way to fail that a disk has.

#include <atomic>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <dbn/core/error.hpp>
#include <dbn/io/file.hpp>
#include <dbn/io/streamed_file.hpp>

#include "tests/support/failing_calls.hpp"
#include "tests/support/temp_dir.hpp"

namespace dbn {
namespace {

using test::FailNthCall;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
namespace fs = std::filesystem;

constexpr int kErrors[] = {EIO, ENOSPC};

std::string text_of(const std::string& path) {
  const ByteBuffer bytes = read_file(path);
  return {bytes.begin(), bytes.end()};
}

std::set<std::string> entries(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename());
  return names;
}

std::size_t open_descriptors() { return entries("/proc/self/fd").size(); }

/// A process that has ended, and whose number nobody has taken since.
pid_t dead_process() {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
  return child;
}

std::string temporary(const std::string& name, pid_t process, int number = 0) {
  return "." + name + ".dbn-tmp-" + std::to_string(process) + "-" + std::to_string(number);
}

/// What one operation came to when one of its calls failed.
struct Outcome {
  std::string call;     ///< the call that failed
  std::string message;  ///< of the IoError; empty when there was none
};

/// Runs the operation once with its n-th call failing. Whatever happens, an error names path and cause, and every
/// descriptor is closed again.
Outcome run_with_fault(int n, int error, const std::string& path, const std::function<void()>& operation) {
  Outcome outcome;
  const std::size_t descriptors = open_descriptors();
  {
    const FailNthCall fault(n, error);
    try {
      operation();
    } catch (const IoError& failure) {
      outcome.message = failure.what();
    }
    outcome.call = fault.call();
  }
  EXPECT_EQ(open_descriptors(), descriptors) << outcome.call;
  if (!outcome.message.empty()) {
    EXPECT_THAT(outcome.message, AllOf(HasSubstr(path), HasSubstr(std::generic_category().message(error))));
  }
  return outcome;
}

/// Every call of an operation failing in turn, in a folder that `prepare` sets up anew each time and `check` looks at.
/// Returns the calls whose failure was an error.
std::set<std::string> fail_each_call(int error, const std::string& path, const std::function<void()>& prepare,
                                     const std::function<void()>& operation,
                                     const std::function<void(const Outcome&)>& check) {
  std::set<std::string> errors;
  for (int n = 1;; ++n) {
    prepare();
    const Outcome outcome = run_with_fault(n, error, path, operation);
    check(outcome);
    if (!outcome.message.empty()) errors.insert(outcome.call);
    if (outcome.call.empty()) {
      EXPECT_EQ(outcome.message, "");
      return errors;
    }
  }
}

class FileFaults : public testing::TestWithParam<int> {
 protected:
  void write(const std::string& name, const std::string& text) const { std::ofstream(dir_.path(name)) << text; }
  void clear() const {
    for (const auto& name : entries(dir_.folder())) fs::remove_all(dir_.path(name));
  }

  /// Whichever call of `replace` fails, the old file is replaced by the whole text or stays, and nothing else is left.
  void expect_all_or_nothing(const std::function<void(const std::string& path, const std::string& text)>& replace) {
    const std::string path = dir_.path("a");
    const std::string old_text(5000, 'o');
    const std::string new_text(9000, 'n');
    const auto errors = fail_each_call(
        GetParam(), path,
        [&] {
          clear();
          write("a", old_text);
        },
        [&] { replace(path, new_text); },
        [&](const Outcome& outcome) {
          const std::string found = text_of(path);
          EXPECT_TRUE(found == new_text || (found == old_text && !outcome.message.empty())) << outcome.call;
          EXPECT_EQ(entries(dir_.folder()), std::set<std::string>{"a"}) << outcome.call;
        });
    for (const char* call : {"stat", "open", "write", "fsync", "close", "rename"}) EXPECT_THAT(errors, Contains(call));
  }

  test::TempDir dir_;
};

INSTANTIATE_TEST_SUITE_P(Errors, FileFaults, testing::ValuesIn(kErrors), [](const auto& error) {
  return error.param == EIO ? std::string("InputOutput") : std::string("NoSpace");
});

TEST_P(FileFaults, WriteFileReplacesAllOrNothing) {
  expect_all_or_nothing([](const std::string& path, const std::string& text) { write_file(path, text); });
}

TEST_P(FileFaults, StreamedFileReplacesAllOrNothing) {
  expect_all_or_nothing([](const std::string& path, const std::string& text) {
    StreamedFile file(path);
    for (std::size_t begin = 0; begin < text.size(); begin += 2000) file.append(text.substr(begin, 2000));
    file.commit();
  });
}

// By one who goes on as if nothing had been.
TEST_P(FileFaults, StreamedFileThatHasLostAPieceIsNeverCommitted) {
  expect_all_or_nothing([](const std::string& path, const std::string& text) {
    StreamedFile file(path);
    std::optional<IoError> lost;
    for (std::size_t begin = 0; begin < text.size(); begin += 2000) try {
        file.append(text.substr(begin, 2000));
      } catch (const IoError& error) {
        lost = error;
      } catch (const InvalidArgument&) {
        EXPECT_TRUE(lost);
      }
    if (lost) {
      EXPECT_THROW(file.commit(), InvalidArgument);
      throw *lost;
    }
    file.commit();
  });
}

TEST_P(FileFaults, WriteFileMakesANewFileWholeOrNotAtAll) {
  const std::string path = dir_.path("a");
  fail_each_call(
      GetParam(), path, [&] { clear(); }, [&] { write_file(path, "new"); },
      [&](const Outcome& outcome) {
        const bool made = fs::exists(path);
        EXPECT_TRUE(made || !outcome.message.empty()) << outcome.call;
        EXPECT_EQ(made ? text_of(path) : "new", "new");
        EXPECT_EQ(entries(dir_.folder()).size(), made ? 1U : 0U) << outcome.call;
      });
}

TEST_P(FileFaults, WriteFileNeverReplacesALinkByAFile) {
  fs::create_directory(dir_.path("folder"));
  fs::create_symlink("folder/a", dir_.path("link"));
  const std::string path = dir_.path("folder/a");
  const auto errors = fail_each_call(
      GetParam(), dir_.folder(), [&] { write("folder/a", "old"); }, [&] { write_file(dir_.path("link"), "new"); },
      [&](const Outcome& outcome) {
        EXPECT_TRUE(fs::is_symlink(dir_.path("link"))) << outcome.call;
        const std::string found = text_of(path);
        EXPECT_TRUE(found == "new" || (found == "old" && !outcome.message.empty())) << outcome.call;
        EXPECT_EQ(entries(dir_.path("folder")), std::set<std::string>{"a"}) << outcome.call;
      });
  for (const char* call : {"lstat", "realpath"}) EXPECT_THAT(errors, Contains(call));
}

TEST_P(FileFaults, CheckWritableChangesNothingAndTheNextRunClearsUp) {
  const std::string path = dir_.path("a");
  const auto prepare = [&] {
    clear();
    write("a", "old");
    write(temporary("b", dead_process()), "left behind");
  };
  const auto errors = fail_each_call(
      GetParam(), path, prepare, [&] { check_writable(path, true); },
      [&](const Outcome& outcome) {
        EXPECT_EQ(text_of(path), "old") << outcome.call;
        if (outcome.call.empty()) {
          EXPECT_EQ(entries(dir_.folder()), std::set<std::string>{"a"});
        }
        check_writable(path, true);
        // A file of ours whose removal was what failed stays as long as this process runs.
        EXPECT_LE(entries(dir_.folder()).size(), outcome.call == "unlink" ? 2U : 1U) << outcome.call;
      });
  for (const char* call : {"lstat", "stat", "open"}) EXPECT_THAT(errors, Contains(call));
  for (const char* call : {"opendir", "readdir", "closedir", "kill", "flock", "fstat", "unlink"})
    EXPECT_THAT(errors, Not(Contains(call)));
}

TEST_P(FileFaults, ReadFileIsWholeOrAnError) {
  const std::string path = dir_.path("a");
  const std::string text(3'000'017, 'x');
  write("a", text);
  std::string read;
  const auto errors = fail_each_call(
      GetParam(), path, [&] { read.clear(); }, [&] { read = text_of(path); },
      [&](const Outcome& outcome) { EXPECT_EQ(read.size(), outcome.message.empty() ? text.size() : 0U); });
  EXPECT_EQ(errors, (std::set<std::string>{"open", "fstat", "read"}));
}

TEST(FileFault, InterruptedCallsAreRepeated) {
  const test::TempDir dir;
  const std::string path = dir.path("a");
  for (int n = 1;; ++n) {
    const FailNthCall fault(n, EINTR, 1000);
    // Calls that no signal interrupts are not repeated, and their failure is an error as any other.
    try {
      write_file(path, std::string(3000, 'x'));
      EXPECT_EQ(text_of(path), std::string(3000, 'x'));
    } catch (const IoError&) {
      for (const char* call : {"open", "read", "write", "fsync", "close"}) EXPECT_NE(fault.call(), call);
    }
    if (!fault.fired()) break;
  }
}

TEST(FileFault, ShortReadsAndWritesLoseNothing) {
  const test::TempDir dir;
  std::string text(10'001, 'x');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>('a' + i % 23);
  const FailNthCall pieces(0, 0, 7);
  write_file(dir.path("a"), text);
  EXPECT_EQ(text_of(dir.path("a")), text);
  EXPECT_GT(pieces.count(), 2 * 10'001 / 7);
}

TEST(FileFault, ThreadsShareTheCount) {
  const test::TempDir dir;
  std::atomic<int> failures{0};
  const FailNthCall fault(100, EIO);
  std::vector<std::thread> writers;
  for (const char* name : {"a", "b", "c"})
    writers.emplace_back([&, path = dir.path(name)] {
      for (int i = 0; i < 10; ++i) try {
          write_file(path, "text");
        } catch (const IoError&) {
          ++failures;
        }
    });
  for (auto& writer : writers) writer.join();
  EXPECT_TRUE(fault.fired());
  EXPECT_LE(failures, 1);
  EXPECT_GT(fault.count(), 300);
}

TEST(StaleTemporaries, OfProcessesThatEndedGoAndAllElseStays) {
  const test::TempDir dir;
  const pid_t dead = dead_process();
  const auto make = [&](const std::string& name) { std::ofstream(dir.path(name)) << "text"; };
  for (const std::string& gone : {temporary("a", dead), temporary("a", dead, 4711),
                                  temporary("model.safetensors", dead, 2), temporary(temporary("a", getpid()), dead)})
    make(gone);

  const std::string number = std::to_string(dead);
  std::set<std::string> kept{"a", temporary("a", getpid()), temporary("a", getppid())};
  // Almost our names, each wrong in one place.
  kept.merge(std::set<std::string>{
      temporary("", dead), "a.dbn-tmp-" + number + "-0", ".a.dbn-tmp-" + number, ".a.dbn-tmp-" + number + "-",
      ".a.dbn-tmp--" + number + "-0", ".a.dbn-tmp-0" + number + "-0", ".a.dbn-tmp-" + number + "-00",
      ".a.dbn-tmp-" + number + "-0x", ".a.dbn-tmp-" + number + "--1", ".a.dbn-tmp-" + number + "-0.bak",
      ".a.dbn-tmp-0-0", ".a.dbn-tmp--1-0", ".a.dbn-tmp-99999999999999999999-0", ".a.dbn-tmp-x-0",
      ".a.DBN-TMP-" + number + "-0", ".a.tmp-" + number + "-0", ".dbn-tmp-", ".a.dbn-tmp-"});
  for (const std::string& name : kept) make(name);
  // Of the right name, but nothing that write_file makes.
  fs::create_directory(dir.path(temporary("folder", dead)));
  fs::create_symlink("a", dir.path(temporary("link", dead)));
  ASSERT_EQ(mkfifo(dir.path(temporary("pipe", dead)).c_str(), 0600), 0);
  kept.merge(std::set<std::string>{temporary("folder", dead), temporary("link", dead), temporary("pipe", dead)});
  fs::create_directory(dir.path("below"));
  make("below/" + temporary("a", dead));
  kept.insert("below");

  remove_stale_temporaries(dir.folder());
  EXPECT_EQ(entries(dir.folder()), kept);
  EXPECT_EQ(entries(dir.path("below")).size(), 1U);
}

// The file of a process on another machine, whose number means nothing here.
TEST(StaleTemporaries, AFileThatIsBeingWrittenStays) {
  const test::TempDir dir;
  const std::string path = dir.path(temporary("a", dead_process()));
  const int handle = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  ASSERT_EQ(flock(handle, LOCK_EX), 0);
  remove_stale_temporaries(dir.folder());
  EXPECT_TRUE(fs::exists(path));
  close(handle);
  remove_stale_temporaries(dir.folder());
  EXPECT_FALSE(fs::exists(path));
}

TEST(StaleTemporaries, FoldersThatCannotBeReadAreNoError) {
  EXPECT_NO_THROW(remove_stale_temporaries("/nowhere"));
  EXPECT_NO_THROW(remove_stale_temporaries("/dev/null"));
  EXPECT_NO_THROW(remove_stale_temporaries(""));
}

TEST(StaleTemporaries, GoWhenTheNextRunChecksItsOutput) {
  const test::TempDir dir;
  std::ofstream(dir.path(temporary("other", dead_process()))) << "left behind";
  check_writable(dir.path("a"), false);
  EXPECT_EQ(entries(dir.folder()), std::set<std::string>{});
}

// As it comes about: a process is killed while it writes.
TEST(StaleTemporaries, OfAKilledWriterGoes) {
  const test::TempDir dir;
  const pid_t child = fork();
  if (child == 0) {
    // The first call after the file was made raises what no process survives.
    struct Killing final : detail::SystemCalls {
      ssize_t write(int handle, const void* bytes, std::size_t) override {
        SystemCalls::write(handle, bytes, 1);
        raise(SIGKILL);
        return -1;
      }
    } killing;
    const detail::ReplacedSystemCalls replaced(killing);
    write_file(dir.path("a"), "text");
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  ASSERT_THAT(entries(dir.folder()), ElementsAre(StartsWith(".a.dbn-tmp-" + std::to_string(child) + "-")));
  check_writable(dir.path("a"), false);
  EXPECT_EQ(entries(dir.folder()), std::set<std::string>{});
}

}  // namespace
}  // namespace dbn
