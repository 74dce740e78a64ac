// What the tool does about memory: asks before it takes, and survives when there is none.

#include <sys/resource.h>

#include <algorithm>
#include <string>
#include <vector>

#include <dbn/model/model_file.hpp>
#include <dbn/nn/deep_autoencoder.hpp>
#include <dbn/nn/mlp.hpp>

#include "../support/peak_memory.hpp"
#include "../support/tool_test.hpp"

namespace dbn::test {
namespace {

constexpr const char* kData = " --data synthetic:digits,cases=200,test=100 --quiet";

/// Processor seconds of all commands so far.
double seconds_of_commands() {
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

class Memory : public ToolTest {
 protected:
  // Expects one line that gives the estimate and names `option` as what to change, at once, and nothing written.
  void expect_too_large(const std::string& arguments, const std::string& option, const std::string& prefix = "") const {
    const double before = seconds_of_commands();
    const auto result = try_run(arguments, prefix);
    EXPECT_LT(seconds_of_commands() - before, 1) << arguments;
    EXPECT_EQ(result.exit_code, 6) << arguments << "\n" << result.err;
    EXPECT_THAT(result.err, testing::MatchesRegex("dbn: error: [a-z -]+ needs about [0-9.]+ [MGT]iB, --max-memory "
                                                  "allows [0-9.]+ [MGT]iB; try .*" +
                                                  option + ".*\n"))
        << arguments;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    EXPECT_EQ(result.out, "") << arguments;
    EXPECT_TRUE(names_in(dir_.folder()).empty()) << arguments;
  }
};

class MemorySlow : public Memory {
 protected:
  // Whether a command gets by in so many MiB of addresses; more threads would want more for their stacks.
  bool suffices(int mebibytes, const std::string& command) const {
    return try_run(command + " --threads 1 --max-memory 100G --force",
                   "ulimit -v " + std::to_string(1024 * mebibytes) + " &&")
               .exit_code == 0;
  }
  // The least that suffices, or up to `step` more.
  int least(const std::string& command, int step) const {
    int enough = 40;
    while (enough < 2000 && !suffices(enough, command)) enough += step;
    return enough;
  }
  void save(const std::string& name, const Mlp& net, const std::string& task, const std::string& loss,
            const std::vector<std::string>& outputs) const {
    save_model({.net = net,
                .outputs = outputs,
                .preprocessing = {.scale = "unit", .factor = Vector::Constant(1, Scalar{1} / Scalar{255})},
                .seed = 1,
                .start = "xavier",
                .history = {},
                .task = task,
                .loss = loss},
               dir_.path(name));
  }
};

// With little address space too, where anything large that was tried first would say so in other words.
TEST_F(Memory, WhatNoMachineHasIsRefusedAtOnce) {
  const std::string little = kPlainHeap ? "ulimit -v 2000000 &&" : "";
  for (const char* layers : {" --layers 1000000000", " --layers 1000000000,1000000000",
                             " --layers 1000000000,1000000000,1000000000,1000000000,1000000000,1000000000,1000000000,"
                             "1000000000,1000000000,1000000000,1000000000,1000000000"})
    for (const char* command : {"pretrain", "pretrain --pretrainer denoising --untied", "finetune --init he",
                                "finetune --init he --dry-run", "compare"})
      expect_too_large(std::string(command) + layers + kData, "--layers", little);
  expect_too_large(std::string("pretrain --layers 1000000000") + kData, "--layers");
  expect_too_large("bench --shapes 1000000x1000000 --quiet", "--shapes", little);
  expect_too_large("bench --net 784,1000000,1000000,10 --quiet", "--net", little);
  expect_too_large("bench --shapes 1000000x10 --cases 10000000 --quiet", "--cases", little);
}

TEST_F(Memory, BatchesAndChainsCount) {
  const std::string limit = std::string(" --max-memory 200M") + kData;
  expect_too_large("pretrain --layers 100000000 --batch 1000000" + limit, "--batch");
  expect_too_large("pretrain --layers 10 --estimator pcd --chains 1000000" + limit, "--chains");
  expect_too_large("compare --layers 10 --starts rbm --pretrain.estimator pcd --pretrain.chains 1000000" + limit,
                   "--layers");
  succeed("pretrain --layers 10 --estimator pcd --chains 1000 --epochs 1" + limit);
}

TEST_F(Memory, ALimitHoldsForEveryTrainingCommand) {
  for (const char* command :
       {"pretrain --layers 5", "finetune --layers 5", "compare --layers 5", "init --explain --layers 5"})
    for (const char* more : {"", " --dry-run"})
      expect_too_large(std::string(command) + kData + " --max-memory 1M" + more, "--layers");
  expect_too_large("bench --max-memory 1M", "--shapes");
  succeed(std::string("pretrain --layers 5 --epochs 1") + kData);
  const auto from = try_run(std::string("finetune --from stack.safetensors --max-memory 1M") + kData);
  EXPECT_EQ(from.exit_code, 6);
  EXPECT_THAT(from.err, HasSubstr("--from")) << "--layers would have no effect there";
}

TEST_F(Memory, ALimitIsASize) {
  for (const char* command :
       {"pretrain", "finetune", "compare", "bench", "evaluate", "predict", "encode", "inspect", "init", "data info"})
    for (const char* size : {"0", "-1", "nan", "inf", "12Q", "1,5G", "G"}) {
      const auto result = try_run(std::string(command) + " --max-memory " + size);
      EXPECT_EQ(result.exit_code, 2) << command << " " << size;
      EXPECT_THAT(result.err, HasSubstr("--max-memory: expected a size")) << command << " " << size;
    }
  const auto config = try_run("pretrain --max-memory 1.5G --print-config").out;
  EXPECT_THAT(config, HasSubstr("max-memory = 1.5G\n"));
}

// Nothing may break when an estimate is overruled and memory ends in the middle. The product library is another matter:
// it does not survive the making of its kernels without memory, so that there is enough for these.
TEST_F(MemorySlow, AnEndOfMemoryInTheMiddleIsReported) {
  if (!kPlainHeap) GTEST_SKIP() << "sanitizers need all addresses there are";
  const auto with = [this](int mebibytes, const std::string& layers) {
    return try_run("pretrain --epochs 1 --threads 1 --max-memory 100G --force --layers " + layers + kData,
                   "ulimit -v " + std::to_string(1024 * mebibytes) + " &&");
  };
  int enough = 40;
  while (enough < 2000 && with(enough, "400,400").exit_code != 0) enough += 20;
  int refused = 0;
  for (int more = 30; more < 120; more += 15) {
    const auto result = with(enough + more, "2000,2000");
    EXPECT_THAT(result.exit_code, testing::AnyOf(0, 6)) << enough << " + " << more << " MiB\n" << result.err;
    if (result.exit_code == 0) continue;
    EXPECT_THAT(result.err, StartsWith("dbn: error: out of memory; try "));
    ++refused;
  }
  EXPECT_GT(refused, 0) << "the limits were too high for a test";
}

// Beside their data, many cases take no more than one batch and a part of one: results go out as they are made.
TEST_F(MemorySlow, ResultsDoNotGrowWithCases) {
  if (!kPlainHeap) GTEST_SKIP() << "sanitizers need all addresses there are";
  constexpr int kUnits = 800, kCases = 20000, kStep = 20;
  constexpr double kMiB = 1 << 20;
  // Bytes of 784 pixels, twice, as they are read and as they are chosen; less than 1 MiB of case numbers and labels;
  // and what the heap keeps of texts of a batch, which are up to 256 * 800 * 25 bytes, grown by doubling.
  constexpr double kDigits = 2.0 * 784 * kCases / kMiB, kKept = 1 + 3 * 256 * kUnits * 25 / kMiB;
  constexpr int kMore = static_cast<int>(kDigits + kKept) + 1;
  static_assert(kDigits + 784.0 * kCases * sizeof(float) / kMiB > kMore + kStep, "results held whole would pass");

  std::vector<std::string> classes;
  for (int i = 0; i < kUnits; ++i) classes.push_back(std::to_string(i));
  save("m", make_mlp({784, kUnits, kUnits}, "sigmoid", "xavier", 1), "classification", "softmax", classes);
  save("a", make_deep_autoencoder({784, 10}, "sigmoid", "linear", "xavier", 1), "autoencoder", "squared-error", {});
  const auto with = [](int cases) { return " --data synthetic:digits,test=0,cases=" + std::to_string(cases); };
  for (const char* command : {"predict m --proba --out p.npy", "predict m --proba --out p.csv", "encode m --out p.npy",
                              "encode m --out p.csv", "reconstruct a --errors e.npy --out p.npy",
                              "reconstruct a --errors e.csv --out p.csv"}) {
    const int enough = least(command + with(300), kStep);
    EXPECT_TRUE(suffices(enough + kMore, command + with(kCases))) << command << " in " << enough << " + " << kMore;
  }
}

}  // namespace
}  // namespace dbn::test
