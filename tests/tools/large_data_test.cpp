// Data that are larger than the memory that may be used for them.

#include <sys/resource.h>

#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "../support/npy_bytes.hpp"
#include "../support/peak_memory.hpp"
#include "../support/tool_test.hpp"

namespace dbn::test {
namespace {

/// The most memory that any command held so far, in bytes.
std::size_t peak_of_commands() {
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
}

class LargeDataSlow : public ToolTest {
 protected:
  /// Cases of 784 floats, all 0 but for the last number of the last case. The zeros take no room on the disk, yet they
  /// are read like others.
  std::string write_cases(std::uint64_t cases, float last) const {
    const std::string path = dir_.path("big.npy");
    const ByteBuffer header = npy_array("<f4", fmt::format("({}, 784)", cases), {});
    write_file(path, header);
    std::filesystem::resize_file(path, header.size() + cases * 784 * sizeof last);
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(-static_cast<std::streamoff>(sizeof last), std::ios::end);
    file.write(reinterpret_cast<const char*>(&last), sizeof last);
    return path;
  }
};

TEST_F(LargeDataSlow, FourGigabytesArePretrainedInLessThanHalfAGigabyte) {
  if (!kPlainHeap) GTEST_SKIP() << "a sanitizer holds more than the program asks for";
  constexpr std::uint64_t kCases = 4'000'000'000 / (784 * sizeof(float)) + 1;
  write_cases(kCases, 4);
  const json result =
      run_json("pretrain --data big.npy --label-column none --layers 8 --epochs 1 --batch 1000 --quiet");
  EXPECT_LT(peak_of_commands(), 500'000'000U);
  EXPECT_EQ(
      result["data"]["train_cases"].get<std::uint64_t>() + result["data"]["validation_cases"].get<std::uint64_t>(),
      kCases);
  EXPECT_EQ(result["layers"][0]["epochs"].size(), 1U);
}

}  // namespace
}  // namespace dbn::test
