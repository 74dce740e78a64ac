#include <dbn/io/file.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/io/folder.hpp>

#include "system_calls.hpp"

namespace dbn {
namespace {

using detail::system_calls;

[[noreturn]] void fail(std::string_view action, const std::string& path, int error) {
  throw IoError(fmt::format("{}: cannot {}: {}", path, action, std::generic_category().message(error)));
}

/// Repeats a system call that a signal interrupted; the result is the call's own.
template <typename Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

/// An open file or folder; every call on it is checked. Errors show `shown`, the path that the caller knows.
class Descriptor {
 public:
  Descriptor(const std::string& path, const std::string& shown, int flags) : shown_(shown) {
    handle_ = uninterrupted([&] { return system_calls().open(path.c_str(), flags | O_CLOEXEC, 0666); });
    if (handle_ >= 0) return;
    if ((flags & O_CREAT) == 0) fail("open", shown_, errno);
    // A deleted working folder is still there for its processes, but takes no file.
    fail(errno == ENOENT ? "create a file in this folder, which seems to be deleted" : "create a file in this folder",
         shown_, errno);
  }
  ~Descriptor() {
    if (handle_ >= 0) system_calls().close(handle_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  struct stat status() const {
    struct stat result {};
    if (system_calls().fstat(handle_, &result) < 0) fail("inspect", shown_, errno);
    return result;
  }

  std::size_t read_some(std::span<std::uint8_t> target) const {
    const auto count = uninterrupted([&] { return system_calls().read(handle_, target.data(), target.size()); });
    if (count < 0) fail("read", shown_, errno);
    return static_cast<std::size_t>(count);
  }

  void write_all(std::span<const std::uint8_t> bytes) const {
    while (!bytes.empty()) {
      const auto count = uninterrupted([&] { return system_calls().write(handle_, bytes.data(), bytes.size()); });
      if (count < 0) fail("write", shown_, errno);
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
  }

  void sync() const {
    // EINVAL is how a file system says that it has nothing to flush.
    if (uninterrupted([&] { return system_calls().fsync(handle_); }) < 0 && errno != EINVAL)
      fail("flush to disk", shown_, errno);
  }

  /// Tells others, on other machines too, that this file is in use. Not every file system can.
  void lock() const { system_calls().flock(handle_, LOCK_EX | LOCK_NB); }

  void close() {
    const int handle = std::exchange(handle_, -1);
    // Linux has released the descriptor even when a signal interrupts, so a second close could hit another file.
    if (system_calls().close(handle) < 0 && errno != EINTR) fail("finish writing", shown_, errno);
  }

 private:
  std::string shown_;
  int handle_ = -1;
};

/// Whether there is an entry of this name; its status is filled in then.
bool find_entry(const std::string& path, const std::string& shown, struct stat& status) {
  if (system_calls().stat(path.c_str(), &status) == 0) return true;
  if (errno != ENOENT) fail("write", shown, errno);
  return false;
}

std::string parent_folder(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string entry_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

/// The path that rename() has to replace: a link stays, what it points to is written.
std::string follow_link(const std::string& path) {
  struct stat status {};
  if (system_calls().lstat(path.c_str(), &status) < 0) {
    // What cannot be looked at may be a link, and must not be taken for a file that is free to be replaced.
    if (errno != ENOENT && errno != ENOTDIR) fail("write", path, errno);
    return path;
  }
  if (!S_ISLNK(status.st_mode)) return path;
  const std::unique_ptr<char, decltype(&std::free)> resolved(system_calls().realpath(path.c_str(), nullptr),
                                                             &std::free);
  if (!resolved) fail("follow this link", path, errno);
  return resolved.get();
}

/// Throws unless `path` is free or a regular file in an existing folder; true when the file exists. Renaming over
/// anything else would destroy a device or a pipe.
bool check_target(const std::string& path) {
  struct stat status {};
  if (path.empty() || entry_name(path).empty()) throw IoError(fmt::format("'{}': expected the path of a file", path));
  const std::string folder = parent_folder(path);
  if (!find_entry(folder, path, status))
    throw IoError(fmt::format("{}: folder {} does not exist; create it", path, folder));
  if (!S_ISDIR(status.st_mode)) throw IoError(fmt::format("{}: {} is not a folder", path, folder));
  if (!find_entry(path, path, status)) return false;
  if (S_ISDIR(status.st_mode)) throw IoError(fmt::format("{}: is a folder; give the path of a file", path));
  if (!S_ISREG(status.st_mode)) throw IoError(fmt::format("{}: is not a regular file; give another path", path));
  return true;
}

constexpr std::string_view kTemporaryMark = ".dbn-tmp-";

/// What the `number`-th temporary file of a process is called, whose contents will be those of the file `name`.
std::string temporary_name(std::string_view name, pid_t process, unsigned number) {
  return fmt::format(".{}{}{}-{}", name, kTemporaryMark, process, number);
}

/// The process that made a temporary file of this name; 0 for any other name.
pid_t maker_of(const std::string& entry) {
  const auto mark = entry.rfind(kTemporaryMark);
  if (mark == std::string::npos || mark < 2) return 0;
  const char* const end = entry.data() + entry.size();
  pid_t process = 0;
  unsigned number = 0;
  const char* const dash = std::from_chars(entry.data() + mark + kTemporaryMark.size(), end, process).ptr;
  if (process <= 0 || dash == end) return 0;
  std::from_chars(dash + 1, end, number);
  return entry == temporary_name(entry.substr(1, mark - 1), process, number) ? process : 0;
}

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

/// A path beside the target that nobody else uses, in this process or another.
std::string temporary_path(const std::string& path) {
  static std::atomic<unsigned> counter{0};
  struct stat status {};
  for (;;) {
    const std::string name = temporary_name(entry_name(path), ::getpid(), counter++);
    const std::string candidate = path.substr(0, path.size() - entry_name(path).size()) + name;
    if (system_calls().lstat(candidate.c_str(), &status) < 0) return candidate;
  }
}

/// A new file beside the target, which becomes the target by `replace()` or vanishes.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& target)
      : target_(target), path_(temporary_path(target)), file_(path_, target, O_WRONLY | O_CREAT | O_EXCL) {
    file_.lock();
  }
  ~TemporaryFile() {
    if (!replaced_) system_calls().unlink(path_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  Descriptor& file() { return file_; }

  void replace() {
    if (system_calls().rename(path_.c_str(), target_.c_str()) < 0) fail("replace", target_, errno);
    replaced_ = true;
  }

 private:
  std::string target_;
  std::string path_;
  Descriptor file_;
  bool replaced_ = false;
};

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

void write_file(const std::string& path, std::span<const std::span<const std::uint8_t>> pieces) {
  const std::string target = follow_link(path);
  check_target(target);
  // Opened first, so that everything that can be refused is refused before the old file is gone.
  const Descriptor folder(parent_folder(target), target, O_RDONLY | O_DIRECTORY);
  TemporaryFile temporary(target);
  for (const auto piece : pieces) temporary.file().write_all(piece);
  temporary.file().sync();
  temporary.file().close();
  temporary.replace();
  folder.sync();
}

void write_file(const std::string& path, std::span<const std::uint8_t> bytes) { write_file(path, {&bytes, 1}); }

void write_file(const std::string& path, std::string_view text) {
  write_file(path, std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

void check_writable(const std::string& path, bool overwrite) {
  const std::string target = follow_link(path);
  if (check_target(target) && !overwrite) throw IoError(fmt::format("{}: exists; use --force to replace it", path));
  remove_stale_temporaries(parent_folder(target));
  const Descriptor folder(parent_folder(target), target, O_RDONLY | O_DIRECTORY);
  // Permission bits do not tell about read-only mounts, quotas or root: only creating a file does.
  const TemporaryFile probe(target);
}

void remove_stale_temporaries(const std::string& folder) {
  std::vector<std::string> names;
  try {
    names = names_in_folder(folder);
  } catch (const IoError&) {
    return;
  }
  for (const auto& name : names)
    if (const pid_t maker = maker_of(name); maker != 0) remove_if_abandoned(fmt::format("{}/{}", folder, name), maker);
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
