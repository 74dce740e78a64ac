// What the tool answers to wrong requests: exit codes and messages, and that nothing is written.

#include <algorithm>
#include <filesystem>

#include <dbn/io/file.hpp>

#include "../support/tool_test.hpp"

namespace dbn::test {
namespace {

constexpr const char* kSmall = " --data synthetic:digits,cases=200,test=100 --layers 16,12 --epochs 1 --quiet";

using Usage = ToolTest;

TEST_F(Usage, HelpAndVersionAreAnswered) {
  for (const char* arguments : {"--help", "help", "pretrain --help", "finetune --help", "compare --help",
                                "evaluate --help", "predict --help", "encode --help", "inspect --help", "init --help",
                                "bench --help", "data --help", "reproduce --help", "reproduce seed-linear --help"}) {
    const auto result = run_dbn(words(arguments));
    EXPECT_EQ(result.exit_code, 0) << arguments;
    EXPECT_THAT(result.out, HasSubstr("usage: dbn")) << arguments;
    EXPECT_EQ(result.err, "");
  }
  EXPECT_THAT(run_dbn({"--version"}).out, testing::MatchesRegex("dbn [0-9.]+\n"));
  EXPECT_EQ(run_dbn({"--version"}).out, run_dbn({"pretrain", "--version"}).out);
}

TEST_F(Usage, UnknownCommandsAndOptionsNameTheNearest) {
  expect_refused(2, "expected a command", "");
  expect_refused(2, "did you mean pretrain?", "pretran");
  expect_refused(2, "unknown command 'xyz'", "xyz");
  expect_refused(2, "did you mean --learning-rate?", "pretrain --lerning-rate 1");
  expect_refused(2, "did you mean --epochs?", "finetune --epoch 1");
  expect_refused(2, "unexpected 'more'", "pretrain more");
  expect_refused(2, "MODEL", "evaluate");
}

TEST_F(Usage, ValuesThatAreNoneOfTheirKindAreUsageErrors) {
  for (const char* option : {"--layers 0",
                             "--layers -5",
                             "--layers 1e9x",
                             "--layers 5,,5",
                             "--epochs 0",
                             "--epochs 2.5",
                             "--learning-rate nan",
                             "--learning-rate 0",
                             "--learning-rate -1",
                             "--learning-rate inf",
                             "--validation 1.5",
                             "--validation -1",
                             "--validation 200000",
                             "--threads -1",
                             "--threads 1000000",
                             "--seed -1",
                             "--seed x",
                             "--limit -1",
                             "--batch 0",
                             "--momentum 2",
                             "--scale big",
                             "--binarize sometimes",
                             "--binarize threshold:nan",
                             "--visible round",
                             "--epochs 1,2,3,4",
                             "--data synthetic:digits,cases=x",
                             "--data synthetic:nothing"})
    expect_refused(2, words(option)[0] == "--data" ? "" : words(option)[0], std::string("pretrain ") + option);
  for (const char* option :
       {"--layers 0", "--epochs 0", "--learning-rate nan", "--learning-rate 0", "--learning-rate -1",
        "--validation 1.5", "--threads -1", "--init magic", "--optimizer magic", "--labels -1", "--labels 200000"})
    expect_refused(2, words(option)[0], std::string("finetune ") + option);
  for (const char* option : {"--layers 0", "--init magic", "--activation magic", "--cases 0", "--init-gain 0",
                             "--init-connections 0", "--init-output magic"})
    expect_refused(2, words(option)[0], std::string("init ") + option);
  for (const char* option : {"--layers 0", "--seeds 0", "--starts rbm,rbm", "--starts magic", "--labels none",
                             "--pretrain.epochs 0", "--finetune.learning-rate nan", "--validation 1.5"})
    expect_refused(2, words(option)[0], std::string("compare ") + option);
  for (const char* option : {"--shapes 784", "--shapes 0x5", "--shapes 5x1e9", "--shapes ax5", "--net 784,10",
                             "--net 784,50,9", "--cases 0", "--rounds 0", "--batch 0"})
    expect_refused(2, words(option)[0], std::string("bench ") + option);
}

TEST_F(Usage, MissingFilesAreErrorsOfTheSystem) {
  expect_refused(4, "none.csv", "pretrain --data none.csv");
  expect_refused(4, "none.idx", std::string("pretrain --label-file none.idx") + kSmall + " --data none.idx");
  expect_refused(4, "none", std::string("evaluate none") + " --data synthetic:digits,cases=5,test=5");
  expect_refused(4, "none", "finetune --from none --data synthetic:digits,cases=50,test=5");
  expect_refused(4, "none.ini", "pretrain --config none.ini");
}

TEST_F(Usage, BadDataFilesAreNamedWithTheirFault) {
  write("ragged.csv", "1,2,a\n3,4,b\n5,b\n");
  expect_refused(3, "ragged.csv", "pretrain --data ragged.csv");
  const std::string header{"\0\0\x08\x03\0\0\0\x02\0\0\0\x02\0\0\0\x02", 16};
  write("short.idx", header + "abcdefg");
  expect_refused(3, "short.idx", "pretrain --data short.idx");
  write("magic.idx", "\x01" + header.substr(1) + "abcdefgh");
  expect_refused(3, "magic.idx", "pretrain --data magic.idx");
  write("images.idx", header + "abcdefgh");
  write("labels.idx", std::string{"\0\0\x08\x01\0\0\0\x03\0\1\2", 11});
  expect_refused(3, "labels.idx", "finetune --data images.idx --label-file labels.idx");
  std::filesystem::create_directory(dir_.path("empty"));
  expect_refused(3, "train-images-idx3-ubyte", "pretrain --data empty");
}

TEST_F(Usage, ModelAndDataMustFitEachOther) {
  succeed(std::string("pretrain --out s") + kSmall);
  succeed(std::string("finetune --init he --out m") + kSmall);
  write("small.csv", "1,2,a\n3,4,b\n");
  write("foreign.csv", "not a model");
  expect_refused(3, "features", "evaluate m --data small.csv");
  expect_refused(3, "features", "predict m --data small.csv");
  expect_refused(3, "features", "finetune --from s --data small.csv");
  expect_refused(3, "classes", "finetune --from m --data synthetic:rectangles,cases=20,test=5");
  expect_refused(3, "dbn-stack", "evaluate s --data synthetic:digits,cases=20,test=20");
  expect_refused(3, "foreign.csv", "inspect foreign.csv");
  expect_refused(3, "small.csv", "finetune --label-column none --data small.csv --layers 3");
  expect_refused(2, "--init", "finetune --from s --init he --data synthetic:digits,cases=20,test=20");
  expect_refused(2, "--init-gain", "finetune --from s --init-gain 2 --data synthetic:digits,cases=20,test=20");
  expect_refused(2, "--top", "predict m --top 11 --data synthetic:digits,cases=20,test=20");
}

TEST_F(Usage, OutputsThatCannotBeWrittenAreNoticedBeforeAnyWork) {
  std::filesystem::create_directory(dir_.path("folder"));
  write("old", "precious");
  for (const char* command : {"pretrain", "finetune"}) {
    const std::string start = std::string(command) + kSmall;
    expect_refused(4, "nowhere", start + " --out nowhere/x");
    expect_refused(4, "is a folder", start + " --out folder");
    expect_refused(4, "--force", start + " --out old");
  }
  expect_refused(4, "--force", "compare --seeds 1 --out old --data synthetic:digits,cases=50,test=50");
  expect_refused(4, "--force", "data make --data synthetic:digits,cases=50,test=5 --out old");
  EXPECT_EQ(read_file(dir_.path("old")).size(), 8U);
}

TEST_F(Usage, AFileThatIsReadIsNeverWrittenOver) {
  succeed(std::string("pretrain --out s") + kSmall);
  write("x.csv", "1,2,a\n3,4,b\n");
  expect_refused(2, "also read", "finetune --from s --out s --force --data synthetic:digits,cases=50,test=5");
  expect_refused(2, "also read", "finetune --from s --out ./s --force --data synthetic:digits,cases=50,test=5");
  expect_refused(2, "also read", "pretrain --data x.csv --out x.csv --force");
  expect_refused(2, "also read", "pretrain --data synthetic:digits --test x.csv --out x.csv --force");
  expect_refused(2, "also read", "data convert --data x.csv --out x.csv --force");
  succeed(std::string("finetune --init he --out m") + kSmall);
  expect_refused(2, "also read", "predict m --data x.csv --out m --force");
  expect_refused(2, "also read", "predict m --data x.csv --out x.csv --force");
}

TEST_F(Usage, ForceReplacesAndDryRunWritesNothing) {
  write("old", "precious");
  for (const char* command : {"pretrain", "finetune"}) {
    const auto before = read_file(dir_.path("old"));
    succeed(std::string(command) + kSmall + " --out old --dry-run");
    EXPECT_EQ(read_file(dir_.path("old")), before);
    succeed(std::string(command) + kSmall + " --out old --force");
    EXPECT_NE(read_file(dir_.path("old")), before);
  }
  EXPECT_EQ(names_in(dir_.folder()), (std::vector<std::string>{"old"}));
}

TEST_F(Usage, DivergenceSaysWhereAndLeavesNoFile) {
  const std::string rate = " --learning-rate 1e9 --momentum 0.9";
  for (const char* kind : {"--visible gaussian", "--pretrainer autoencoder --loss squared-error"})
    expect_refused(
        5, "layer 1",
        std::string("pretrain --data synthetic:digits,cases=200 --layers 16 --quiet --epochs 20 ") + kind + rate);
  expect_refused(5, "diverged",
                 "finetune --data synthetic:digits,cases=200 --layers 16,12 --activation linear --quiet --epochs 20 "
                 "--optimizer sgd --batch 10 "
                 "--schedule constant" +
                     rate);
}

}  // namespace
}  // namespace dbn::test
