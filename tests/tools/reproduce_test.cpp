// dbn reproduce as a user meets it.

#include <dbn/experiment/recipe.hpp>

#include "../support/tool_test.hpp"

namespace dbn::test {
namespace {

const std::string kLinear = "reproduce seed-linear --seeds 2 --task.cases 100 --task.layers 8 --finetune.epochs 4";
const std::string kHinton =
    "reproduce hinton-2006 --data synthetic:digits,cases=200,test=100 --seeds 1 --pretrain.layers 12,10 "
    "--pretrain.epochs 1 --finetune.cg.epochs 2 --finetune.cg.head-epochs 1 --finetune.adam.epochs 2";

const std::string kLikelihoods[] = {
    "reproduce bars-and-stripes --data synthetic:bars-and-stripes,cases=32 --seeds 2 --pretrain.cd.epochs 2 "
    "--pretrain.pcd.epochs 2 --pretrain.pt.epochs 2 --pretrain.cd.layers 4 --pretrain.pcd.layers 4 "
    "--pretrain.pt.layers 4",
    "reproduce centering --data synthetic:digits,cases=200,test=50 --seeds 2 --pretrain.centered.epochs 1 "
    "--pretrain.centered.layers 4 --pretrain.plain.epochs 1 --pretrain.plain.layers 4",
    "reproduce likelihood --data synthetic:digits,cases=200,test=50 --seeds 2 --pretrain.epochs 1 --pretrain.layers 5 "
    "--annealing.betas 20 --annealing.chains 10 --annealing.reverse-steps 5"};

const std::string kAutoencoder =
    "reproduce curves --data synthetic:curves,cases=200,test=100 --seeds 1 --pretrain.layers 12,3 --pretrain.hidden "
    "bernoulli,gaussian --pretrain.learning-rate 0.05,0.001 --pretrain.epochs 1 --finetune.rbm.epochs 2 "
    "--finetune.random.epochs 3";

const std::string kComparison =
    "reproduce rectangles --data synthetic:rectangles,cases=80,test=40 --compare.layers 5 --compare.starts rbm,he "
    "--compare.tune 1 --compare.validation 20 --pretrain.epochs 1 --finetune.epochs 1 --finetune.min-updates 0 --quiet";

using Reproduce = ToolTest;

TEST_F(Reproduce, ListsEveryRecipe) {
  const auto text = succeed("reproduce --list");
  const auto listed = json::parse(try_run("reproduce --list --json").out)["recipes"];
  ASSERT_EQ(listed.size(), recipes().size());
  for (std::size_t i = 0; i < listed.size(); ++i) {
    EXPECT_EQ(listed[i]["name"], recipes()[i].name);
    EXPECT_GT(listed[i]["minutes"], 0);
    EXPECT_THAT(text.out, AllOf(HasSubstr(recipes()[i].name), HasSubstr(recipes()[i].summary)));
  }
}

TEST_F(Reproduce, NamesAndOptionsThatAreNoneAreRefused) {
  expect_refused(2, "expected NAME", "reproduce");
  expect_refused(2, "did you mean seed-linear?", "reproduce seed-liner");
  expect_refused(2, "unknown recipe 'xyz'", "reproduce xyz --seeds 3");
  expect_refused(2, "unexpected 'hinton-2006'", "reproduce seed-linear hinton-2006");
  expect_refused(2, "try dbn reproduce seed-linear --seeds", "reproduce --seeds 3 seed-linear");
  expect_refused(2, "expected the recipe before its options", "reproduce --checkpoint seed-linear hinton-2006");
  expect_refused(2, "--seeds", "reproduce seed-linear --seeds 0");
  expect_refused(2, "--finetune.epochs", "reproduce seed-linear --finetune.epochs 0");
  expect_refused(2, "did you mean --finetune.adam.epochs?", kHinton + " --finetune.adam.epoch 3");
  expect_refused(2, "unknown option --data", "reproduce seed-linear --data synthetic:digits");
  EXPECT_THAT(names_in(dir_.folder()), testing::IsEmpty());
}

TEST_F(Reproduce, DataAreFoundByNameInTheFolderOfDataSets) {
  const std::string nowhere = "DBN_DATA_DIR=" + dir_.path("nowhere");
  expect_refused(4, "nowhere/mnist: not found; data/fetch.sh", "reproduce hinton-2006", nowhere);
  expect_refused(4, "mnist: not found", "reproduce hinton-2006", "DBN_DATA_DIR=");
  expect_refused(4, "elsewhere", "reproduce hinton-2006 --data elsewhere", nowhere);
}

TEST_F(Reproduce, ADryRunSaysWhatIsComingAndWritesNothing) {
  const auto result = succeed("reproduce seed-linear --dry-run --seeds 4");
  EXPECT_THAT(result.out, AllOf(HasSubstr("4 seeds"), HasSubstr("minutes")));
  EXPECT_THAT(names_in(dir_.folder()), testing::IsEmpty());
  expect_refused(6, "--max-memory", kHinton + " --max-memory 1K --dry-run");
}

TEST_F(Reproduce, TheFileSetsWhatTheCommandLineDoesNot) {
  const auto result = succeed("reproduce hinton-2006 --finetune.cg.epochs 7 --print-config");
  for (const char* line : {"seeds = 5", "data = mnist", "finetune.cg.epochs = 7", "finetune.cg.optimizer = cg",
                           "finetune.adam.schedule = cosine"})
    EXPECT_THAT(result.out, HasSubstr(std::string(line) + "\n"));
}

TEST_F(Reproduce, PrintsPublishedBesideMeasured) {
  const auto result = succeed(kLinear + " --quiet");
  EXPECT_EQ(result.err, "");
  for (const char* text : {"published", "measured (2 seeds, mean ± 95 %)", "loss, he-uniform", "logarithmic scale",
                           "Started from zeros", "A textbook prints", "seeds 0 to 1"})
    EXPECT_THAT(result.out, HasSubstr(text));
  EXPECT_THAT(names_in(dir_.folder()), testing::IsEmpty());
}

TEST_F(Reproduce, JsonHoldsTheSameAsOneObjectWithCurves) {
  const auto result = succeed(kLinear + " --json --seed 5");
  const auto object = json::parse(result.out);
  EXPECT_EQ(object["recipe"], "seed-linear");
  EXPECT_EQ(object["seed"], 5);
  EXPECT_EQ(object["seeds"], 2);
  for (const auto& row : object["rows"]) EXPECT_EQ(row["values"].size(), 2U) << row;
  EXPECT_EQ(object["charts"][0]["curves"]["zeros"].size(), 4U);
  EXPECT_FALSE(object["remarks"].empty());
}

TEST_F(Reproduce, HintonRunsOnOtherDataAndShowsBothWays) {
  const auto result = succeed(kHinton);
  EXPECT_THAT(result.out, AllOf(HasSubstr("test error %, conjugate gradient"), HasSubstr("1.2 (re-runs")));
  EXPECT_THAT(result.err, HasSubstr("seed 0  Adam"));
}

TEST_F(Reproduce, LikelihoodsAreMeasuredOnOtherData) {
  for (const auto& call : kLikelihoods) {
    const auto result = succeed(call + " --json --quiet");
    const json report = json::parse(result.out);
    ASSERT_GE(report["rows"].size(), 3U) << call;
    for (const double nats : report["rows"][0]["values"].get<std::vector<double>>()) EXPECT_LT(nats, 0) << call;
  }
}

TEST_F(Reproduce, AutoencodersStandBesidePcaAndSayWhoWins) {
  const auto result = succeed(kAutoencoder);
  for (const char* text : {"PCA, 18 components", "5.9", "from RBMs", "1.44", "Xavier start", "He start", " win",
                           " times the seconds", "logistic PCA, as wide as the code, leaves 7.64"})
    EXPECT_THAT(result.out, HasSubstr(text));
  expect_refused(2, "--pretrain.pretrainer", kAutoencoder + " --pretrain.pretrainer denoising");
  expect_refused(2, "--data", "reproduce deep-autoencoder --data synthetic:digits,cases=50,test=0");
}

TEST_F(Reproduce, WhatAFolderHoldsIsNotTrainedAgain) {
  int number = 0;
  for (const std::string& call : {kHinton, kLikelihoods[0], kLikelihoods[1], kLikelihoods[2], kAutoencoder}) {
    const std::string kept = call + " --checkpoint kept" + std::to_string(++number);
    const auto first = succeed(kept + " --json");
    expect_refused(4, "--resume", kept);
    const auto again = succeed(kept + " --json --resume");
    EXPECT_EQ(json::parse(first.out)["rows"], json::parse(again.out)["rows"]);  // its seconds too
  }
}

TEST_F(Reproduce, ThreadsChangeNoNumber) {
  const auto values = [&](const std::string& threads) {
    std::vector<json> all;
    const json report = json::parse(try_run(kLinear + " --json --threads " + threads).out);
    for (const auto& row : report.at("rows")) all.push_back(row["values"]);
    return all;
  };
  EXPECT_EQ(values("1"), values("3"));
}

TEST_F(Reproduce, ComparisonsStandBesideThePublishedErrors) {
  const json r = run_json(kComparison + " --seeds 2");
  ASSERT_EQ(r["rows"].size(), 3U);
  EXPECT_THAT(r["rows"][0]["what"].get<std::string>(), HasSubstr("60 labels, 5: rbm, test error, %"));
  EXPECT_EQ(r["rows"][0]["published"], "2.6");
  EXPECT_TRUE(r["rows"][1]["published"].is_null());
  const double gain = r["rows"][1]["mean"].get<double>() - r["rows"][0]["mean"].get<double>();
  EXPECT_NEAR(r["rows"][2]["mean"].get<double>(), gain, 1e-12);
  // Five units miss what is published.
  EXPECT_FALSE(r["rows"][0]["met"].get<bool>());
  EXPECT_THAT(r["remarks"].dump(), HasSubstr("Tried for the pretrained starts: "));
}

TEST_F(Reproduce, AComparisonGoesOnWithItsOwnRunsAlone) {
  const std::string kept = kComparison + " --checkpoint kept --seeds ";
  run(kept + "1");
  const std::string record = text("kept/reproduce.rectangles.runs.jsonl");
  expect_refused(4, "--resume", kept + "1");
  expect_refused(2, "--pretrain.epochs", kept + "1 --resume --pretrain.epochs 2");
  expect_refused(2, "--seed", kept + "1 --resume --seed 3");
  EXPECT_EQ(text("kept/reproduce.rectangles.runs.jsonl"), record);
  run(kept + "2 --resume");
  const std::string grown = text("kept/reproduce.rectangles.runs.jsonl");
  EXPECT_EQ(std::count(record.begin(), record.end(), '\n'), 1 + 2 + 2) << "header, trials, runs";
  EXPECT_EQ(std::count(grown.begin(), grown.end(), '\n'), 1 + 2 + 4);
  run(kept + "1 --force");
  EXPECT_EQ(std::count(record.begin(), record.end(), '\n'), 1 + 2 + 2);
}

}  // namespace
}  // namespace dbn::test
