#pragma once
// Faults of the file system on demand: the n-th system call fails, or calls move only a few bytes each.

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <limits>
#include <string>

#include "io/system_calls.hpp"

namespace dbn::test {

/// While it lives, the n-th system call of dbn's file code, counted from 1 over all threads, fails with `error`; n = 0
/// fails none. Reads and writes move at most `most_bytes`, as they may on any system. Threads that it is meant for end
/// before it does.
///
///     for (int n = 1;; ++n) {
///       const FailNthCall fault(n, ENOSPC);
///       ... what must survive it ...
///       if (!fault.fired()) break;  // n is beyond the last call
///     }
class FailNthCall final : public detail::SystemCalls {
 public:
  FailNthCall(int n, int error, std::size_t most_bytes = std::numeric_limits<std::size_t>::max())
      : n_(n), error_(error), most_bytes_(most_bytes) {}

  /// Whether the call has been reached and has failed.
  bool fired() const { return failed_ != nullptr; }
  /// The name of the call that failed, such as "rename"; empty before.
  std::string call() const { return fired() ? failed_.load() : ""; }
  /// The number of calls up to now, with the one that failed.
  int count() const { return count_; }

  int open(const char* path, int flags, mode_t mode) override {
    return fails("open") ? -1 : SystemCalls::open(path, flags, mode);
  }
  ssize_t read(int handle, void* target, std::size_t size) override {
    return fails("read") ? -1 : SystemCalls::read(handle, target, std::min(size, most_bytes_));
  }
  ssize_t pread(int handle, void* target, std::size_t size, off_t offset) override {
    return fails("pread") ? -1 : SystemCalls::pread(handle, target, std::min(size, most_bytes_), offset);
  }
  ssize_t write(int handle, const void* bytes, std::size_t size) override {
    return fails("write") ? -1 : SystemCalls::write(handle, bytes, std::min(size, most_bytes_));
  }
  // No test loses power, and hundreds of waits for a disk would take their time.
  int fsync(int) override { return fails("fsync") ? -1 : 0; }
  int flock(int handle, int operation) override { return fails("flock") ? -1 : SystemCalls::flock(handle, operation); }
  // Linux releases a descriptor even when closing it fails.
  int close(int handle) override {
    const int result = SystemCalls::close(handle);
    return fails("close") ? -1 : result;
  }
  int rename(const char* from, const char* to) override { return fails("rename") ? -1 : SystemCalls::rename(from, to); }
  int unlink(const char* path) override { return fails("unlink") ? -1 : SystemCalls::unlink(path); }
  int stat(const char* path, struct ::stat* status) override {
    return fails("stat") ? -1 : SystemCalls::stat(path, status);
  }
  int lstat(const char* path, struct ::stat* status) override {
    return fails("lstat") ? -1 : SystemCalls::lstat(path, status);
  }
  int fstat(int handle, struct ::stat* status) override {
    return fails("fstat") ? -1 : SystemCalls::fstat(handle, status);
  }
  char* realpath(const char* path, char* resolved) override {
    return fails("realpath") ? nullptr : SystemCalls::realpath(path, resolved);
  }
  int mkdir(const char* path, mode_t mode) override { return fails("mkdir") ? -1 : SystemCalls::mkdir(path, mode); }
  DIR* opendir(const char* path) override { return fails("opendir") ? nullptr : SystemCalls::opendir(path); }
  dirent* readdir(DIR* folder) override { return fails("readdir") ? nullptr : SystemCalls::readdir(folder); }
  int closedir(DIR* folder) override {
    const int result = SystemCalls::closedir(folder);
    return fails("closedir") ? -1 : result;
  }
  int kill(pid_t process, int signal) override { return fails("kill") ? -1 : SystemCalls::kill(process, signal); }

 private:
  bool fails(const char* call) {
    if (++count_ != n_) return false;
    failed_ = call;
    errno = error_;
    return true;
  }

  const int n_;
  const int error_;
  const std::size_t most_bytes_;
  std::atomic<int> count_{0};
  std::atomic<const char*> failed_{nullptr};
  detail::ReplacedSystemCalls replaced_{*this};  // the last member, for it makes the others reachable
};

}  // namespace dbn::test
