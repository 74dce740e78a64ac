#pragma once
// Runs the dbn tool as a user does, through the shell, and says what came of it.

#include <cstddef>
#include <string>
#include <vector>

namespace dbn::test {

struct CommandResult {
  int exit_code = -1;
  std::string out;
  std::string err;
  /// Bytes of memory at the most. Linux counts what the calling process held as well, if that was more.
  std::size_t peak_memory = 0;
};

/// How a command is run, beside its arguments.
struct RunOptions {
  std::string folder;    ///< working folder; empty: that of the test
  std::string prefix;    ///< shell words before the tool, such as `TZ=Asia/Tokyo`
  std::string redirect;  ///< shell words behind the arguments, such as `</dev/null` or `>&-`
};

/// Runs the tool at DBN_TOOL_PATH; arguments reach it as they are.
CommandResult run_dbn(const std::vector<std::string>& arguments, const RunOptions& options = {});

/// The words of a text between spaces: arguments that hold none are easier to read in one piece.
std::vector<std::string> words(const std::string& text);

/// The names in a folder, sorted.
std::vector<std::string> names_in(const std::string& folder);

}  // namespace dbn::test
