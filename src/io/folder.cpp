#include <dbn/io/folder.hpp>

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <system_error>

#include <fmt/format.h>

#include <dbn/core/error.hpp>

#include "system_calls.hpp"

namespace dbn {
namespace {

using detail::system_calls;

[[noreturn]] void fail(const std::string& path, const char* action, int error) {
  throw IoError(fmt::format("{}: cannot {}: {}", path, action, std::generic_category().message(error)));
}

/// The entry that was read, or null at the end; readdir tells an error by errno alone.
const dirent* next_entry(DIR* entries, const std::string& path) {
  errno = 0;
  const dirent* entry = system_calls().readdir(entries);
  if (entry == nullptr && errno != 0) fail(path, "read this folder", errno);
  return entry;
}

}  // namespace

bool make_folder(const std::string& path) {
  if (system_calls().mkdir(path.c_str(), 0777) == 0) return true;
  if (errno != EEXIST) fail(path, "make this folder", errno);
  struct stat status {};
  if (system_calls().stat(path.c_str(), &status) < 0) fail(path, "make this folder", errno);
  if (!S_ISDIR(status.st_mode)) throw IoError(fmt::format("{}: is not a folder; give another path", path));
  return false;
}

OutputFolder::OutputFolder(const std::string& path) : path_(path), made_(make_folder(path)) {}

OutputFolder::~OutputFolder() {
  std::error_code none;
  if (made_) std::filesystem::remove(path_, none);  // which takes no folder that holds anything
}

FolderLock::FolderLock(const std::string& path)
    : handle_(system_calls().open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)) {
  if (handle_ < 0) fail(path, "open this folder", errno);
  // A file system that knows no locks refuses nobody.
  if (system_calls().flock(handle_, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
    system_calls().close(handle_);
    throw IoError(
        fmt::format("{}: another run keeps its checkpoints there; wait for it, or give another folder", path));
  }
}

FolderLock::~FolderLock() { system_calls().close(handle_); }

std::vector<std::string> names_in_folder(const std::string& path) {
  std::vector<std::string> names;
  const auto close = [](DIR* entries) { system_calls().closedir(entries); };
  const std::unique_ptr<DIR, decltype(close)> entries(system_calls().opendir(path.c_str()), close);
  if (!entries) {
    if (errno != ENOENT) fail(path, "read this folder", errno);
    return names;
  }
  while (const dirent* entry = next_entry(entries.get(), path)) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

void remove_file(const std::string& path) {
  if (system_calls().unlink(path.c_str()) < 0 && errno != ENOENT) fail(path, "remove", errno);
}

}  // namespace dbn
