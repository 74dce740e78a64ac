#include "temporary_file.hpp"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <string_view>

#include <fmt/format.h>

#include <dbn/core/error.hpp>

#include "system_calls.hpp"

namespace dbn::detail {
namespace {

/// Whether there is an entry of this name; its status is filled in then.
bool find_entry(const std::string& path, const std::string& shown, struct stat& status) {
  if (system_calls().stat(path.c_str(), &status) == 0) return true;
  if (errno != ENOENT) fail_call("write", shown, errno);
  return false;
}

std::string entry_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

constexpr std::string_view kTemporaryMark = ".dbn-tmp-";

/// What the `number`-th temporary file of a process is called, whose contents will be those of the file `name`.
std::string temporary_name(std::string_view name, pid_t process, unsigned number) {
  return fmt::format(".{}{}{}-{}", name, kTemporaryMark, process, number);
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

}  // namespace

std::string parent_folder(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string follow_link(const std::string& path) {
  struct stat status {};
  if (system_calls().lstat(path.c_str(), &status) < 0) {
    // What cannot be looked at may be a link, and must not be taken for a file that is free to be replaced.
    if (errno != ENOENT && errno != ENOTDIR) fail_call("write", path, errno);
    return path;
  }
  if (!S_ISLNK(status.st_mode)) return path;
  const std::unique_ptr<char, decltype(&std::free)> resolved(system_calls().realpath(path.c_str(), nullptr),
                                                             &std::free);
  if (!resolved) fail_call("follow this link", path, errno);
  return resolved.get();
}

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

TemporaryFile::TemporaryFile(const std::string& target)
    : target_(target), path_(temporary_path(target)), file_(path_, target, O_WRONLY | O_CREAT | O_EXCL) {
  file_.lock();
}

TemporaryFile::~TemporaryFile() {
  if (!replaced_) system_calls().unlink(path_.c_str());
}

void TemporaryFile::replace() {
  if (system_calls().rename(path_.c_str(), target_.c_str()) < 0) fail_call("replace", target_, errno);
  replaced_ = true;
}

}  // namespace dbn::detail
