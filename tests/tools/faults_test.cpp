// What the tool answers when the system fails it: exit code 4, one line that names file and cause, older files as they
// were, and nothing of its own left behind.

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <dbn/io/file.hpp>

#include "../support/peak_memory.hpp"
#include "../support/tool_test.hpp"

namespace dbn::test {
namespace {

constexpr const char* kData = " --data synthetic:digits,cases=200,test=100";
constexpr const char* kOld = "precious";

/// A small file system of its own on a folder, seen by this process and its children only. Only root may have one.
class SmallDisk {
 public:
  explicit SmallDisk(const std::string& folder) : folder_(folder) {
    // The mounts of this process become its own, and go with it even when it is killed.
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return;
    mounted_ = mount("tmpfs", folder_.c_str(), "tmpfs", 0, "size=2m") == 0;
  }
  ~SmallDisk() {
    if (mounted_) umount2(folder_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool mounted() const { return mounted_; }
  bool make_read_only() const { return mount("none", folder_.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) == 0; }
  /// Leaves no byte free.
  void fill() const {
    std::ofstream file(folder_ + "/filler", std::ios::binary);
    const std::string page(4096, 'x');
    while (file.write(page.data(), static_cast<std::streamsize>(page.size())).flush()) {
    }
  }

 private:
  std::string folder_;
  bool mounted_ = false;
};

#define SKIP_WITHOUT_MOUNT(disk) \
  if (!(disk).mounted())         \
  GTEST_SKIP() << "a file system of its own needs root: mount: " << std::generic_category().message(errno)

class Faults : public ToolTest {
 protected:
  static void expect_one_line(const CommandResult& result, const std::string& file, const std::string& cause,
                              const std::string& arguments) {
    EXPECT_EQ(result.exit_code, 4) << arguments << "\n" << result.err;
    EXPECT_THAT(result.err, AllOf(StartsWith("dbn: error: "), HasSubstr(file), HasSubstr(cause))) << arguments;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    EXPECT_EQ(result.out, "") << arguments;
  }
  /// A model for predict, beside the folder that is written to.
  void make_model() const { succeed(std::string("finetune --out m --epochs 1 --layers 8 --quiet") + kData); }
  /// Every command that writes a file; the file's path is still to follow.
  std::vector<std::string> writers() const {
    const std::string train = std::string(" --epochs 1 --layers 16,12 --quiet") + kData + " --out ";
    return {"pretrain" + train, "finetune" + train,
            std::string("compare --starts xavier,he --seeds 1 --layers 8 --finetune.epochs 1 --quiet --report none") +
                kData + " --out ",
            "predict " + dir_.path("m") + kData + " --proba --out ", std::string("data make") + kData + " --out "};
  }
  /// Those that make files of a model or stack, and of a file of another tool; some want a path that ends in .csv.
  std::vector<std::string> converters() const {
    make_model();
    succeed(std::string("pretrain --out s --epochs 1 --layers 8 --quiet") + kData);
    succeed("export m --fold-scaling --out foreign");
    return {"export " + dir_.path("m") + " --out ", "export " + dir_.path("m") + " --to npz --out ",
            "import " + dir_.path("foreign") + " --activation relu --out ",
            "encode " + dir_.path("m") + kData + " --out ", "reconstruct " + dir_.path("s") + kData + " --out "};
  }
  std::vector<std::string> all_writers() const {
    auto all = converters();
    for (const auto& command : writers()) all.push_back(command);
    return all;
  }
};

TEST_F(Faults, AFullDiskKeepsTheOldFileAndNothingElse) {
  const auto commands = all_writers();
  std::filesystem::create_directory(dir_.path("disk"));
  const SmallDisk disk(dir_.path("disk"));
  SKIP_WITHOUT_MOUNT(disk);
  write("disk/old.csv", kOld);
  disk.fill();
  const auto before = names_in(dir_.path("disk"));
  for (const auto& command : commands)
    for (const char* out : {"disk/new.csv", "disk/old.csv --force"}) {
      expect_one_line(try_run(command + out), words(out)[0], "No space left on device", command);
      EXPECT_EQ(names_in(dir_.path("disk")), before) << command;
      EXPECT_EQ(text("disk/old.csv"), kOld) << command;
    }
}

TEST_F(Faults, ADiskThatFillsHalfwayKeepsTheOldFile) {
  std::filesystem::create_directory(dir_.path("disk"));
  const SmallDisk disk(dir_.path("disk"));
  SKIP_WITHOUT_MOUNT(disk);
  write("disk/old", kOld);
  // About 3 MB of weights, for a disk of 2 MB.
  const std::string command = std::string("pretrain --epochs 1 --layers 1000 --quiet") + kData;
  expect_one_line(try_run(command + " --out disk/old --force"), "disk/old", "No space left on device", command);
  EXPECT_EQ(text("disk/old"), kOld);
  EXPECT_EQ(names_in(dir_.path("disk")), std::vector<std::string>{"old"});
  succeed(std::string("pretrain --epochs 1 --layers 16 --quiet") + kData + " --out disk/old --force");
}

TEST_F(Faults, AReadOnlyFolderIsNoticedBeforeAnyWork) {
  make_model();
  std::filesystem::create_directory(dir_.path("disk"));
  const SmallDisk disk(dir_.path("disk"));
  // Permission bits count for everybody but root, who has the other way.
  if (geteuid() == 0) {
    SKIP_WITHOUT_MOUNT(disk);
  }
  write("disk/old", kOld);
  std::filesystem::permissions(dir_.path("disk"), std::filesystem::perms{0555});
  ASSERT_TRUE(!disk.mounted() || disk.make_read_only());
  const char* const cause = disk.mounted() ? "Read-only file system" : "Permission denied";
  for (const auto& command : writers())
    for (const char* out : {"disk/new", "disk/old --force"}) {
      // Test cases that are missing would be the error if anything had been read before; data make reads none.
      const std::string missing = command.starts_with("data make") ? "" : " --test none.csv";
      expect_one_line(try_run(command + out + missing), words(out)[0], cause, command);
      EXPECT_EQ(names_in(dir_.path("disk")), std::vector<std::string>{"old"}) << command;
      EXPECT_EQ(text("disk/old"), kOld) << command;
    }
  if (!disk.mounted()) std::filesystem::permissions(dir_.path("disk"), std::filesystem::perms{0755});
}

TEST_F(Faults, TheLimitOfAFileIsAnErrorAndNoDeath) {
  if (!kPlainHeap) GTEST_SKIP() << "a sanitizer keeps its shadow in files, which the limit hits";
  const auto commands = all_writers();
  std::filesystem::create_directory(dir_.path("folder"));
  write("folder/old.csv", kOld);
  for (const auto& command : commands)
    for (const char* out : {"folder/new.csv", "folder/old.csv --force"}) {
      expect_one_line(try_run(command + out, "ulimit -f 1;"), words(out)[0], "File too large", command);
      EXPECT_EQ(names_in(dir_.path("folder")), std::vector<std::string>{"old.csv"}) << command;
      EXPECT_EQ(text("folder/old.csv"), kOld) << command;
    }
}

TEST_F(Faults, AFolderOfTablesIsWholeOrNotAtAll) {
  if (!kPlainHeap) GTEST_SKIP() << "a sanitizer keeps its shadow in files, which the limit hits";
  make_model();
  const std::string command = "export m --to csv --out ";
  succeed(command + "old");
  succeed(std::string("finetune --out m --force --epochs 2 --layers 8 --quiet") + kData);
  const auto before = names_in(dir_.path("old"));
  std::vector<std::string> texts;
  for (const auto& name : before) texts.push_back(text("old/" + name));
  for (const char* out : {"new", "old --force"})
    expect_one_line(try_run(command + out, "ulimit -f 1;"), words(out)[0], "File too large", command);
  EXPECT_EQ(names_in(dir_.folder()), (std::vector<std::string>{"m", "old"}));
  EXPECT_EQ(names_in(dir_.path("old")), before);
  for (std::size_t i = 0; i < before.size(); ++i) EXPECT_EQ(text("old/" + before[i]), texts[i]) << before[i];
}

// Files that are written while their cases come, two of them at once as well: none is there before all is.
TEST_F(Faults, StreamedFilesAreWholeOrNotAtAll) {
  if (!kPlainHeap) GTEST_SKIP() << "a sanitizer keeps its shadow in files, which the limit hits";
  make_model();
  succeed(std::string("pretrain --out s --epochs 1 --layers 8 --quiet") + kData);
  std::filesystem::create_directory(dir_.path("folder"));
  const std::vector<std::string> old{"folder/old.csv", "folder/old.npy"};
  for (const auto& name : old) write(name, kOld);
  const auto before = names_in(dir_.path("folder"));
  for (const auto& command : {"predict m --proba --out ", "encode m --out ", "reconstruct s --out ",
                              "reconstruct s --errors ", "reconstruct s --errors folder/e.csv --out "})
    for (const char* out : {"folder/new.csv", "folder/new.npy", "folder/old.csv --force", "folder/old.npy --force"}) {
      // Cases of more than a batch, of which the limit lets less than one into a file.
      const auto result =
          try_run(std::string(command) + out + " --data synthetic:digits,cases=600,test=0", "ulimit -f 2;");
      expect_one_line(result, "folder/", "File too large", command);
      EXPECT_EQ(names_in(dir_.path("folder")), before) << command;
      for (const auto& name : old) EXPECT_EQ(text(name), kOld) << command;
    }
}

// The result that has taken so long is there, although nobody could be told.
TEST_F(Faults, ALostStdoutIsAnErrorAndTheFileIsWhole) {
  make_model();
  for (const auto& command : writers()) {
    const std::string name = words(command)[0];
    if (name == "predict") continue;  // it prints nothing when its rows go to a file
    for (const char* redirect : {">/dev/full", ">&-"}) {
      expect_one_line(try_run(command + "new", "", redirect), "stdout", redirect[1] == '&' ? "Bad file" : "No space",
                      name);
      const std::string written = text("new");
      const auto lines = std::count(written.begin(), written.end(), '\n');
      if (name == "compare")
        EXPECT_EQ(lines, 1 + 2) << "a header and the runs";
      else if (name == "data")
        EXPECT_EQ(lines, 201);
      else
        succeed("inspect new");
      std::filesystem::remove(dir_.path("new"));
    }
  }
  EXPECT_EQ(names_in(dir_.folder()), std::vector<std::string>{"m"});
}

TEST_F(Faults, ALostStdoutIsAnErrorOfEveryCommandThatPrints) {
  make_model();
  for (const auto& command :
       {std::string("help"), std::string("--version"), std::string("pretrain --help"),
        std::string("compare --print-config"), std::string("finetune --dry-run") + kData,
        std::string("evaluate m") + kData, std::string("evaluate m --json") + kData, std::string("predict m") + kData,
        std::string("encode m") + kData, std::string("predict m --out p --dry-run") + kData,
        std::string("predict m --out p --force --json") + kData, std::string("inspect m"),
        std::string("data info") + kData, std::string("data --help")})
    for (const char* redirect : {">/dev/full", ">&-"})
      expect_one_line(try_run(command, "", redirect), "stdout", "", command);
  // It takes longer than the others.
  const std::string bench = "bench --shapes 8x8 --net 8,8,10 --batch 10 --cases 10 --rounds 1 --quiet";
  expect_one_line(try_run(bench, "", ">/dev/full"), "stdout", "", bench);
  EXPECT_EQ(names_in(dir_.folder()), (std::vector<std::string>{"m", "p"}));
}

// A file that is opened while stdout or stderr is closed would get its number, and then what is printed.
TEST_F(Faults, TheNumbersOfClosedStreamsAreTaken) {
  expect_one_line(try_run("pretrain --print-config --config /dev/fd/1", "", ">&-"), "stdout", "Bad file", "");
  succeed("pretrain --print-config --config /dev/fd/2", "", "2>&-");
  for (const char* redirect : {"2>&-", "<&- >&- 2>&-"}) {
    const auto result = try_run(std::string("pretrain --epochs 1 --layers 8 --force --out s") + kData, "", redirect);
    EXPECT_EQ(result.exit_code, redirect[0] == '<' ? 4 : 0);
    EXPECT_EQ(result.err, "");
    succeed("inspect s");
  }
}

class DeletedFolder : public Faults {
 protected:
  static constexpr const char* kInIt = "mkdir d && cd d && rmdir ../d &&";
};

TEST_F(DeletedFolder, RelativePathsAreNamedWithTheCause) {
  make_model();
  for (const auto& command : writers())
    for (const char* out : {"new", "./new", "new --force"})
      expect_one_line(try_run(command + out, kInIt), words(out)[0], "deleted", command);
  // Names that nobody has given, and files that are read.
  expect_one_line(try_run(std::string("pretrain") + kData, kInIt), "stack.safetensors", "deleted", "");
  expect_one_line(try_run(std::string("finetune") + kData, kInIt), "model.safetensors", "deleted", "");
  expect_one_line(try_run("pretrain --data x.csv", kInIt), "stack.safetensors", "deleted", "");
  expect_one_line(try_run("evaluate m" + std::string(kData), kInIt), "m", "No such file", "");
  expect_one_line(try_run("data info --data x.csv", kInIt), "x.csv", "No such file", "");
  expect_one_line(try_run("data info --config x.ini", kInIt), "x.ini", "No such file", "");
  EXPECT_EQ(names_in(dir_.folder()), std::vector<std::string>{"m"});
}

TEST_F(DeletedFolder, AbsolutePathsWorkAsAnywhere) {
  make_model();
  succeed(std::string("data make --out x.csv --test-out y.csv") + kData);
  const std::string data = " --data " + dir_.path("x.csv") + " --test " + dir_.path("y.csv");
  const std::string train = data + " --epochs 1 --layers 16,12 --quiet";
  for (const std::string& command : {"pretrain" + train, "finetune" + train, "predict " + dir_.path("m") + data}) {
    const auto there = succeed(command + " --out " + dir_.path("there"), kInIt);
    succeed(command + " --out " + dir_.path("here"));
    EXPECT_EQ(text("there"), text("here")) << command;
    std::filesystem::remove(dir_.path("there"));
    std::filesystem::remove(dir_.path("here"));
  }
  // A file that is also read is recognised there too.
  const auto same = try_run("data convert --force" + data + " --out " + dir_.path("x.csv"), kInIt);
  EXPECT_EQ(same.exit_code, 2) << same.err;
}

TEST_F(Faults, WhatAKilledRunLeftIsRemovedByTheNext) {
  write("folder.txt", "text");
  // No process has this number: it is beyond the largest that Linux gives.
  write(".s.dbn-tmp-4194305-0", "left behind");
  succeed(std::string("pretrain --epochs 1 --layers 8 --quiet --out s") + kData);
  EXPECT_EQ(names_in(dir_.folder()), (std::vector<std::string>{"folder.txt", "s"}));
}

}  // namespace
}  // namespace dbn::test
