#include "command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/io/file.hpp>

#include "../support/temp_dir.hpp"
#include "../support/thread_count.hpp"
#include "nearest.hpp"

namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

// A command with an option of each kind.
struct Options {
  dbn::Index count = 3;
  double rate = 0.5;
  bool fast = false;
  std::vector<dbn::Index> layers{10, 20};
  std::string data = "none";
  std::string file;
  CommandLine line{"work", "Works."};

  Options() {
    line.add_argument("FILE", &file, "what to work on");
    line.add({{.name = "count", .value = &count, .help = "how many", .range = {1, 100}},
              {.name = "learning-rate", .value = &rate, .help = "how fast", .range = {0, 10, true}},
              {.name = "fast", .value = &fast, .help = "hurry"},
              {.name = "layers", .value = &layers, .help = "sizes", .range = {1, 1000}}});
    line.add({{.name = "data", .value = &data, .help = "cases"}}, "data");
  }
  bool parse(const std::vector<std::string>& arguments) { return line.parse(arguments); }
};

void expect_usage_error(const std::vector<std::string>& arguments, const std::string& what) {
  Options options;
  EXPECT_THAT([&] { options.parse(arguments); }, ThrowsMessage<dbn::InvalidArgument>(HasSubstr(what)))
      << testing::PrintToString(arguments);
}

// What parse() writes to stdout when it answers by itself.
std::string answer(Options& options, const std::vector<std::string>& arguments) {
  testing::internal::CaptureStdout();
  const bool goes_on = options.parse(arguments);
  std::string text = testing::internal::GetCapturedStdout();
  EXPECT_FALSE(goes_on);
  return text;
}

TEST(CommandLine, SetsOptionsArgumentsAndFlags) {
  Options options;
  EXPECT_TRUE(options.parse({"--count", "7", "model", "--learning-rate=0.25", "--fast", "--layers", "5,6,7"}));
  EXPECT_EQ(options.count, 7);
  EXPECT_EQ(options.rate, 0.25);
  EXPECT_TRUE(options.fast);
  EXPECT_THAT(options.layers, testing::ElementsAre(5, 6, 7));
  EXPECT_EQ(options.file, "model");
  EXPECT_TRUE(options.line.given("count"));
  EXPECT_FALSE(options.line.given("data"));
}

TEST(CommandLine, DefaultsStayWhenNothingIsGiven) {
  Options options;
  EXPECT_TRUE(options.parse({"model"}));
  EXPECT_EQ(options.count, 3);
  EXPECT_EQ(options.line.seed(), 0U);
  EXPECT_FALSE(options.line.global.json);
}

TEST(CommandLine, AnUnknownOptionNamesTheNearestKnownOne) {
  expect_usage_error({"f", "--lerning-rate", "1"}, "unknown option --lerning-rate, did you mean --learning-rate?");
  expect_usage_error({"f", "--cuont=1"}, "did you mean --count?");
  expect_usage_error({"f", "--xyzzyxyzzy"}, "unknown option --xyzzyxyzzy; see dbn work --help");
}

TEST(CommandLine, DoesNotGuessAbbreviations) {
  expect_usage_error({"f", "--learning", "1"}, "--learning");
  expect_usage_error({"f", "--coun", "1"}, "unknown option --coun, did you mean --count?");
}

TEST(CommandLine, RefusesValuesOutOfRangeOrOfAnotherKind) {
  for (const char* value : {"0", "-1", "101", "3x", "1e1", "", " 3", "3.5", "nan"})
    expect_usage_error({"f", std::string("--count=") + value}, "--count");
  for (const char* value : {"0", "-1", "nan", "inf", "11", "0x1", "1,5", "fast"})
    expect_usage_error({"f", "--learning-rate", value}, "--learning-rate");
  for (const char* value : {"0", "5,,6", "5,", "-5", "1e9x", "5;6"})
    expect_usage_error({"f", "--layers", value}, "--layers");
  expect_usage_error({"f", "--seed", "-1"}, "--seed");
  expect_usage_error({"f", "--threads", "1000000"}, "--threads");
  expect_usage_error({"f", "--color", "red"}, "--color");
}

TEST(CommandLine, RefusesTooFewAndTooManyArguments) {
  expect_usage_error({}, "expected FILE: what to work on");
  expect_usage_error({"a", "b"}, "unexpected 'b'");
  expect_usage_error({"a", "--count"}, "--count");
}

TEST(CommandLine, ThreadsReachTheLibrary) {
  const dbn::test::ThreadCount restored(dbn::thread_count());
  Options options;
  options.parse({"f", "--threads", "3"});
  EXPECT_EQ(dbn::thread_count(), 3);
}

TEST(CommandLine, HelpShowsEveryOptionWithItsLiveDefault) {
  Options options;
  options.count = 42;
  const std::string help = answer(options, {"--help"});
  for (const char* text : {"usage: dbn work FILE [options]", "Works.", "--count", "(default: 42)", "--learning-rate",
                           "--fast", "(default: 10,20)", "data options", "--seed", "--threads", "--print-config"})
    EXPECT_THAT(help, HasSubstr(text));
}

class CommandLineConfig : public testing::Test {
 protected:
  std::string write(std::string_view text) const {
    dbn::write_file(path_, text);
    return path_;
  }

  dbn::test::TempDir dir_;
  std::string path_ = dir_.path("x.ini");
};

TEST_F(CommandLineConfig, SetsOptionsButTheCommandLineWins) {
  write(
      "\xEF\xBB\xBF# a comment\r\n[work]\r\ncount = 9 ; nine\r\nlearning-rate = 2\r\nfast = true\r\n[data]\r\ndata = "
      "x#1\r\n");
  Options options;
  EXPECT_TRUE(options.parse({"f", "--learning-rate", "3", "--config", path_}));
  EXPECT_EQ(options.count, 9);
  EXPECT_EQ(options.rate, 3);
  EXPECT_TRUE(options.fast);
  EXPECT_EQ(options.data, "x#1");
}

TEST_F(CommandLineConfig, SectionsOfOtherCommandsAreTheirs) {
  Options options;
  EXPECT_TRUE(options.parse({"f", "--config", write("[play]\nanything = 1\n[work]\ncount = 4\n")}));
  EXPECT_EQ(options.count, 4);
}

TEST_F(CommandLineConfig, RefusesUnknownKeysAndBadValuesByFileAndLine) {
  for (const char* text : {"[work]\ncuont = 4\n", "[work]\ncount = 0\n", "[data]\ncount = 4\n", "[work]\ndata = x\n",
                           "[work]\nfast = perhaps\n"}) {
    write(text);
    expect_usage_error({"f", "--config", path_}, path_ + ":2:");
  }
  EXPECT_THROW(Options().parse({"f", "--config", write("nonsense")}), dbn::DataError);
  EXPECT_THROW(Options().parse({"f", "--config", dir_.path("missing")}), dbn::IoError);
}

TEST_F(CommandLineConfig, PrintConfigFedBackIsTheSameConfig) {
  Options first;
  const std::string config =
      answer(first, {"--count", "8", "--layers", "1,2", "--fast", "--data", "y", "--seed", "5", "--print-config"});
  write(config);
  Options second;
  EXPECT_EQ(answer(second, {"--config", path_, "--print-config"}), config);
  EXPECT_EQ(second.count, 8);
  EXPECT_EQ(second.line.seed(), 5U);
  EXPECT_TRUE(second.fast);
  EXPECT_EQ(second.data, "y");
  EXPECT_THAT(config, testing::StartsWith("[work]\n"));
  EXPECT_EQ(config.find("[work]"), config.rfind("[work]")) << config;
}

TEST(Nearest, FindsTheSmallestEditDistance) {
  const std::vector<std::string> known{"epochs", "batch", "layers"};
  EXPECT_EQ(nearest("epoch", known), "epochs");
  EXPECT_EQ(nearest("bathc", known), "batch");
  EXPECT_EQ(nearest("layers", known), "layers");
  EXPECT_EQ(nearest("temperature", known), "");
  EXPECT_EQ(nearest("anything", {}), "");
}

}  // namespace
