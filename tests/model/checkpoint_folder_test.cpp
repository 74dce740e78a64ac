#include <dbn/model/checkpoint_folder.hpp>

#include <filesystem>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/io/file.hpp>
#include <dbn/io/folder.hpp>
#include <dbn/pretrain/pretrain.hpp>

#include "../support/digits.hpp"
#include "../support/failing_calls.hpp"
#include "../support/small_state.hpp"
#include "../support/temp_dir.hpp"

namespace dbn {
namespace {

using test::SmallState;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

class CheckpointFolderTest : public testing::Test {
 protected:
  CheckpointFolder open(bool resume = true, CheckpointSchedule schedule = {}) const {
    return {path_,
            schedule,
            resume,
            {.stop_requested = [this] { return stop_; }, .notice = [this](const auto& text) { notices_ += text; }}};
  }
  // The value of the small state that is given out; 0 for none.
  double saved(const std::string& name = "run") const {
    CheckpointFolder folder = open();
    const auto run = folder.keeper(name, identity_)->take_saved();
    return run ? run->list("loop", 2)[0] : 0;
  }
  void keep(double value, const std::string& name = "run") const {
    CheckpointFolder folder = open();
    folder.keeper(name, identity_)->keep(SmallState(value).state);
  }
  void damage(const std::string& name) const {
    ByteBuffer bytes = read_file(path_ + "/" + name);
    bytes.back() ^= 1;
    write_file(path_ + "/" + name, bytes);
  }

  test::TempDir dir_;
  std::string path_ = dir_.path("kept");
  RunIdentity identity_{{"--batch", "100"}};
  bool stop_ = false;
  mutable std::string notices_;
};

TEST_F(CheckpointFolderTest, KeepsTheLastTwoOfEachRun) {
  for (const double value : {1, 2, 3, 4}) keep(value);
  keep(9, "run.other");
  EXPECT_THAT(names_in_folder(path_),
              ElementsAre("run-000003.safetensors", "run-000004.safetensors", "run.other-000001.safetensors"));
  EXPECT_EQ(saved(), 4);
  EXPECT_EQ(saved("run.other"), 9);
  EXPECT_EQ(saved("another"), 0);
}

TEST_F(CheckpointFolderTest, GivesNothingOutUnlessResumed) {
  keep(1);
  CheckpointFolder folder = open(false);
  EXPECT_FALSE(folder.keeper("run", identity_)->take_saved());
}

TEST_F(CheckpointFolderTest, ADamagedCheckpointLeadsToTheOneBefore) {
  for (const double value : {1, 2}) keep(value);
  damage("run-000002.safetensors");
  EXPECT_EQ(saved(), 1);
  EXPECT_THAT(notices_, AllOf(HasSubstr("run-000002"), HasSubstr("the checkpoint before it")));
  damage("run-000001.safetensors");
  EXPECT_THAT([&] { saved(); }, ThrowsMessage<DataError>(AllOf(HasSubstr("run-000002"), HasSubstr("--force"))));
}

TEST_F(CheckpointFolderTest, AnotherIdentityIsRefusedWithWhatDiffers) {
  keep(1);
  identity_["--batch"] = "50";
  EXPECT_THAT([&] { saved(); },
              ThrowsMessage<InvalidArgument>(AllOf(HasSubstr("run-000001"), HasSubstr("--batch: 100 then, 50 now"))));
}

TEST_F(CheckpointFolderTest, ForgetsOneRunAndClearsAllButForeignFiles) {
  for (const double value : {1, 2}) keep(value);
  keep(3, "run.b");
  for (const char* name : {"notes.txt", "run-1.safetensors", "run-x00001.safetensors", "-000001.safetensors"})
    write_file(path_ + "/" + name, "mine");
  CheckpointFolder folder = open();
  folder.forget("run");
  EXPECT_EQ(saved(), 0);
  EXPECT_EQ(saved("run.b"), 3);
  keep(4, "other");
  EXPECT_TRUE(CheckpointFolder::holds_checkpoints(path_, "run"));
  CheckpointFolder::clear(path_, "run");
  EXPECT_FALSE(CheckpointFolder::holds_checkpoints(path_, "run"));
  EXPECT_EQ(saved("other"), 4);
  CheckpointFolder::clear(path_, "other");
  EXPECT_EQ(names_in_folder(path_).size(), 4U);
}

TEST_F(CheckpointFolderTest, WantsStatesBySchedule) {
  CheckpointFolder by_epochs = open(true, CheckpointSchedule::parse("2 epochs", "--checkpoint-every"));
  const auto keeper = by_epochs.keeper("run", identity_);
  EXPECT_FALSE(keeper->wants(Moment::epoch_end));
  EXPECT_FALSE(keeper->wants(Moment::within_epoch));
  EXPECT_TRUE(keeper->wants(Moment::epoch_end));
  keeper->keep(SmallState(1).state);
  EXPECT_FALSE(keeper->wants(Moment::epoch_end));
  EXPECT_TRUE(keeper->wants(Moment::run_end));
  CheckpointFolder by_time = open(true, CheckpointSchedule::parse("0.000000001 s", "--checkpoint-every"));
  EXPECT_TRUE(by_time.keeper("run", identity_)->wants(Moment::within_epoch));
  CheckpointFolder seldom = open(true, CheckpointSchedule::parse("1000 s", "--checkpoint-every"));
  EXPECT_FALSE(seldom.keeper("run", identity_)->wants(Moment::epoch_end));
}

TEST_F(CheckpointFolderTest, WritesNothingBeforeAStopWhenAskedSo) {
  CheckpointFolder folder = open(true, {.only_at_stop = true});
  const auto finished = folder.keeper("finished", identity_);
  const auto running = folder.keeper("running", identity_);
  EXPECT_FALSE(running->wants(Moment::epoch_end));
  ASSERT_TRUE(finished->wants(Moment::run_end));
  finished->keep(SmallState(5).state);
  EXPECT_THAT(names_in_folder(dir_.folder()), IsEmpty());
  stop_ = true;
  running->keep(SmallState(6).state);
  EXPECT_EQ(saved("finished"), 5);
  EXPECT_EQ(saved("running"), 6);
}

TEST_F(CheckpointFolderTest, ServesSeveralRunsAtOnce) {
  CheckpointFolder folder = open();
  std::vector<std::thread> runs;
  for (int run = 0; run < 4; ++run)
    runs.emplace_back([&, run] {
      const auto keeper = folder.keeper("run." + std::to_string(run), identity_);
      for (int value = 1; value <= 5; ++value) keeper->keep(SmallState(10 * run + value).state);
    });
  for (auto& run : runs) run.join();
  for (int run = 0; run < 4; ++run) EXPECT_EQ(saved("run." + std::to_string(run)), 10 * run + 5);
  EXPECT_EQ(names_in_folder(path_).size(), 8U);
}

// Every call of the system on the way fails once: what was kept before can still be read, and nothing else stays
// behind.
TEST_F(CheckpointFolderTest, SurvivesAFailureOfEverySystemCall) {
  for (const int error : {EIO, ENOSPC})
    for (int n = 1;; ++n) {
      const test::TempDir dir;
      path_ = dir.path("kept");
      for (const double value : {1, 2, 3}) keep(value);
      std::string call;
      {
        const test::FailNthCall fault(n, error);
        try {
          keep(4);
        } catch (const IoError& failure) {
          EXPECT_THAT(failure.what(), HasSubstr(path_)) << call;
        }
        call = fault.call();
      }
      EXPECT_THAT(saved(), testing::AnyOf(3, 4)) << n << ": " << call;
      EXPECT_EQ(notices_, "") << n << ": " << call;
      if (call != "unlink") {
        EXPECT_THAT(names_in_folder(path_), testing::Each(testing::StartsWith("run-"))) << n << ": " << call;
      }
      keep(5);
      EXPECT_EQ(saved(), 5) << n << ": " << call;
      if (call.empty()) break;
    }
}

TEST_F(CheckpointFolderTest, AFullDiskLeavesNoEmptyFolder) {
  std::string call;
  for (int n = 1; call != "write"; ++n) {
    std::filesystem::remove_all(path_);  // without locks, say, it is kept all the same
    const test::FailNthCall fault(n, ENOSPC);
    try {
      keep(1);
    } catch (const IoError&) {
    }
    call = fault.call();
    ASSERT_FALSE(call.empty());
  }
  EXPECT_THAT(names_in_folder(dir_.folder()), IsEmpty());
}

// A whole run whose every call on the file system fails once: it ends with the message, and resumed with the same bits.
TEST_F(CheckpointFolderTest, APretrainingSurvivesAFailureOfEverySystemCall) {
  const auto cases = test::digits(Purpose::synthetic_training, 40);
  PretrainOptions options;
  options.layers = {6, 4};
  options.epochs = {2};
  options.batch = 20;
  const Stack whole = pretrain(cases, nullptr, options, 1).stack;
  const auto run = [&] {
    CheckpointFolder folder = open(true, CheckpointSchedule::parse("1 epochs", "--checkpoint-every"));
    const auto keeper = folder.keeper("run", identity_);
    return pretrain(cases, nullptr, options, 1, {}, keeper.get()).stack;
  };
  for (int n = 1;; ++n) {
    const test::TempDir dir;
    path_ = dir.path("kept");
    std::string call;
    {
      const test::FailNthCall fault(n, ENOSPC);
      try {
        run();
      } catch (const IoError& failure) {
        EXPECT_THAT(failure.what(), HasSubstr(path_)) << fault.call();
      }
      call = fault.call();
    }
    const test::FailNthCall no_fault(0, 0);
    const Stack resumed = run();
    for (std::size_t i = 0; i < 2; ++i)
      EXPECT_EQ(encoder_weights(resumed.layers[i]), encoder_weights(whole.layers[i])) << n << ": " << call;
    if (call.empty()) break;
  }
}

TEST(CheckpointSchedule, ReadsSecondsAndEpochsStrictly) {
  const auto parse = [](std::string_view text) { return CheckpointSchedule::parse(text, "--checkpoint-every"); };
  EXPECT_EQ(parse("30 s").seconds, 30);
  EXPECT_EQ(parse("0.5s").seconds, 0.5);
  EXPECT_EQ(parse("0.5s").epochs, 0);
  for (const char* text : {"5", "5 epochs", "5epochs", "5 epoch"}) {
    EXPECT_EQ(parse(text).epochs, 5) << text;
    EXPECT_EQ(parse(text).seconds, 0) << text;
  }
  for (const char* text : {"", "s", "0", "0 s", "-1", "1.5 epochs", "5 m", "nan", "inf s", "5  s", "5 s ", "1e99 s"})
    EXPECT_THAT([&] { parse(text); }, ThrowsMessage<InvalidArgument>(HasSubstr("--checkpoint-every"))) << text;
}

}  // namespace
}  // namespace dbn
