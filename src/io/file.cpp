#include <dbn/io/file.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include <dbn/core/error.hpp>

namespace dbn {
namespace {

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
    handle_ = uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, 0666); });
    if (handle_ < 0) fail(flags & O_CREAT ? "create a file in this folder" : "open", shown_, errno);
  }
  ~Descriptor() {
    if (handle_ >= 0) ::close(handle_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  struct stat status() const {
    struct stat result {};
    if (::fstat(handle_, &result) < 0) fail("inspect", shown_, errno);
    return result;
  }

  std::size_t read_some(std::span<std::uint8_t> target) const {
    const auto count = uninterrupted([&] { return ::read(handle_, target.data(), target.size()); });
    if (count < 0) fail("read", shown_, errno);
    return static_cast<std::size_t>(count);
  }

  void write_all(std::span<const std::uint8_t> bytes) const {
    while (!bytes.empty()) {
      const auto count = uninterrupted([&] { return ::write(handle_, bytes.data(), bytes.size()); });
      if (count < 0) fail("write", shown_, errno);
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
  }

  void sync() const {
    // EINVAL is how a file system says that it has nothing to flush.
    if (uninterrupted([&] { return ::fsync(handle_); }) < 0 && errno != EINVAL) fail("flush to disk", shown_, errno);
  }

  void close() {
    const int handle = std::exchange(handle_, -1);
    // Linux has released the descriptor even when a signal interrupts, so a second close could hit another file.
    if (::close(handle) < 0 && errno != EINTR) fail("finish writing", shown_, errno);
  }

 private:
  std::string shown_;
  int handle_ = -1;
};

/// Whether there is an entry of this name; its status is filled in then.
bool find_entry(const std::string& path, const std::string& shown, struct stat& status) {
  if (::stat(path.c_str(), &status) == 0) return true;
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
  if (::lstat(path.c_str(), &status) < 0 || !S_ISLNK(status.st_mode)) return path;
  const std::unique_ptr<char, decltype(&std::free)> resolved(::realpath(path.c_str(), nullptr), &std::free);
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

/// A path beside the target that nobody else uses, in this process or another.
std::string temporary_path(const std::string& path) {
  static std::atomic<unsigned> counter{0};
  struct stat status {};
  for (;;) {
    const std::string name = fmt::format(".{}.dbn-tmp-{}-{}", entry_name(path), ::getpid(), counter++);
    const std::string candidate = path.substr(0, path.size() - entry_name(path).size()) + name;
    if (::lstat(candidate.c_str(), &status) < 0) return candidate;
  }
}

/// A new file beside the target, which becomes the target by `replace()` or vanishes.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& target)
      : target_(target), path_(temporary_path(target)), file_(path_, target, O_WRONLY | O_CREAT | O_EXCL) {}
  ~TemporaryFile() {
    if (!replaced_) ::unlink(path_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  Descriptor& file() { return file_; }

  void replace() {
    if (::rename(path_.c_str(), target_.c_str()) < 0) fail("replace", target_, errno);
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
  const Descriptor folder(parent_folder(target), target, O_RDONLY | O_DIRECTORY);
  // Permission bits do not tell about read-only mounts, quotas or root: only creating a file does.
  const TemporaryFile probe(target);
}

bool same_file(const std::string& a, const std::string& b) {
  struct stat first {};
  struct stat second {};
  if (::stat(a.c_str(), &first) < 0 || ::stat(b.c_str(), &second) < 0) {
    std::error_code failed;
    const auto path = std::filesystem::weakly_canonical(a, failed);
    return !failed && path == std::filesystem::weakly_canonical(b, failed) && !failed;
  }
  return first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

}  // namespace dbn
