#pragma once
// One open file or folder, every call on it checked.

#include <fcntl.h>
#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace dbn::detail {

/// Throws IoError: what could not be done to `path`, and the system's word for `error`.
[[noreturn]] void fail_call(std::string_view action, const std::string& path, int error);

/// Calls that a signal interrupts are repeated. Errors show `shown`, the path that the caller knows.
class Descriptor {
 public:
  Descriptor(const std::string& path, const std::string& shown, int flags);
  ~Descriptor();
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  struct stat status() const;
  /// The number of bytes read; 0 at the end.
  std::size_t read_some(std::span<std::uint8_t> target) const;
  /// The same from byte `offset` of a file that has places; where others read stays as it is.
  std::size_t read_some_at(std::uint64_t offset, std::span<std::uint8_t> target) const;
  void write_all(std::span<const std::uint8_t> bytes) const;
  void sync() const;
  /// Tells others, on other machines too, that this file is in use. Not every file system can.
  void lock() const;
  void close();

 private:
  std::string shown_;
  int handle_ = -1;
};

}  // namespace dbn::detail
