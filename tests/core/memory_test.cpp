#include <dbn/core/memory.hpp>

#include <unistd.h>

#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/io/file.hpp>

#include "../support/temp_dir.hpp"

namespace dbn {
namespace {

constexpr double kGiB = 1024.0 * 1024 * 1024;

/// A machine of files: 8 GiB of which 5 are left; this process holds 0.5 GiB, and 2 GiB of addresses.
class Machine : public testing::Test {
 protected:
  Machine() {
    write("proc/meminfo", "MemTotal:  8388608 kB\nMemFree:  1 kB\nMemAvailable:  5242880 kB\n");
    write("proc/self/statm", std::to_string(524288) + " " + std::to_string(131072) + " 100 10 0 200 0\n");
  }
  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(dir_.path(name)).parent_path());
    write_file(dir_.path(name), text);
  }
  MemorySources sources() const { return {dir_.path("proc"), dir_.path("cgroup")}; }
  double available() const { return available_memory(sources()) / kGiB; }

  test::TempDir dir_;
};

TEST_F(Machine, GivesWhatIsHeldAndWhatIsLeft) {
  EXPECT_EQ(resident_memory(sources()), 131072 * static_cast<double>(sysconf(_SC_PAGESIZE)));
  EXPECT_DOUBLE_EQ(available(), 5.5);
}

TEST_F(Machine, TheLeastGroupUpThePathCounts) {
  write("proc/self/cgroup", "0::/user/session\n");
  write("cgroup/user/session/memory.max", "max\n");
  write("cgroup/user/session/memory.high", "max\n");
  EXPECT_DOUBLE_EQ(available(), 5.5) << "no limit is no limit";
  write("cgroup/user/memory.max", std::to_string(4LL << 30));
  EXPECT_DOUBLE_EQ(available(), 4);
  write("cgroup/user/session/memory.high", std::to_string(3LL << 30));
  EXPECT_DOUBLE_EQ(available(), 3) << "memory.high slows down what passes it";
  write("cgroup/memory.max", std::to_string(2LL << 30));
  EXPECT_DOUBLE_EQ(available(), 2) << "the root of a container";
}

TEST_F(Machine, WhatOthersHoldInAGroupIsNotLeft) {
  write("proc/self/cgroup", "0::/job\n");
  write("cgroup/job/memory.max", std::to_string(4LL << 30));
  write("cgroup/job/memory.current", std::to_string(3LL << 29));  // this process and 1 GiB beside it
  EXPECT_DOUBLE_EQ(available(), 3);
  write("cgroup/job/memory.stat", "anon 5\ninactive_file 268435456\nactive_file 268435456\n");
  EXPECT_DOUBLE_EQ(available(), 3.5) << "file caches make way";
  write("cgroup/job/memory.current", "1000\n");
  EXPECT_DOUBLE_EQ(available(), 4) << "more is never left than the limit";
}

TEST_F(Machine, GroupsOfTheFirstVersionCount) {
  write("proc/self/cgroup", "5:cpu,cpuacct:/x\n4:memory:/job\n0::/\n");
  write("cgroup/memory/job/memory.limit_in_bytes", std::to_string(1LL << 30));
  write("cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_DOUBLE_EQ(available(), 1);
  write("cgroup/memory/job/memory.usage_in_bytes", std::to_string(3LL << 28));
  EXPECT_DOUBLE_EQ(available(), 0.75);
}

TEST_F(Machine, AGroupOutOfSightLeavesTheRoot) {
  write("proc/self/cgroup", "0::/../../elsewhere\n");
  write("memory.max", "1\n");  // two folders up: not to be read
  EXPECT_DOUBLE_EQ(available(), 5.5);
  write("cgroup/memory.max", std::to_string(2LL << 30));
  EXPECT_DOUBLE_EQ(available(), 2);
}

TEST_F(Machine, ALimitOnAddressesCounts) {
  const std::string head = "Limit                     Soft Limit           Hard Limit           Units\n";
  write("proc/self/limits", head + "Max address space         unlimited            unlimited            bytes\n");
  EXPECT_DOUBLE_EQ(available(), 5.5);
  write("proc/self/limits", head + "Max address space         3221225472           unlimited            bytes\n");
  EXPECT_DOUBLE_EQ(available(), 1.5) << "of 3 GiB 2 are taken, 0.5 of them by memory";
}

TEST_F(Machine, ThatSaysNothingHasNoLimit) {
  const MemorySources nowhere{dir_.path("none"), dir_.path("none")};
  EXPECT_EQ(available_memory(nowhere), std::numeric_limits<double>::infinity());
  EXPECT_EQ(resident_memory(nowhere), 0);
  write("proc/meminfo", "nonsense\n");
  write("proc/self/cgroup", "\n:\nno colons\n0::\n");
  write("proc/self/limits", "Max address space");
  write("cgroup/memory.max", "");
  EXPECT_EQ(available_memory(sources()), std::numeric_limits<double>::infinity());
}

TEST(AvailableMemory, OfThisMachineIsSensible) {
  EXPECT_GT(resident_memory(), 1e6);
  EXPECT_GT(available_memory(), resident_memory());
}

TEST(MemorySize, IsANumberWithAUnit) {
  const auto size = [](const char* text) { return parse_memory_size(text, "--max-memory"); };
  EXPECT_EQ(size("1"), 1);
  EXPECT_EQ(size("512"), 512);
  EXPECT_EQ(size("2K"), 2048);
  EXPECT_EQ(size("512M"), kGiB / 2);
  EXPECT_EQ(size("512MB"), kGiB / 2);
  EXPECT_EQ(size("512MiB"), kGiB / 2);
  EXPECT_EQ(size("1.5G"), 1.5 * kGiB);
  EXPECT_EQ(size("1e3G"), 1000 * kGiB);
  EXPECT_EQ(size("2TiB"), 2048 * kGiB);
}

TEST(MemorySize, IsNothingElse) {
  for (const char* text :
       {"",     "0",    "0G",   "-1",   "-1G", "nan",  "inf",    "nanG",   "infG", "G",   "12Q",  "12m", "12 G",
        " 12G", "12G ", "12GG", "12iB", "12B", "12Gi", "1e400G", "1e308T", "0x10", "0.5", "1,5G", "+1G"})
    EXPECT_THAT([&] { parse_memory_size(text, "--max-memory"); },
                testing::ThrowsMessage<InvalidArgument>(testing::AllOf(
                    testing::StartsWith("--max-memory: expected"), testing::HasSubstr("'" + std::string(text) + "'"))))
        << text;
}

TEST(MemoryText, IsShort) {
  EXPECT_EQ(memory_text(1), "1 MiB");
  EXPECT_EQ(memory_text(33.2 * 1024 * 1024), "34 MiB");
  EXPECT_EQ(memory_text(21.1 * kGiB), "21.1 GiB");
  EXPECT_EQ(memory_text(12.34 * 1024 * kGiB), "12.3 TiB");
  EXPECT_EQ(memory_text(std::numeric_limits<double>::infinity()), "inf TiB");
}

TEST(DemandMemory, RefusesWhatIsBeyondTheLimit) {
  EXPECT_NO_THROW(demand_memory("training", 100, 100, ""));
  EXPECT_NO_THROW(demand_memory("training", 1e30, std::numeric_limits<double>::infinity(), ""));
  EXPECT_THAT([] { demand_memory("training", 2.5 * kGiB, 2 * kGiB, "try fewer --layers"); },
              testing::ThrowsMessage<MemoryError>(
                  "training needs about 2.5 GiB, --max-memory allows 2.0 GiB; try fewer --layers"));
}

}  // namespace
}  // namespace dbn
