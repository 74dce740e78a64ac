// Numbers in label columns, from data file to predictions.

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <dbn/io/file.hpp>

#include "../support/run_command.hpp"
#include "../support/temp_dir.hpp"

namespace dbn::test {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

constexpr const char* kTargets = " --task regression --label-column price,share";
constexpr const char* kSmall = " --quiet --layers 16 --epochs 30 --batch 10 --learning-rate 0.01";

class RegressionTool : public testing::Test {
 protected:
  RegressionTool() {
    write("train.csv", table(0, 120));
    write("test.csv", table(120, 160));
  }

  // Two features and two targets that follow from them: a price near 1000, and a share from 0 to 1.
  static std::string table(int first, int last) {
    std::string text = "price,x,y,share\n";
    for (int i = first; i < last; ++i) {
      const double x = (i * 37 % 100) / 100.0;
      const double y = (i * 61 % 89) / 89.0;
      text += fmt::format("{},{},{},{}\n", 1000 + 50 * x - 20 * y, x, y, x > y ? 1 : 0);
    }
    return text;
  }
  void write(const std::string& name, const std::string& text) const { write_file(dir_.path(name), text); }
  CommandResult try_run(const std::string& arguments) const {
    return run_dbn(words(arguments), {.folder = dir_.folder(), .prefix = "", .redirect = ""});
  }
  std::string run(const std::string& arguments) const {
    const auto result = try_run(arguments);
    EXPECT_EQ(result.exit_code, 0) << arguments << "\n" << result.err;
    return result.out;
  }
  json run_json(const std::string& arguments) const { return json::parse(run(arguments + " --json")); }
  void expect_refused(int code, const std::string& arguments, const std::string& word) const {
    const auto result = try_run(arguments);
    EXPECT_EQ(result.exit_code, code) << arguments << "\n" << result.err;
    EXPECT_THAT(result.err, HasSubstr(word)) << arguments;
  }

  TempDir dir_;
};

TEST_F(RegressionTool, FromTableToPredictions) {
  const json trained = run_json(std::string("finetune --data train.csv --test test.csv --out m") + kTargets + kSmall);
  EXPECT_EQ(trained["data"]["targets"], 2);
  EXPECT_GT(trained["test_r2"], 0.5);
  EXPECT_EQ(trained["test_error"], 100 * (1 - trained["test_r2"].get<double>()));
  EXPECT_TRUE(trained["test_rmse"].is_number());

  const json e = run_json("evaluate m --data test.csv --label-column price,share");
  EXPECT_EQ(e["cases"], 40);
  EXPECT_EQ(e["r2"], trained["test_r2"]);
  EXPECT_EQ(e["rmse"], trained["test_rmse"]);
  ASSERT_EQ(e["targets"].size(), 2U);
  EXPECT_EQ(e["targets"][0]["name"], "price");
  EXPECT_GT(e["targets"][0]["r2"], 0.9);
  EXPECT_THAT(run("evaluate m --data test.csv --label-column price,share"), AllOf(HasSubstr("R2"), HasSubstr("share")));

  const std::string csv = run("predict m --data test.csv --label-column price,share");
  EXPECT_THAT(csv, testing::StartsWith("price,share\n"));
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 41);
  const json p = run_json("predict m --data test.csv --label-column price,share");
  ASSERT_EQ(p["predictions"].size(), 40U);
  EXPECT_NEAR(p["predictions"][0][0].get<double>(), 1000, 100) << "in the target's own units";

  const json d = run_json("inspect m");
  EXPECT_EQ(d["task"], "regression");
  EXPECT_EQ(d["loss"], "squared-error");
  EXPECT_EQ(d["targets"], json({"price", "share"}));
}

TEST_F(RegressionTool, GoesOnFromAModelWhereItStands) {
  const std::string data = " --data train.csv --test test.csv --label-column price,share";
  const json first = run_json("finetune --out m" + data + kSmall + " --task regression");
  const json again = run_json("finetune --quiet --from m --out n --epochs 1 --learning-rate 1e-9" + data);
  EXPECT_NEAR(again["test_r2"].get<double>(), first["test_r2"].get<double>(), 1e-3);
  expect_refused(2, "finetune --from m --task classification --force --out n" + data, "--task");
  expect_refused(2, "finetune --from m --loss binary-cross-entropy --force --out n" + data, "--loss");
}

TEST_F(RegressionTool, StartsFromAStackToo) {
  run(std::string("pretrain --quiet --layers 8 --epochs 1 --data train.csv --out s") + kTargets);
  const json r =
      run_json(std::string("finetune --quiet --from s --epochs 2 --labels 50 --data train.csv --out m") + kTargets);
  EXPECT_EQ(r["epochs"].size(), 2U);
  EXPECT_TRUE(r["test_error"].is_null());
}

TEST_F(RegressionTool, ProbabilitiesArePredictedAsSuch) {
  const std::string data =
      " --data train.csv --test test.csv --label-column share --task regression --scale standardize";
  const json r = run_json("finetune --loss binary-cross-entropy --out m" + data + kSmall);
  EXPECT_TRUE(r["test_cross_entropy"].is_number());
  const json e = run_json("evaluate m --data test.csv --label-column share");
  EXPECT_LT(e["wrong_side"], 20);
  const json predicted = run_json("predict m --data test.csv --label-column share");
  for (const auto& row : predicted.at("predictions")) {
    EXPECT_GE(row[0], 0);
    EXPECT_LE(row[0], 1);
  }
  expect_refused(3, std::string("finetune --loss binary-cross-entropy --out n --data train.csv") + kTargets,
                 "expected 0 to 1");
}

TEST_F(RegressionTool, RefusesWhatItCannotDo) {
  write("gap.csv", "x,y\n1,2\n3,\n");
  expect_refused(3, "finetune --task regression --data gap.csv", "line 3, column 2");
  expect_refused(3, "finetune --data train.csv --label-column price,share", "--task regression");
  expect_refused(2, "finetune --loss squared-error", "--loss");
  expect_refused(2, "compare --finetune.task regression", "--finetune.task");
  run(std::string("finetune --data train.csv --out m --epochs 1 --layers 4 --quiet") + kTargets);
  for (const char* option : {"--proba", "--top 1"})
    expect_refused(2, std::string("predict m --data test.csv --label-column price,share ") + option, "no classes");
  expect_refused(3, "evaluate m --data test.csv --label-column price", "expected 2 targets (price, share), found 1");
  expect_refused(3, "evaluate m --data test.csv --label-column none",
                 "expected 2 features, as the model has inputs, found 4");
}

std::string optdigits() {
  const char* given = std::getenv("DBN_DATA_DIR");
  const std::string folder = std::string(given != nullptr ? given : DBN_DATA_DIR_DEFAULT) + "/optdigits/optdigits";
  return " --quiet --data " + folder + ".tra --test " + folder + ".tes --out m";
}

class OptdigitsData : public RegressionTool {};

TEST_F(OptdigitsData, ClassesAreLearntByDefaults) { EXPECT_LE(run_json("finetune" + optdigits())["test_error"], 3.5); }

TEST_F(OptdigitsData, TheDigitAsANumberIsLearntByDefaults) {
  EXPECT_GE(run_json("finetune --task regression" + optdigits())["test_r2"], 0.92);
}

}  // namespace
}  // namespace dbn::test
