#include "system_calls.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace dbn::detail {
namespace {

std::atomic<SystemCalls*>& in_use() {
  static SystemCalls own;
  static std::atomic<SystemCalls*> calls{&own};
  return calls;
}

}  // namespace

int SystemCalls::open(const char* path, int flags, mode_t mode) { return ::open(path, flags, mode); }
ssize_t SystemCalls::read(int handle, void* target, std::size_t size) { return ::read(handle, target, size); }
ssize_t SystemCalls::pread(int handle, void* target, std::size_t size, off_t offset) {
  return ::pread(handle, target, size, offset);
}
ssize_t SystemCalls::write(int handle, const void* bytes, std::size_t size) { return ::write(handle, bytes, size); }
int SystemCalls::fsync(int handle) { return ::fsync(handle); }
int SystemCalls::flock(int handle, int operation) { return ::flock(handle, operation); }
int SystemCalls::close(int handle) { return ::close(handle); }
int SystemCalls::rename(const char* from, const char* to) { return ::rename(from, to); }
int SystemCalls::unlink(const char* path) { return ::unlink(path); }
int SystemCalls::stat(const char* path, struct ::stat* status) { return ::stat(path, status); }
int SystemCalls::lstat(const char* path, struct ::stat* status) { return ::lstat(path, status); }
int SystemCalls::fstat(int handle, struct ::stat* status) { return ::fstat(handle, status); }
char* SystemCalls::realpath(const char* path, char* resolved) { return ::realpath(path, resolved); }
int SystemCalls::mkdir(const char* path, mode_t mode) { return ::mkdir(path, mode); }
DIR* SystemCalls::opendir(const char* path) { return ::opendir(path); }
dirent* SystemCalls::readdir(DIR* folder) { return ::readdir(folder); }
int SystemCalls::closedir(DIR* folder) { return ::closedir(folder); }
int SystemCalls::kill(pid_t process, int signal) { return ::kill(process, signal); }

SystemCalls& system_calls() { return *in_use(); }

ReplacedSystemCalls::ReplacedSystemCalls(SystemCalls& calls) : before_(in_use().exchange(&calls)) {}

ReplacedSystemCalls::~ReplacedSystemCalls() { in_use() = before_; }

}  // namespace dbn::detail
