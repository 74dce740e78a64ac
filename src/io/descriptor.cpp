#include "descriptor.hpp"

#include <sys/file.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include <dbn/core/error.hpp>

#include "system_calls.hpp"

namespace dbn::detail {
namespace {

/// Repeats a system call that a signal interrupted; the result is the call's own.
template <typename Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

}  // namespace

void fail_call(std::string_view action, const std::string& path, int error) {
  throw IoError(fmt::format("{}: cannot {}: {}", path, action, std::generic_category().message(error)));
}

Descriptor::Descriptor(const std::string& path, const std::string& shown, int flags) : shown_(shown) {
  handle_ = uninterrupted([&] { return system_calls().open(path.c_str(), flags | O_CLOEXEC, 0666); });
  if (handle_ >= 0) return;
  if ((flags & O_CREAT) == 0) fail_call("open", shown_, errno);
  // A deleted working folder is still there for its processes, but takes no file.
  fail_call(
      errno == ENOENT ? "create a file in this folder, which seems to be deleted" : "create a file in this folder",
      shown_, errno);
}

Descriptor::~Descriptor() {
  if (handle_ >= 0) system_calls().close(handle_);
}

struct stat Descriptor::status() const {
  struct stat result {};
  if (system_calls().fstat(handle_, &result) < 0) fail_call("inspect", shown_, errno);
  return result;
}

std::size_t Descriptor::read_some(std::span<std::uint8_t> target) const {
  const auto count = uninterrupted([&] { return system_calls().read(handle_, target.data(), target.size()); });
  if (count < 0) fail_call("read", shown_, errno);
  return static_cast<std::size_t>(count);
}

std::size_t Descriptor::read_some_at(std::uint64_t offset, std::span<std::uint8_t> target) const {
  const auto count = uninterrupted(
      [&] { return system_calls().pread(handle_, target.data(), target.size(), static_cast<off_t>(offset)); });
  if (count < 0) fail_call("read", shown_, errno);
  return static_cast<std::size_t>(count);
}

void Descriptor::write_all(std::span<const std::uint8_t> bytes) const {
  while (!bytes.empty()) {
    const auto count = uninterrupted([&] { return system_calls().write(handle_, bytes.data(), bytes.size()); });
    if (count < 0) fail_call("write", shown_, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

void Descriptor::sync() const {
  // EINVAL is how a file system says that it has nothing to flush.
  if (uninterrupted([&] { return system_calls().fsync(handle_); }) < 0 && errno != EINVAL)
    fail_call("flush to disk", shown_, errno);
}

void Descriptor::lock() const { system_calls().flock(handle_, LOCK_EX | LOCK_NB); }

void Descriptor::close() {
  const int handle = std::exchange(handle_, -1);
  // Linux has released the descriptor even when a signal interrupts, so a second close could hit another file.
  if (system_calls().close(handle) < 0 && errno != EINTR) fail_call("finish writing", shown_, errno);
}

}  // namespace dbn::detail
