#include "run_command.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "temp_dir.hpp"

namespace dbn::test {
namespace {

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

CommandResult run_dbn(const std::vector<std::string>& arguments, const RunOptions& options) {
  const TempDir outputs;
  std::string command = options.folder.empty() ? "" : "cd " + quoted(options.folder) + " && ";
  // The outer brackets catch both streams; a redirection of the command itself comes first.
  command += "{ " + options.prefix + " " + quoted(DBN_TOOL_PATH);
  for (const auto& argument : arguments) command += " " + quoted(argument);
  command += " " + options.redirect + "; } >" + quoted(outputs.path("out")) + " 2>" + quoted(outputs.path("err"));
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, contents(outputs.path("out")), contents(outputs.path("err"))};
}

std::vector<std::string> words(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace dbn::test
