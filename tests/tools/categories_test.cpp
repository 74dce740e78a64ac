// Columns of categories, from data file to predictions.

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <dbn/io/file.hpp>
#include <dbn/model/model_file.hpp>
#include <dbn/model/stack_file.hpp>

#include "../support/tool_test.hpp"

namespace dbn::test {
namespace {

constexpr const char* kHeader = "weight,color,size,kind\n";
constexpr const char* kPretrain = "pretrain --quiet --data train.csv --layers 8 --epochs 5 --batch 10 --out s ";
constexpr const char* kFinetune =
    "finetune --quiet --data train.csv --from s --epochs 60 --batch 10 --learning-rate 0.5 --validation 0 --out m";

class CategoriesTool : public ToolTest {
 protected:
  CategoriesTool() { write("train.csv", table(rows(0, 120))); }

  // A number, two columns of categories, and a class that follows from the first of these.
  static std::vector<std::string> rows(int first, int last) {
    const std::vector<std::string> colors{"red", "green", "blue"}, sizes{"small", "large"};
    std::vector<std::string> rows;
    for (int i = first; i < last; ++i) {
      const auto& color = colors[static_cast<std::size_t>(i * 7 % 3)];
      rows.push_back(fmt::format("{},{},{},{}", (i * 37 % 100) / 100.0 - 0.5, color,
                                 sizes[static_cast<std::size_t>(i / 3 % 2)], color == "red" ? "warm" : "cold"));
    }
    return rows;
  }
  static std::string table(const std::vector<std::string>& rows) {
    return fmt::format("{}{}\n", kHeader, fmt::join(rows, "\n"));
  }
  void write(const std::string& name, const std::string& text) const { write_file(dir_.path(name), text); }
  std::string visible_units() const {
    return std::string(std::get<Rbm>(load_stack(dir_.path("s")).stack.layers.front()).visible->name());
  }
};

TEST_F(CategoriesTool, ATableOfNumbersAndCategoriesIsLearned) {
  run(kPretrain);
  EXPECT_EQ(visible_units(), "gaussian:0-0,softmax:1-3,softmax:4-5");
  const Schema schema{{{"weight", {}}, {"color", {"blue", "green", "red"}}, {"size", {"large", "small"}}}};
  EXPECT_EQ(load_stack(dir_.path("s")).preprocessing.schema, schema);
  run(kFinetune);
  EXPECT_EQ(load_model(dir_.path("m")).preprocessing.schema, schema);

  // Rows in another order, and another first category: the class is a function of one feature.
  auto later = rows(120, 160);
  std::ranges::reverse(later);
  write("later.csv", table(later));
  EXPECT_EQ(run_json("evaluate m --data later.csv")["error"], 0);
  const auto labels = [&](const std::string& data) { return run_json("predict m --data " + data)["labels"]; };
  const auto backwards = labels("later.csv");
  write("forward.csv", table(rows(120, 160)));
  auto forwards = labels("forward.csv");
  std::ranges::reverse(forwards);
  EXPECT_EQ(forwards, backwards);

  // Without a header, without labels, and with one category of each alone.
  write("one.csv", "0.1,red,large\n");
  EXPECT_EQ(run("predict m --data one.csv --label-column none"), "label\nwarm\n");
  for (const char* command : {"encode s", "encode m", "reconstruct s"})
    run(std::string(command) + " --data one.csv --label-column none --out " + command[0] +
        std::string("x.npy --force"));
  EXPECT_THAT(run("inspect m"), testing::HasSubstr(R"(column   "color" ["blue","green","red"])"));
}

TEST_F(CategoriesTool, WhatLaterDataMayNotHold) {
  run(kPretrain);
  run(kFinetune);
  const auto refused = [&](const std::string& rows, const std::string& what) {
    write("later.csv", kHeader + rows);
    for (const char* command : {"predict m", "evaluate m", "encode s", "encode m", "reconstruct s --errors e.csv"})
      expect_refused(3, what, std::string(command) + " --data later.csv");
  };
  refused("0,pink,large,warm\n",
          "later.csv: line 2, column 2: unknown category 'pink'; the training cases have blue, ");
  refused("0,red,large,warm\n0,red,3,warm\n",
          "line 3, column 3: unknown category '3'; the training cases have large, ");
  refused("big,red,large,warm\n", "line 2, column 1: expected a finite decimal number");
  write("train.csv", table({"0,red,large,warm", "1,pink,small,cold"}));
  expect_refused(3, "unknown category 'pink'", "finetune --from s --data train.csv --out n --validation 0");
  write("test.csv", table({"0,teal,large,warm"}));
  write("train.csv", table(rows(0, 20)));
  expect_refused(3, "test.csv: line 2, column 2: unknown category 'teal'",
                 "pretrain --data train.csv --test test.csv --out n");
}

// Arrays and sparse files hold the groups of features themselves.
TEST_F(CategoriesTool, OtherFormatsHoldOneOfEachGroup) {
  run(kPretrain);
  run(kFinetune);
  run("data convert --data train.csv --out x.npy --label-out none");
  EXPECT_EQ(run("predict m --data x.npy"), run("predict m --data train.csv"));
  const auto refused = [&](const std::string& features, const std::string& place) {
    write("x.svm", "warm 1:0.5 2:1 6:1\ncold " + features + "\n");
    for (const char* command :
         {"predict m --data x.svm", "evaluate m --data x.svm", "encode s --data x.svm", "encode m --data x.svm",
          "reconstruct s --errors e.csv --data x.svm", "finetune --from s --data x.svm --validation 0 --out n",
          "pretrain --data train.csv --test x.svm --out n"})
      expect_refused(3, "x.svm: case 2, column " + place, command);
  };
  refused("1:0.5 2:1 3:1 6:1", "2 ('color'): expected 1 for one of its 3 categories");
  refused("1:0.5 6:1", "2 ('color')");
  refused("1:0.5 2:1 6:2", "3 ('size'): expected 1 for one of its 2 categories and 0 for the others (features 5 to 6)");
  refused("1:0.5 2:1 5:0.5 6:1", "3 ('size')");
}

TEST_F(CategoriesTool, OptionsSayWhichColumnsAndUnits) {
  run(std::string(kPretrain) + "--visible gaussian --scale standardize");
  EXPECT_EQ(visible_units(), "gaussian");
  run(std::string(kPretrain) + "--force --scale minmax");
  EXPECT_EQ(visible_units(), "bernoulli:0-0,softmax:1-3,softmax:4-5");
  run(std::string(kPretrain) + "--force --categorical auto,kind --label-column size");
  EXPECT_EQ(visible_units(), "gaussian:0-0,softmax:1-3,softmax:4-5");
  expect_refused(3, "train.csv: line 2, column 2: expected a finite decimal number",
                 "pretrain --data train.csv --out n --categorical none");
  for (const char* list : {"AUTO", "none,color", "color,"})
    expect_refused(2, "--categorical: expected auto, none alone",
                   std::string("pretrain --data train.csv --out n --categorical ") + list);
}

// One-hot features need nothing of other layers and starts.
TEST_F(CategoriesTool, OtherStartsTakeThemAsTheyAre) {
  run(std::string(kPretrain) + "--pretrainer denoising --scale minmax");
  run("finetune --quiet --data train.csv --layers 8 --epochs 2 --out n");
  EXPECT_EQ(load_model(dir_.path("n")).net.feature_count(), 6);
  run("compare --quiet --data train.csv --test train.csv --starts rbm,denoising,he --seeds 2 --layers 4 "
      "--pretrain.epochs 1 --finetune.epochs 1 --scale minmax --out c.jsonl");
}

}  // namespace
}  // namespace dbn::test
