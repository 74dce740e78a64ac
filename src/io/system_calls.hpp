#pragma once
// Every system call by which dbn touches the file system, so that a test can put calls that fail in their place.

#include <dirent.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <cstddef>

namespace dbn::detail {

/// Each function is the system call of its name, errno included.
class SystemCalls {
 public:
  SystemCalls() = default;
  virtual ~SystemCalls() = default;
  SystemCalls(const SystemCalls&) = delete;
  SystemCalls& operator=(const SystemCalls&) = delete;

  virtual int open(const char* path, int flags, mode_t mode);
  virtual ssize_t read(int handle, void* target, std::size_t size);
  virtual ssize_t pread(int handle, void* target, std::size_t size, off_t offset);
  virtual ssize_t write(int handle, const void* bytes, std::size_t size);
  virtual int fsync(int handle);
  virtual int flock(int handle, int operation);
  virtual int close(int handle);
  virtual int rename(const char* from, const char* to);
  virtual int unlink(const char* path);
  virtual int stat(const char* path, struct ::stat* status);
  virtual int lstat(const char* path, struct ::stat* status);
  virtual int fstat(int handle, struct ::stat* status);
  virtual char* realpath(const char* path, char* resolved);
  virtual int mkdir(const char* path, mode_t mode);
  virtual DIR* opendir(const char* path);
  virtual dirent* readdir(DIR* folder);
  virtual int closedir(DIR* folder);
  virtual int kill(pid_t process, int signal);
};

/// The calls in use: the system's own, or those of the innermost ReplacedSystemCalls.
SystemCalls& system_calls();

/// Puts `calls` in the place of those in use, for all threads, until it ends. No thread may be inside one of them then.
class ReplacedSystemCalls {
 public:
  explicit ReplacedSystemCalls(SystemCalls& calls);
  ~ReplacedSystemCalls();
  ReplacedSystemCalls(const ReplacedSystemCalls&) = delete;
  ReplacedSystemCalls& operator=(const ReplacedSystemCalls&) = delete;

 private:
  SystemCalls* before_;
};

}  // namespace dbn::detail
