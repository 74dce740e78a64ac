#include <dbn/io/file.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/io/folder.hpp>
#include <dbn/io/streamed_file.hpp>

#include "system_calls.hpp"
#include "temporary_file.hpp"

namespace dbn {

using detail::Descriptor;
using detail::system_calls;

namespace {

/// Removes a temporary file unless the process that made it, or any other, may still write it.
void remove_if_abandoned(const std::string& path, pid_t maker) {
  if (system_calls().kill(maker, 0) == 0 || errno != ESRCH) return;
  const int handle = system_calls().open(path.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
  if (handle < 0) return;
  struct stat status {};
  // A process of another machine or container that shares the folder is unknown here, but holds a lock on its file.
  if (system_calls().fstat(handle, &status) == 0 && S_ISREG(status.st_mode) &&
      system_calls().flock(handle, LOCK_EX | LOCK_NB) == 0)
    system_calls().unlink(path.c_str());
  system_calls().close(handle);
}

}  // namespace

ByteBuffer read_file(const std::string& path) {
  const Descriptor file(path, path, O_RDONLY);
  const struct stat status = file.status();
  if (S_ISDIR(status.st_mode)) throw IoError(fmt::format("{}: is a folder, expected a file", path));

  // The size is only a hint: pipes have none, and a file may grow while it is read.
  constexpr std::size_t kPiece = std::size_t{1} << 20;
  ByteBuffer bytes;
  bytes.reserve(static_cast<std::size_t>(status.st_size) + 1);
  for (std::size_t used = 0;;) {
    bytes.resize(used + (bytes.capacity() > used ? std::min(kPiece, bytes.capacity() - used) : kPiece));
    const std::size_t count = file.read_some(std::span(bytes).subspan(used));
    used += count;
    if (count == 0) {
      bytes.resize(used);
      return bytes;
    }
  }
}

ByteBuffer read_beginning(const std::string& path, std::size_t most) {
  const Descriptor file(path, path, O_RDONLY);
  if (S_ISDIR(file.status().st_mode)) throw IoError(fmt::format("{}: is a folder, expected a file", path));
  ByteBuffer bytes(most);
  std::size_t used = 0;
  for (std::size_t count = 1; count > 0 && used < most; used += count)
    count = file.read_some(std::span(bytes).subspan(used));
  bytes.resize(used);
  return bytes;
}

void write_file(const std::string& path, std::span<const std::span<const std::uint8_t>> pieces) {
  StreamedFile file(path);
  for (const auto piece : pieces) file.append(piece);
  file.commit();
}

void write_file(const std::string& path, std::span<const std::uint8_t> bytes) { write_file(path, {&bytes, 1}); }

void write_file(const std::string& path, std::string_view text) {
  write_file(path, std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

void check_writable(const std::string& path, bool overwrite) {
  const std::string target = detail::follow_link(path);
  if (detail::check_target(target) && !overwrite)
    throw IoError(fmt::format("{}: exists; use --force to replace it", path));
  remove_stale_temporaries(detail::parent_folder(target));
  const Descriptor folder(detail::parent_folder(target), target, O_RDONLY | O_DIRECTORY);
  // Permission bits do not tell about read-only mounts, quotas or root: only creating a file does.
  const detail::TemporaryFile probe(target);
}

void remove_stale_temporaries(const std::string& folder) {
  std::vector<std::string> names;
  try {
    names = names_in_folder(folder);
  } catch (const IoError&) {
    return;
  }
  for (const auto& name : names)
    if (const pid_t maker = detail::maker_of(name); maker != 0)
      remove_if_abandoned(fmt::format("{}/{}", folder, name), maker);
}

bool same_file(const std::string& a, const std::string& b) {
  struct stat first {};
  struct stat second {};
  if (system_calls().stat(a.c_str(), &first) < 0 || system_calls().stat(b.c_str(), &second) < 0) {
    std::error_code failed;
    const auto place = [&](const std::string& path) {
      // What is not there yet stays relative, unless it is made absolute first.
      const auto absolute = std::filesystem::absolute(path, failed);
      return failed ? absolute : std::filesystem::weakly_canonical(absolute, failed);
    };
    const auto path = place(a);
    return !failed && path == place(b) && !failed;
  }
  return first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

}  // namespace dbn
