// The deep autoencoder from the command line: from a stack or an initializer to codes, and to a classifier.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <dbn/io/file.hpp>
#include <dbn/model/model_file.hpp>
#include <dbn/model/stack_file.hpp>
#include <dbn/nn/deep_autoencoder.hpp>
#include <dbn/pretrain/unroll.hpp>

#include "../support/tool_test.hpp"

namespace dbn::test {
namespace {

constexpr const char* kData = " --data synthetic:digits,cases=200,test=50 --quiet";

class AutoencoderTool : public ToolTest {
 protected:
  void pretrain(const std::string& more = " --layers 20,5 --hidden bernoulli,gaussian") const {
    run("pretrain --epochs 2 --out stack" + more + kData);
  }
  void fine_tune() const {
    run(std::string("finetune --task autoencoder --from stack --epochs 2 --out model") + kData);
  }
};

TEST_F(AutoencoderTool, FromAStackToEvaluation) {
  pretrain();
  const json trained =
      run_json(std::string("finetune --task autoencoder --from stack --epochs 3 --validation 40 --out model") + kData);
  EXPECT_EQ(trained["data"]["train_cases"], 160);
  EXPECT_TRUE(trained["epochs"][2]["validation_error"].is_number());
  EXPECT_TRUE(trained["test_cross_entropy"].is_number());
  const ModelFile model = load_model(dir_.path("model"));
  EXPECT_THAT(sizes_of(model.net), testing::ElementsAre(784, 20, 5, 20, 784));
  EXPECT_EQ(model.loss, "binary-cross-entropy");
  EXPECT_EQ(model.net.layers[1].activation->name, "linear");

  const json e = run_json(std::string("evaluate model") + kData);
  EXPECT_EQ(e["cases"], 50);
  EXPECT_EQ(e["error"], trained["test_error"]);
  EXPECT_EQ(e["unexplained"], trained["test_unexplained"]);
  EXPECT_EQ(e["cross_entropy"], trained["test_cross_entropy"]);
  EXPECT_THAT(run(std::string("evaluate model") + kData), HasSubstr("squared error"));
  EXPECT_EQ(run_json("inspect model")["inputs"], 784);
}

// Training starts from the unrolled stack: a rate of next to nothing leaves it as it is.
TEST_F(AutoencoderTool, StartsAsTheStackUnrolled) {
  pretrain();
  run(std::string("finetune --task autoencoder --from stack --epochs 1 --optimizer sgd --learning-rate 1e-30 --out m") +
      kData);
  const Mlp expected = unroll_autoencoder(load_stack(dir_.path("stack")).stack);
  const Mlp found = load_model(dir_.path("m")).net;
  ASSERT_EQ(found.layers.size(), expected.layers.size());
  for (std::size_t i = 0; i < found.layers.size(); ++i) EXPECT_EQ(found.layers[i].weights, expected.layers[i].weights);
}

TEST_F(AutoencoderTool, FromAnInitializerWithCodesOfItsOwn) {
  run(std::string("finetune --task autoencoder --init xavier --layers 20,5 --code-activation tanh --epochs 1 --out m") +
      kData);
  const ModelFile model = load_model(dir_.path("m"));
  EXPECT_THAT(sizes_of(model.net), testing::ElementsAre(784, 20, 5, 20, 784));
  EXPECT_EQ(model.net.layers[0].activation->name, "sigmoid");
  EXPECT_EQ(model.net.layers[1].activation->name, "tanh");
  // Standardized features are no probabilities.
  run(std::string("finetune --task autoencoder --layers 9,3 --scale standardize --epochs 1 --out s") + kData);
  EXPECT_EQ(load_model(dir_.path("s")).loss, "squared-error");
  expect_refused(3, "try --loss squared-error",
                 std::string("finetune --task autoencoder --layers 9,3 --scale standardize --epochs 1 --out t --loss "
                             "binary-cross-entropy") +
                     kData);
}

TEST_F(AutoencoderTool, ItsEncoderStartsAClassifier) {
  pretrain();
  fine_tune();
  run(std::string("finetune --task classification --from model --epochs 1 --optimizer sgd --learning-rate 1e-30 --out "
                  "classifier") +
      kData);
  const ModelFile from = load_model(dir_.path("model")), to = load_model(dir_.path("classifier"));
  EXPECT_THAT(sizes_of(to.net), testing::ElementsAre(784, 20, 5, 10));
  EXPECT_EQ(to.outputs.size(), 10U);
  EXPECT_EQ(to.task, "classification");
  for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(to.net.layers[i].weights, from.net.layers[i].weights);
  // A task named in a file of options counts, though it is the usual one.
  write_file(dir_.path("options.ini"), std::string_view("[finetune]\ntask = classification\n"));
  run(std::string("finetune --config options.ini --from model --epochs 1 --out by_file") + kData);
  EXPECT_EQ(load_model(dir_.path("by_file")).task, "classification");
  // Without a task it goes on as what it is.
  run(std::string("finetune --from model --epochs 1 --out again") + kData);
  EXPECT_EQ(load_model(dir_.path("again")).task, "autoencoder");
}

TEST_F(AutoencoderTool, CasesNeedNoLabels) {
  write_file(dir_.path("x.csv"), std::string_view("a,b,c\n0,1,0\n1,0,1\n0.5,0.5,0\n1,1,1\n"));
  run("finetune --task autoencoder --data x.csv --label-column none --layers 2 --epochs 2 --out m --quiet");
  EXPECT_EQ(run_json("evaluate m --data x.csv --label-column none --quiet")["cases"], 4);
}

// The scaling is that of the training cases, and test cases may leave its range.
TEST_F(AutoencoderTool, TestCasesBeyondTheRangeAreEvaluated) {
  write_file(dir_.path("train.csv"), std::string_view("a,b\n0,1\n1,0\n0.5,1\n"));
  write_file(dir_.path("test.csv"), std::string_view("a,b\n0,1\n1.5,0\n"));
  const std::string data = " --test test.csv --label-column none --quiet";
  const json r = run_json("finetune --task autoencoder --data train.csv --layers 1 --epochs 1 --out m" + data);
  EXPECT_TRUE(r["test_error"].is_number());
  EXPECT_TRUE(r["test_cross_entropy"].is_null());
  EXPECT_TRUE(run_json("evaluate m --data test.csv --label-column none --quiet")["error"].is_number());
}

TEST_F(AutoencoderTool, RefusesWhatHasNoMeaning) {
  pretrain();
  fine_tune();
  expect_refused(2, "--code-activation", std::string("finetune --layers 4 --code-activation tanh --out m") + kData);
  expect_refused(2, "--labels", std::string("finetune --task autoencoder --from stack --labels 10 --out m") + kData);
  expect_refused(2, "--code-activation", std::string("finetune --from stack --code-activation tanh --out m") + kData);
  expect_refused(2, "binary-cross-entropy or squared-error",
                 std::string("finetune --task autoencoder --from stack --loss softmax --out m") + kData);
  expect_refused(2, "dbn reconstruct", std::string("predict model") + kData);
  expect_refused(2, "expected classification", std::string("compare --finetune.task autoencoder") + kData);
  write_file(dir_.path("x.csv"), std::string_view("a,b,c\n0,1,0\n1,0,0\n0,0,1\n"));
  const std::string words = " --data x.csv --label-column none --quiet";
  run("pretrain --layers 2 --visible softmax --epochs 1 --out words" + words);
  expect_refused(2, "softmax", "finetune --task autoencoder --from words --out m" + words);
}

}  // namespace
}  // namespace dbn::test
