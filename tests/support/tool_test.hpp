#pragma once
// Commands tried in a folder of their own.

#include <algorithm>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <dbn/io/file.hpp>

#include "run_command.hpp"
#include "temp_dir.hpp"

namespace dbn::test {

// What nearly every test of a command speaks of.
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class ToolTest : public testing::Test {
 protected:
  /// What came of a command, with shell words before and behind it.
  CommandResult try_run(const std::string& arguments, const std::string& prefix = "",
                        const std::string& redirect = "") const {
    return run_dbn(words(arguments), {.folder = dir_.folder(), .prefix = prefix, .redirect = redirect});
  }
  /// The same of one that must succeed.
  CommandResult succeed(const std::string& arguments, const std::string& prefix = "",
                        const std::string& redirect = "") const {
    auto result = try_run(arguments, prefix, redirect);
    EXPECT_EQ(result.exit_code, 0) << arguments << "\n" << result.err;
    return result;
  }
  /// What a command that must succeed, in silence, prints.
  std::string run(const std::string& arguments) const {
    const auto result = succeed(arguments);
    EXPECT_EQ(result.err, "") << arguments;
    return result.out;
  }
  json run_json(const std::string& arguments) const { return one_object(run(arguments + " --json")); }
  /// One JSON object on one line, and nothing else.
  static json one_object(const std::string& out) {
    EXPECT_EQ(out.find('\n'), out.size() - 1) << out;
    const json result = json::parse(out);
    EXPECT_TRUE(result.is_object()) << out;
    return result;
  }
  /// One line that names `what`, and an unchanged folder.
  void expect_refused(int code, const std::string& what, const std::string& arguments,
                      const std::string& prefix = "") const {
    const auto before = names_in(dir_.folder());
    const auto result = try_run(arguments, prefix);
    EXPECT_EQ(result.exit_code, code) << arguments << "\n" << result.err;
    EXPECT_THAT(result.err, AllOf(StartsWith("dbn: error: "), HasSubstr(what))) << arguments;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    EXPECT_EQ(result.out, "") << arguments;
    EXPECT_EQ(names_in(dir_.folder()), before) << arguments;
  }

  ByteBuffer bytes(const std::string& name) const { return read_file(dir_.path(name)); }
  std::string text(const std::string& name) const {
    const ByteBuffer all = bytes(name);
    return {all.begin(), all.end()};
  }
  void write(const std::string& name, std::string_view text) const { write_file(dir_.path(name), text); }

  TempDir dir_;
};

}  // namespace dbn::test
