// The floors of the house: a file includes only its own floor or lower ones. The checks return what they find, so that
// each is also shown to find something in a small bad tree.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/temp_dir.hpp"

namespace {

namespace fs = std::filesystem;

const std::map<std::string, int> kFloors = {
    {"core", 0},        {"data", 1},     {"io", 1},    {"units", 2},      {"nn", 2},      {"rbm", 3},
    {"autoencoder", 3}, {"pretrain", 4}, {"model", 5}, {"experiment", 6}, {"dbn.hpp", 7}, {"tools", 8},
};
constexpr int kUnknownFloor = -1;

using Findings = std::vector<std::string>;

/// All files below the given folders of the tree, relative to it and in order.
std::vector<fs::path> files_in(const fs::path& tree, const std::vector<std::string>& folders) {
  std::vector<fs::path> files;
  for (const std::string& folder : folders) {
    if (!fs::exists(tree / folder)) continue;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(tree / folder))
      if (entry.is_regular_file()) files.push_back(entry.path().lexically_relative(tree));
  }
  std::ranges::sort(files);
  return files;
}

std::vector<fs::path> code_in(const fs::path& tree, const std::vector<std::string>& folders) {
  std::vector<fs::path> files = files_in(tree, folders);
  std::erase_if(files, [](const fs::path& file) { return file.extension() != ".hpp" && file.extension() != ".cpp"; });
  return files;
}

std::vector<std::string> lines_of(const fs::path& file) {
  std::ifstream in(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// The floor of include/dbn/<folder>/..., src/<folder>/... or tools/...
int floor_of(const fs::path& file) {
  auto part = file.begin();
  if (*part == "include") ++part;
  if (*part != "tools") ++part;
  const auto floor = part == file.end() ? kFloors.end() : kFloors.find(part->string());
  return floor == kFloors.end() ? kUnknownFloor : floor->second;
}

/// The file of the tree that an #include line means; empty for the files of others.
fs::path included_file(const fs::path& tree, const fs::path& file, const std::string& line) {
  static const std::regex pattern(R"(^\s*#\s*include\s*(<dbn/|")([^">]+)[">].*)");
  std::smatch match;
  if (!std::regex_match(line, match, pattern)) return {};
  if (match[1] != "\"") return fs::path("include/dbn") / match[2].str();
  const fs::path beside = (file.parent_path() / match[2].str()).lexically_normal();
  if (fs::exists(tree / beside)) return beside;
  return fs::path(*file.begin()) / match[2].str();
}

Findings upward_includes(const fs::path& tree) {
  Findings findings;
  for (const fs::path& file : code_in(tree, {"include", "src", "tools"})) {
    const int floor = floor_of(file);
    if (floor == kUnknownFloor) findings.push_back(fmt::format("{}: its folder has no floor", file.string()));
    for (const std::string& line : lines_of(tree / file)) {
      const fs::path included = included_file(tree, file, line);
      if (included.empty()) continue;
      const int included_floor = floor_of(included);
      if (included_floor == kUnknownFloor || included_floor > floor)
        findings.push_back(fmt::format("{} (floor {}) includes {} (floor {})", file.string(), floor, included.string(),
                                       included_floor));
    }
  }
  return findings;
}

Findings openmp_outside_core(const fs::path& tree) {
  static const std::regex pattern(R"(^\s*#\s*(pragma\s+omp\b|include\s*<omp\.h>).*|.*_Pragma\s*\(\s*"omp\b.*)");
  Findings findings;
  for (const fs::path& file : code_in(tree, {"include", "src", "tools"}))
    for (const std::string& line : lines_of(tree / file))
      if (floor_of(file) != kFloors.at("core") && std::regex_match(line, pattern))
        findings.push_back(fmt::format("{}: {}", file.string(), line));
  return findings;
}

Findings headers_without_pragma_once(const fs::path& tree) {
  Findings findings;
  for (const fs::path& file : code_in(tree, {"include", "src", "tools", "tests"}))
    if (file.extension() == ".hpp" && std::ranges::count(lines_of(tree / file), "#pragma once") != 1)
      findings.push_back(file.string());
  return findings;
}

/// Files or folders whose name says nothing about what they hold.
Findings empty_names(const fs::path& tree) {
  static const std::regex pattern("(.*[_-])?(utils?|common|helpers?|managers?|impl)([_.-].*)?");
  Findings findings;
  for (const fs::path& file : files_in(tree, {".ci", "data", "include", "src", "tests", "tools"}))
    if (std::ranges::any_of(file, [](const fs::path& part) { return std::regex_match(part.string(), pattern); }))
      findings.push_back(file.string());
  return findings;
}

/// A small tree to find faults in.
class Layering : public testing::Test {
 protected:
  void write(const std::string& file, const std::string& text) {
    const fs::path path = tree() / file;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  fs::path tree() const { return dir_.folder(); }
  static fs::path house() { return DBN_SOURCE_DIR; }

 private:
  dbn::test::TempDir dir_;
};

TEST_F(Layering, ReadsTheWholeHouse) {
  const std::vector<fs::path> files = code_in(house(), {"include", "src", "tools", "tests"});
  for (const char* file : {"include/dbn/core/types.hpp", "src/core/parallel.cpp", "tools/main.cpp"})
    EXPECT_EQ(std::ranges::count(files, fs::path(file)), 1) << file;
}

TEST_F(Layering, IncludesNeverGoUp) { EXPECT_EQ(upward_includes(house()), Findings{}); }

TEST_F(Layering, FindsAnIncludeThatGoesUp) {
  write("include/dbn/core/a.hpp", "  #  include <dbn/data/b.hpp>  // why\n");
  write("include/dbn/io/c.hpp", "#include <vector>\n#include <dbn/data/b.hpp>\n#include <dbn/core/a.hpp>\n");
  write("include/dbn/dbn.hpp", "#include <dbn/experiment/d.hpp>\n");
  write("tools/main.cpp", "#include <dbn/dbn.hpp>\n#include \"commands/data.hpp\"\n");
  EXPECT_EQ(upward_includes(tree()),
            (Findings{"include/dbn/core/a.hpp (floor 0) includes include/dbn/data/b.hpp (floor 1)"}));
}

TEST_F(Layering, FindsAnIncludeThatGoesUpByQuotes) {
  write("src/rbm/chains.hpp", "");
  write("src/nn/a.cpp", "#include \"../rbm/chains.hpp\"\n");
  write("src/nn/b.cpp", "#include \"rbm/chains.hpp\"\n");
  write("src/rbm/c.cpp", "#include \"chains.hpp\"\n#include \"nn/a.hpp\"\n");
  write("tools/command_line.hpp", "");
  write("src/rbm/d.cpp", "#include \"../../tools/command_line.hpp\"\n");
  EXPECT_EQ(upward_includes(tree()), (Findings{"src/nn/a.cpp (floor 2) includes src/rbm/chains.hpp (floor 3)",
                                               "src/nn/b.cpp (floor 2) includes src/rbm/chains.hpp (floor 3)",
                                               "src/rbm/d.cpp (floor 3) includes tools/command_line.hpp (floor 8)"}));
}

TEST_F(Layering, FindsAFolderWithoutFloor) {
  write("src/attic/a.cpp", "");
  write("tools/main.cpp", "#include <dbn/attic/a.hpp>\n");
  EXPECT_EQ(upward_includes(tree()),
            (Findings{"src/attic/a.cpp: its folder has no floor",
                      "tools/main.cpp (floor 8) includes include/dbn/attic/a.hpp (floor -1)"}));
}

TEST_F(Layering, OpenMPStaysInCore) { EXPECT_EQ(openmp_outside_core(house()), Findings{}); }

TEST_F(Layering, FindsOpenMPOutsideCore) {
  write("src/core/parallel.cpp", "#pragma omp parallel for\n");
  write("src/rbm/a.cpp", "  #pragma omp simd\n");
  write("src/rbm/b.cpp", "#include <omp.h>\n");
  write("tools/main.cpp", "_Pragma(\"omp barrier\")\n");
  EXPECT_EQ(openmp_outside_core(tree()),
            (Findings{"src/rbm/a.cpp:   #pragma omp simd", "src/rbm/b.cpp: #include <omp.h>",
                      "tools/main.cpp: _Pragma(\"omp barrier\")"}));
}

TEST_F(Layering, HeadersHavePragmaOnce) { EXPECT_EQ(headers_without_pragma_once(house()), Findings{}); }

TEST_F(Layering, FindsAHeaderWithoutPragmaOnce) {
  write("include/dbn/core/good.hpp", "// first\n#pragma once\n");
  write("include/dbn/core/bad.hpp", "// #pragma once\n");
  write("tests/support/bad.hpp", "");
  EXPECT_EQ(headers_without_pragma_once(tree()), (Findings{"include/dbn/core/bad.hpp", "tests/support/bad.hpp"}));
}

TEST_F(Layering, NamesSaySomething) { EXPECT_EQ(empty_names(house()), Findings{}); }

TEST_F(Layering, FindsANameThatSaysNothing) {
  for (const char* file : {"src/core/string_utils.cpp", "src/common/a.cpp", "tests/test-helpers.hpp",
                           "include/dbn/rbm/rbm_impl.hpp", "tools/model_manager.cpp", "src/core/uncommonly.cpp"})
    write(file, "");
  EXPECT_EQ(empty_names(tree()).size(), 5U);
}

}  // namespace
