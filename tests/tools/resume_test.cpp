// Checkpoints as a user meets them: stopped by a signal, refused, damaged, gone on from; and what divergence leaves.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <sys/wait.h>

#include <dbn/io/file.hpp>
#include <dbn/io/folder.hpp>

#include "../support/tool_test.hpp"

namespace dbn::test {
namespace {

using testing::Not;

constexpr const char* kData = " --data synthetic:digits,cases=200,test=100";

class Resume : public ToolTest {
 protected:
  // Runs a shell script in the folder; its exit code.
  int shell(const std::string& script) const {
    write_file(dir_.path("script"), script);
    const int status = std::system(fmt::format("cd '{}' && sh ./script", dir_.folder().string()).c_str());
    std::filesystem::remove(dir_.path("script"));
    return WEXITSTATUS(status);
  }
  // Starts a command, waits until it has told of an epoch or a run, and sends the signal; stderr stays in `err`.
  int stop(const std::string& arguments, const std::string& signal) const {
    // Shells have what they start in the background ignore SIGINT.
    return shell(fmt::format(
        "env --default-signal=INT {} {} >out 2>err & p=$!\nuntil grep -qsE ' s(,|$)' err || ! kill -0 $p; do "
        "sleep 0.02; done\n"
        "kill -{} $p\nwait $p",
        DBN_TOOL_PATH, arguments, signal));
  }
  // The command that a stopped one printed, without its program.
  std::string printed_command() const {
    std::smatch found;
    const std::string errors = text("err");
    return std::regex_search(errors, found, std::regex("\n  dbn ([^\n]+)")) ? found[1].str() : "";
  }
};

TEST_F(Resume, ASignalLeavesACheckpointAndTheCommandThatGoesOn) {
  const struct {
    std::string command;
    std::string signal;
    int exit_code;
    std::string folder;
  } stops[] = {
      {"pretrain --layers 60,40 --epochs 3000 --out a", "INT", 130, "a.checkpoint"},
      {"finetune --layers 60,40 --epochs 3000 --out b --checkpoint kept", "TERM", 143, "kept"},
      {"compare --layers 20 --seeds 1000 --starts rbm,he --finetune.min-updates 0 --out c", "INT", 130, "c.checkpoint"},
  };
  for (const auto& stop_case : stops) {
    EXPECT_EQ(stop(stop_case.command + kData, stop_case.signal), stop_case.exit_code) << text("err");
    EXPECT_THAT(text("err"), AllOf(HasSubstr("dbn: SIG" + stop_case.signal + ": stopped in epoch"),
                                   HasSubstr("its checkpoint is in " + stop_case.folder)));
    EXPECT_FALSE(names_in_folder(dir_.path(stop_case.folder)).empty());
    // The printed command is right as it stands; with fewer epochs it would be refused, so it is only tried dry.
    succeed(printed_command() + " --dry-run");
    std::filesystem::remove(dir_.path("err"));
  }
}

TEST_F(Resume, TheStoppedRunEndsWithTheSameBytes) {
  // Stopped after one epoch of at least 40.
  const std::string command = std::string("pretrain --layers 30,20 --epochs 40 --seed 2") + kData;
  succeed(command + " --quiet --out whole");
  const int code = stop(command + " --out part", "TERM");
  if (code == 0) GTEST_SKIP() << "the run was faster than the signal";
  EXPECT_EQ(code, 143);
  EXPECT_THAT(printed_command(), testing::EndsWith("--out part --checkpoint part.checkpoint --resume"));
  succeed(printed_command() + " --threads 1");
  EXPECT_EQ(bytes("part"), bytes("whole"));
}

TEST_F(Resume, ASecondSignalEndsAtOnce) {
  // One update takes seconds here.
  EXPECT_EQ(shell(fmt::format("env --default-signal=INT {} pretrain --layers 2000 --cd-k 100 --batch 2000 --data "
                              "synthetic:digits,cases=2000 "
                              "--out a 2>err & p=$!\nsleep 1\nkill -INT $p\nsleep 0.1\nkill -INT $p\nwait $p",
                              DBN_TOOL_PATH)),
            130);
  EXPECT_THAT(text("err"), Not(HasSubstr("stopped in")));
  EXPECT_THAT(names_in(dir_.folder()), testing::ElementsAre("err"));
}

TEST_F(Resume, CheckpointsAreGoneOnFromOrForcedAwayButNeverWrittenOver) {
  const std::string command = std::string("pretrain --layers 16 --epochs 2 --quiet --checkpoint kept") + kData;
  succeed(command + " --resume --out a");
  EXPECT_THAT(names_in_folder(dir_.path("kept")), testing::Not(testing::IsEmpty()));
  const auto refused = try_run(command + " --out b");
  EXPECT_EQ(refused.exit_code, 4);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("kept: holds checkpoints of an earlier pretrain"), HasSubstr("--resume"),
                                 HasSubstr("--force")));
  succeed(command + " --out b --resume");
  EXPECT_EQ(bytes("a"), bytes("b"));
  succeed(command + " --out b --resume");  // that b is there already does not matter: it is this run's
  succeed(command + " --out c --force --seed 9");
  succeed(command + " --out c --resume --seed 9");
  EXPECT_EQ(try_run(command + " --out d --resume").exit_code, 2);
}

TEST_F(Resume, OtherDataOrOptionsAreRefusedByName) {
  const std::string pretrain = "pretrain --layers 16 --quiet --checkpoint kept --resume --out a";
  const std::string finetune = "finetune --layers 16 --quiet --checkpoint tuned --resume --out m";
  succeed(pretrain + kData + " --epochs 2");
  succeed(finetune + kData + " --epochs 2");
  const auto refuse = [&](const std::string& arguments, const std::string& what) {
    const auto result = try_run(arguments);
    EXPECT_EQ(result.exit_code, 2) << arguments;
    EXPECT_THAT(result.err, HasSubstr(what)) << arguments;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  };
  refuse(pretrain + kData + " --epochs 2 --batch 50", "--batch: 100 then, 50 now");
  refuse(pretrain + kData + " --epochs 2 --seed 1", "--seed: 0 then, 1 now");
  refuse(pretrain + kData + " --epochs 1", "--epochs: may grow");
  refuse(pretrain + " --data synthetic:digits,cases=200,test=100,seed=1 --epochs 2", "training data: 200 cases");
  refuse(finetune + kData + " --epochs 2 --optimizer sgd", "--optimizer: adam then, sgd now");
  refuse(finetune + kData + " --epochs 2 --layers 17", "--layers: 16 then, 17 now");
  refuse(finetune + " --data synthetic:digits,cases=201,test=100 --epochs 2", "training data: 200 cases");
  refuse(pretrain + kData + " --epochs 2 --checkpoint-every 5m", "--checkpoint-every");
  succeed(pretrain + kData + " --epochs 3");
  succeed("pretrain --layers 16 --quiet --out whole --epochs 3" + std::string(kData));
  EXPECT_EQ(bytes("a"), bytes("whole")) << "epochs grew to another run than one of so many from its start";
}

TEST_F(Resume, ADamagedCheckpointLeadsToTheOneBeforeIt) {
  const std::string command =
      std::string("pretrain --layers 16 --epochs 4 --quiet --checkpoint kept --checkpoint-every 1 --resume --out a") +
      kData;
  succeed(command);
  const auto whole = bytes("a");
  const auto names = names_in_folder(dir_.path("kept"));
  ASSERT_EQ(names.size(), 2U);
  ByteBuffer damaged = bytes("kept/" + names[1]);
  damaged[damaged.size() / 2] ^= 4;
  write_file(dir_.path("kept/" + names[1]), damaged);
  const auto result = succeed(command);
  EXPECT_THAT(result.err, AllOf(HasSubstr("dbn: note: "), HasSubstr(names[1]), HasSubstr("damaged")));
  EXPECT_EQ(bytes("a"), whole);
  for (const auto& name : names_in_folder(dir_.path("kept"))) write_file(dir_.path("kept/" + name), "rubbish");
  const auto lost = try_run(command);
  EXPECT_EQ(lost.exit_code, 3);
  EXPECT_THAT(lost.err, AllOf(HasSubstr("dbn: error: "), HasSubstr("--force")));
}

// Without momentum the weight cost alone makes the weights grow from the third epoch on, twofold an update.
TEST_F(Resume, DivergenceKeepsTheLastFiniteCheckpointAndARetryEndsWell) {
  const std::string command = std::string(
                                  "pretrain --layers 16 --epochs 6 --batch 10 --learning-rate 0.05 "
                                  "--weight-cost 60 --momentum 0.9:2,0 --quiet --checkpoint-every 1") +
                              kData;
  const auto diverged = try_run(command + " --checkpoint kept --out a");
  EXPECT_EQ(diverged.exit_code, 5);
  EXPECT_THAT(diverged.err, AllOf(HasSubstr("layer 1 diverged in epoch"), HasSubstr("update"), HasSubstr("rate 0.05"),
                                  HasSubstr("--on-divergence retry")));
  EXPECT_THAT(names_in(dir_.folder()), testing::ElementsAre("kept"));
  const auto names = names_in_folder(dir_.path("kept"));
  ASSERT_EQ(names.size(), 2U);
  for (const auto& name : names) succeed("inspect kept/" + name);
  EXPECT_THAT(diverged.err, HasSubstr("the last finite checkpoint is in kept"));
  succeed(command + " --checkpoint kept --out a --resume --on-divergence retry");
  const auto retried = succeed(command + " --checkpoint more --out b --on-divergence retry");
  EXPECT_THAT(retried.err, AllOf(HasSubstr("dbn: note: "), HasSubstr("retry 1 of 5"), HasSubstr("rate 0.025")));
  succeed(command + " --out c --on-divergence retry");
  EXPECT_EQ(bytes("b"), bytes("c")) << "checkpoints changed what a retry leads to";
}

TEST_F(Resume, AnAbsurdRateDivergesInEveryTrainingCommandUnlessRetried) {
  for (const char* command : {"pretrain --learning-rate 1e6", "pretrain --learning-rate 1e6 --pretrainer denoising",
                              "finetune --learning-rate 1e6", "compare --seeds 1 --finetune.learning-rate 1e6",
                              "compare --seeds 1 --starts rbm --pretrain.learning-rate 1e6"}) {
    const std::string all = std::string(command) + kData + " --layers 16,12 --quiet --force --out a";
    const auto result = try_run(all);
    EXPECT_EQ(result.exit_code, 5) << command;
    EXPECT_THAT(result.err, AllOf(HasSubstr("epoch 1"), HasSubstr("update"), HasSubstr("1e+06"), HasSubstr("try")));
    const auto retried = succeed(all + " --on-divergence retry");
    EXPECT_THAT(retried.err, HasSubstr("retry 1 of 5")) << command;
  }
}

TEST_F(Resume, TheFolderIsAFolderOfItsOwn) {
  const std::string command = std::string("pretrain --layers 16 --epochs 1 --quiet") + kData;
  succeed(command + " --out a --checkpoint kept/");
  EXPECT_THAT(names_in_folder(dir_.path("kept")), testing::ElementsAre("pretrain-000001.safetensors"));
  EXPECT_EQ(try_run(command + " --out b --checkpoint b").exit_code, 2);
  EXPECT_EQ(try_run(command + " --out b --checkpoint nowhere/kept").exit_code, 4);
  EXPECT_EQ(try_run(command + " --out b --checkpoint a").exit_code, 4);
  // Another command may have its checkpoints beside these, and neither touches the other's.
  succeed("finetune --layers 16 --epochs 1 --quiet --out m --force --checkpoint kept" + std::string(kData));
  EXPECT_THAT(names_in_folder(dir_.path("kept")),
              testing::ElementsAre("finetune-000001.safetensors", "pretrain-000001.safetensors"));
}

TEST_F(Resume, InspectShowsWhereACheckpointStands) {
  succeed(std::string("finetune --layers 16 --epochs 2 --quiet --checkpoint kept --out m") + kData);
  const std::string file = "inspect kept/finetune-000001.safetensors";
  const auto described = json::parse(try_run(file + " --json").out);
  EXPECT_EQ(described["format"], "dbn-checkpoint");
  EXPECT_EQ(described["position"]["stage"], "finetune");
  EXPECT_EQ(described["position"]["epoch"], 2);
  EXPECT_EQ(described["position"]["update"], 4);
  EXPECT_EQ(described["config"]["--momentum"], "0.5:5,0.9");
  EXPECT_THAT(try_run(file).out, AllOf(HasSubstr("epoch 2"), HasSubstr("0.weight.square")));
}

}  // namespace
}  // namespace dbn::test
