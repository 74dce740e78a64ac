#include "run_command.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

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

// std::system() gives no account of the child.
int run_shell(const std::string& command, rusage& usage) {
  const pid_t child = fork();
  if (child == 0) {
    execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    _exit(127);
  }
  int status = 0;
  if (child < 0 || wait4(child, &status, 0, &usage) != child) throw std::runtime_error("cannot run " + command);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

CommandResult run_dbn(const std::vector<std::string>& arguments, const RunOptions& options) {
  const TempDir outputs;
  std::string command = options.folder.empty() ? "" : "cd " + quoted(options.folder) + " && ";
  // The outer brackets catch both streams; a redirection of the command itself comes first.
  command += "{ " + options.prefix + " " + quoted(DBN_TOOL_PATH);
  for (const auto& argument : arguments) command += " " + quoted(argument);
  command += " " + options.redirect + "; } >" + quoted(outputs.path("out")) + " 2>" + quoted(outputs.path("err"));
  rusage usage{};
  const int exit_code = run_shell(command, usage);
  return {.exit_code = exit_code,
          .out = contents(outputs.path("out")),
          .err = contents(outputs.path("err")),
          .peak_memory = static_cast<std::size_t>(usage.ru_maxrss) * 1024};
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
