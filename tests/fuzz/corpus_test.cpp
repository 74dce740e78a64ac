// The kept corpora of the fuzz targets, in every build: what was once found stays mended.

#include <algorithm>
#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <dbn/core/types.hpp>
#include <dbn/io/file.hpp>

#include "fuzz_target.hpp"

namespace dbn::fuzz {
namespace {

namespace fs = std::filesystem;

struct Row {
  std::string name;
  Target* target;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

const Row kRows[] = {
    {"checkpoint", checkpoint},
    {"csv", csv},
    {"foreign_net", foreign_net},
    {"gzip", gzip},
    {"idx", idx},
    {"ini", ini},
    {"json", json},
    {"libsvm", libsvm},
    {"model", model},
    {"npy", npy},
    {"npz", npz},
    {"options", options},
    {"run_record", run_record},
    {"safetensors", safetensors},
    {"stack", stack},
    {"zip", zip},
};

const fs::path kCorpora = fs::path(DBN_SOURCE_DIR) / "tests/fuzz/corpus";

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

// Checkpoints of the other build's precision are refused.
constexpr const char* kOtherBuild = sizeof(Scalar) == sizeof(float) ? "-double" : "-float";

class FuzzCorpus : public testing::TestWithParam<Row> {};

// Seeds named valid-... keep the fuzzer near files that are read: they must stay such.
TEST_P(FuzzCorpus, IsTakenOrRefused) {
  const fs::path folder = kCorpora / GetParam().name;
  int valid = 0;
  for (const std::string& name : names_in(folder)) {
    SCOPED_TRACE(folder / name);
    int taken = 0;
    EXPECT_NO_THROW(taken = GetParam().target(read_file((folder / name).string())));
    if (!name.starts_with("valid-") || name.ends_with(kOtherBuild)) continue;
    EXPECT_GT(taken, 0);
    ++valid;
  }
  EXPECT_GT(valid, 0) << "no valid- seed in " << folder;
}

INSTANTIATE_TEST_SUITE_P(All, FuzzCorpus, testing::ValuesIn(kRows),
                         [](const auto& tested) { return tested.param.name; });

TEST(FuzzCorpora, EachBelongsToATarget) {
  std::vector<std::string> expected;
  for (const Row& row : kRows) expected.push_back(row.name);
  EXPECT_EQ(names_in(kCorpora), expected);
}

}  // namespace
}  // namespace dbn::fuzz
