#include <dbn/io/folder.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include <dbn/core/error.hpp>

namespace dbn {
namespace {

[[noreturn]] void fail(const std::string& path, const char* action, const std::error_code& cause) {
  throw IoError(fmt::format("{}: cannot {}: {}", path, action, cause.message()));
}
std::error_code last_error() { return {errno, std::generic_category()}; }

}  // namespace

void make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0777) == 0) return;
  if (errno != EEXIST) fail(path, "make this folder", last_error());
  std::error_code error;
  if (!std::filesystem::is_directory(path, error))
    throw IoError(fmt::format("{}: is not a folder; give another path", path));
}

std::vector<std::string> names_in_folder(const std::string& path) {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator at(path, error), end; !error && at != end; at.increment(error))
    names.push_back(at->path().filename().string());
  if (error && error != std::errc::no_such_file_or_directory) fail(path, "read this folder", error);
  std::sort(names.begin(), names.end());
  return names;
}

void remove_file(const std::string& path) {
  if (::unlink(path.c_str()) < 0 && errno != ENOENT) fail(path, "remove", last_error());
}

}  // namespace dbn
