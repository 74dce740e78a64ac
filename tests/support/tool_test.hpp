#pragma once
// Commands tried in a folder of their own.

#include <algorithm>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "run_command.hpp"
#include "temp_dir.hpp"

namespace dbn::test {

class ToolTest : public testing::Test {
 protected:
  /// What a command that must succeed, in silence, prints.
  std::string run(const std::string& arguments) const {
    const auto result = try_run(arguments);
    EXPECT_EQ(result.exit_code, 0) << arguments << "\n" << result.err;
    EXPECT_EQ(result.err, "") << arguments;
    return result.out;
  }
  nlohmann::json run_json(const std::string& arguments) const {
    const std::string out = run(arguments + " --json");
    EXPECT_EQ(out.find('\n'), out.size() - 1) << out;
    return nlohmann::json::parse(out);
  }
  /// One line that names `what`, and an unchanged folder.
  void expect_refused(int code, const std::string& what, const std::string& arguments) const {
    const auto before = names_in(dir_.folder());
    const auto result = try_run(arguments);
    EXPECT_EQ(result.exit_code, code) << arguments << "\n" << result.err;
    EXPECT_THAT(result.err, testing::AllOf(testing::StartsWith("dbn: error: "), testing::HasSubstr(what))) << arguments;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    EXPECT_EQ(result.out, "") << arguments;
    EXPECT_EQ(names_in(dir_.folder()), before) << arguments;
  }

  TempDir dir_;

 private:
  CommandResult try_run(const std::string& arguments) const {
    return run_dbn(words(arguments), {.folder = dir_.folder(), .prefix = {}, .redirect = {}});
  }
};

}  // namespace dbn::test
