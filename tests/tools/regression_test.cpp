// Numbers in label columns, from data file to predictions.

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <dbn/io/file.hpp>

#include "../support/tool_test.hpp"

namespace dbn::test {
namespace {

constexpr const char* kTargets = " --task regression --label-column price,share";
constexpr const char* kSmall = " --quiet --layers 16 --epochs 30 --batch 10 --learning-rate 0.01";

class RegressionTool : public ToolTest {
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
  expect_refused(2, "--task", "finetune --from m --task classification --force --out n" + data);
  expect_refused(2, "--loss", "finetune --from m --loss binary-cross-entropy --force --out n" + data);
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
  expect_refused(3, "expected 0 to 1",
                 std::string("finetune --loss binary-cross-entropy --out n --data train.csv") + kTargets);
}

TEST_F(RegressionTool, RefusesWhatItCannotDo) {
  write("gap.csv", "x,y\n1,2\n3,\n");
  expect_refused(3, "line 3, column 2", "finetune --task regression --data gap.csv");
  expect_refused(3, "--task regression", "finetune --data train.csv --label-column price,share");
  expect_refused(2, "--loss", "finetune --loss squared-error");
  expect_refused(2, "--finetune.task", "compare --finetune.task regression");
  run(std::string("finetune --data train.csv --out m --epochs 1 --layers 4 --quiet") + kTargets);
  for (const char* option : {"--proba", "--top 1"})
    expect_refused(2, "no classes", std::string("predict m --data test.csv --label-column price,share ") + option);
  expect_refused(3, "expected 2 targets (price, share), found 1", "evaluate m --data test.csv --label-column price");
  expect_refused(3, "expected 2 features, as the model has inputs, found 4",
                 "evaluate m --data test.csv --label-column none");
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
