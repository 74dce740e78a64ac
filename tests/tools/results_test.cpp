// What the tool gives back: JSON with the documented keys, files that follow from seed and options alone.

#include <algorithm>
#include <set>
#include <sstream>

#include <dbn/io/file.hpp>
#include <dbn/nn/initializer.hpp>

#include "../support/tool_test.hpp"

namespace dbn::test {
namespace {

constexpr const char* kData = " --data synthetic:digits,cases=200,test=100";

class Results : public ToolTest {
 protected:
  // They may tell of their progress meanwhile.
  json run_json(const std::string& arguments) const { return one_object(succeed(arguments + " --json").out); }
  // A stack `s` and a model `m` that has learned something.
  void train() const {
    succeed(std::string("pretrain --quiet --layers 16,12 --epochs 1 --out s") + kData);
    succeed(std::string("finetune --quiet --init he --layers 32 --epochs 10 --batch 10 --out m") + kData);
  }
};

void expect_keys(const json& object, const std::vector<std::string>& keys) {
  for (const auto& key : keys) EXPECT_TRUE(object.contains(key)) << key << " in " << object.dump();
}

TEST_F(Results, PretrainReportsEveryEpoch) {
  const json r = run_json(std::string("pretrain --layers 16,12 --epochs 2 --seed 5 --threads 2 --out s") + kData);
  expect_keys(r, {"command", "seed", "threads", "data", "layers", "seconds", "out"});
  EXPECT_EQ(r["command"], "pretrain");
  EXPECT_EQ(r["seed"], 5);
  EXPECT_EQ(r["threads"], 2);
  EXPECT_EQ(r["out"], "s");
  EXPECT_EQ(
      r["data"],
      json({{"train_cases", 190}, {"validation_cases", 10}, {"test_cases", 100}, {"features", 784}, {"classes", 10}}));
  ASSERT_EQ(r["layers"].size(), 2U);
  EXPECT_EQ(r["layers"][1]["visible"], 16);
  EXPECT_EQ(r["layers"][1]["hidden"], 12);
  ASSERT_EQ(r["layers"][0]["epochs"].size(), 2U);
  EXPECT_EQ(r["layers"][0]["epochs"][1]["epoch"], 2);
  for (const char* key : {"reconstruction_error", "free_energy_gap", "seconds"})
    EXPECT_TRUE(r["layers"][0]["epochs"][0][key].is_number()) << key;
}

// Values between 0 and 1 have a variance of at most 1/4, where gaussian units expect 1: only the data show it.
TEST_F(Results, PretrainAndInspectSayWhatIsWrong) {
  const auto scaling_advice = [](const json& findings) {
    return std::ranges::count_if(findings, [](const json& f) {
      return f["layer"] == 1 && f["advice"].get<std::string>().find("--scale standardize") != std::string::npos;
    });
  };
  const std::string train =
      std::string("pretrain --visible gaussian --scale unit --layers 8 --epochs 1 --out s") + kData;
  const json trained = run_json(train);
  EXPECT_EQ(scaling_advice(trained["findings"]), 1);
  EXPECT_THAT(succeed(train + " --force").out, HasSubstr("warning: layer 1: gaussian visible units expect"));
  const json alone = run_json("inspect s");
  EXPECT_EQ(scaling_advice(alone["findings"]), 0);
  const json on_data = run_json(std::string("inspect s") + kData);
  EXPECT_EQ(scaling_advice(on_data["findings"]), 1);
  EXPECT_THAT(succeed(std::string("inspect s") + kData).out,
              HasSubstr("warning: layer 1: gaussian visible units expect"));
}

TEST_F(Results, FinetuneReportsEveryEpochAndTheTestError) {
  const json r = run_json(std::string("finetune --init he --layers 16 --epochs 3 --validation 20 --out m") + kData);
  expect_keys(r, {"epochs", "test_error", "test_cross_entropy", "seconds", "out"});
  ASSERT_EQ(r["epochs"].size(), 3U);
  for (const char* key : {"train_loss", "validation_error", "learning_rate", "seconds"})
    EXPECT_TRUE(r["epochs"][2][key].is_number()) << key;
  EXPECT_TRUE(r["test_error"].is_number());
  const json untested =
      run_json("finetune --init he --layers 8 --epochs 1 --out n --data synthetic:digits,cases=50,test=0");
  EXPECT_TRUE(untested["test_error"].is_null());
  EXPECT_TRUE(untested["epochs"][0]["validation_error"].is_null());
}

TEST_F(Results, EvaluateAgreesWithFinetuneAndWithItsOwnConfusion) {
  const json trained = run_json(std::string("finetune --init he --layers 32 --epochs 10 --batch 10 --out m") + kData);
  const json r = run_json(std::string("evaluate m") + kData);
  expect_keys(r, {"cases", "error", "error_interval", "cross_entropy", "calibration_error", "confusion"});
  EXPECT_EQ(r["error"], trained["test_error"]);
  EXPECT_EQ(r["cross_entropy"], trained["test_cross_entropy"]);
  EXPECT_LT(r["error"], 80) << "a model that has learned nothing proves nothing here";
  EXPECT_LE(r["error_interval"][0], r["error"]);
  EXPECT_GE(r["error_interval"][1], r["error"]);
  int cases = 0;
  int right = 0;
  for (std::size_t i = 0; i < 10; ++i)
    for (std::size_t j = 0; j < 10; ++j) {
      cases += r["confusion"][i][j].get<int>();
      right += i == j ? r["confusion"][i][j].get<int>() : 0;
    }
  EXPECT_EQ(cases, 100);
  EXPECT_EQ(r["cases"], 100);
  EXPECT_EQ(r["error"], 100 - right);  // 100 cases: percent are counts
}

// Seen elsewhere: all predictions one class, silently.
TEST_F(Results, EvaluateSaysWhenEveryCaseIsPredictedAsOneClass) {
  succeed(std::string("finetune --quiet --init zeros --layers 8 --epochs 1 --learning-rate 1e-9 --out m") + kData);
  const std::string evaluate = std::string("evaluate m") + kData;
  for (const char* format : {"", " --json"})
    EXPECT_THAT(succeed(evaluate + format).err, AllOf(StartsWith("dbn: note: every case was predicted "
                                                                 "as class '"),
                                                      HasSubstr("--learning-rate")));
  EXPECT_EQ(succeed(evaluate + " --quiet").err, "");
  succeed(std::string("finetune --quiet --force --init he --layers 32 --epochs 10 --batch 10 --out m") + kData);
  EXPECT_EQ(succeed(evaluate).err, "") << "a model that tells some classes apart";
}

TEST_F(Results, EvaluateSamplesTheCasesAsTrainingDid) {
  const std::string train = std::string("finetune --init he --layers 16 --epochs 2 --batch 10 --seed 3") + kData;
  const json sampled = run_json(train + " --binarize sample --out m");
  EXPECT_EQ(run_json(std::string("evaluate m") + kData)["cross_entropy"], sampled["test_cross_entropy"]);
  EXPECT_EQ(run_json("inspect m")["binarize"], "sample");
  EXPECT_NE(run_json(train + " --out plain")["test_cross_entropy"], sampled["test_cross_entropy"]);
  EXPECT_NE(run_json(train + " --binarize threshold:0.5 --out half")["test_cross_entropy"],
            sampled["test_cross_entropy"]);
}

TEST_F(Results, PredictWritesTheDocumentedCsv) {
  train();
  const std::string csv = succeed(std::string("predict m --proba --top 1") + kData).out;
  EXPECT_THAT(csv, StartsWith("label,p_0,p_1,p_2,p_3,p_4,p_5,p_6,p_7,p_8,p_9,top1,p_top1\n"));
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 101);
  succeed(std::string("predict m --proba --top 1 --out p.csv") + kData);
  EXPECT_EQ(text("p.csv"), csv);
  const json r = run_json(std::string("predict m") + kData);
  ASSERT_EQ(r["labels"].size(), 100U);
  std::string labels = "label\n";
  for (const auto& label : r["labels"]) labels += label.get<std::string>() + "\n";
  EXPECT_EQ(succeed(std::string("predict m") + kData).out, labels);
}

TEST_F(Results, CompareReportsStartsAndPairs) {
  const json r =
      run_json(std::string("compare --layers 16,12 --seeds 2 --starts rbm,he --labels 50,all --out runs.jsonl "
                           "--pretrain.epochs 1 --finetune.epochs 1 --finetune.min-updates 0") +
               kData);
  expect_keys(r, {"command", "seed", "starts", "pairs", "report"});
  ASSERT_EQ(r["starts"].size(), 4U);
  expect_keys(r["starts"][0], {"start", "activation", "labels", "test_error", "pretrain_seconds", "finetune_seconds"});
  expect_keys(r["starts"][0]["test_error"], {"mean", "deviation", "interval", "bootstrap_interval", "runs"});
  EXPECT_EQ(r["starts"][0]["start"], "rbm");
  EXPECT_EQ(r["starts"][1]["activation"], "relu");
  EXPECT_EQ(r["starts"][2]["labels"], 180);
  EXPECT_EQ(r["starts"][2]["test_error"]["runs"].size(), 2U);
  ASSERT_EQ(r["pairs"].size(), 2U);
  expect_keys(r["pairs"][0], {"a", "b", "labels", "difference", "interval", "p_wilcoxon", "p_holm"});
  expect_keys(r["pairs"][0], {"effect_size", "effect_interval", "margin", "only_a", "only_b", "family", "seeds"});
  const std::string lines = text("runs.jsonl");
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 1 + 8) << "a header and the runs";
  const std::string runs = lines.substr(lines.find('\n') + 1);
  EXPECT_EQ(json::parse(runs.substr(0, runs.find('\n')))["test_error"], r["starts"][0]["test_error"]["runs"][0]);
  EXPECT_EQ(r["report"], "report.html");
  EXPECT_THAT(text("report.html"), HasSubstr("<!DOCTYPE html>"));
}

TEST_F(Results, ADryRunOfCompareCountsAllRunsAndNamesTheLargestNet) {
  const std::string plan = succeed(std::string("compare --dry-run --layers 5 --depths 2,1 --widths 8,2 --plan full "
                                               "--seeds 3 --tune 2 --starts rbm,he,xavier --labels 50,all") +
                                   kData)
                               .out;
  EXPECT_THAT(plan, AllOf(HasSubstr("72 runs, 48 trials of tuning: 24 starts, nets and label counts, 3 seeds"),
                          HasSubstr("784-8-8-10\n")));
}

TEST_F(Results, CompareTakesNoOptionThatWouldDoNothing) {
  expect_refused(2, "unknown option", "compare --pretrain.pretrainer denoising");
  expect_refused(2, "unknown option", "compare --finetune.on-divergence retry");
}

TEST_F(Results, OtherCommandsAnswerInJsonToo) {
  train();
  EXPECT_EQ(run_json("inspect s")["sizes"], json({784, 16, 12}));
  EXPECT_EQ(run_json("inspect m")["activations"], json({"relu", "linear"}));
  EXPECT_EQ(run_json("inspect m --verify")["verified"], true);
  EXPECT_EQ(run_json(std::string("data info") + kData)["training"]["cases"], 200);
  EXPECT_EQ(run_json(std::string("data split --validation 0.25") + kData)["cases"], json({150, 50}));
}

TEST_F(Results, InitExplainsEveryStart) {
  const json r = run_json(std::string("init --explain --layers 12,12 --cases 50 --activation tanh") + kData);
  EXPECT_EQ(r["command"], "init");
  EXPECT_EQ(r["recommended"], "xavier");
  EXPECT_EQ(r["sizes"], json({784, 12, 12, 10}));
  std::set<std::string> names;
  for (const auto& start : r["starts"]) {
    names.insert(start["initializer"].get<std::string>());
    expect_keys(start, {"source", "activation_factor", "gradient_factor", "faults"});
    ASSERT_EQ(start["layers"].size(), 3U);
    for (const char* key : {"activation_mean", "activation_variance", "gradient_mean", "gradient_variance", "saturated",
                            "dead", "alike", "smallest_singular_value", "largest_singular_value"})
      EXPECT_TRUE(start["layers"][0][key].is_number()) << key;
  }
  for (const auto& row : initializers()) {
    const bool second_name = row.name != "truncated-normal" && row.name.ends_with("-normal");
    EXPECT_EQ(names.contains(row.name), !second_name) << row.name;
  }
}

TEST_F(Results, InitSaysInPlainWordsWhichStartToTake) {
  EXPECT_THAT(succeed("init --activation selu").out, HasSubstr("Recommended for selu: lecun, because"));
  const std::string out =
      succeed(std::string("init --explain --init zeros --activation sigmoid --layers 12,12 --cases 50") + kData).out;
  EXPECT_THAT(out, AllOf(HasSubstr("zeros"), HasSubstr("xavier"), HasSubstr("units are alike"),
                         HasSubstr("Recommended for sigmoid: xavier"), HasSubstr("gradients vanish")));
  EXPECT_THAT(out, testing::Not(HasSubstr("lecun"))) << "only the start that was asked for, beside the recommended one";
}

TEST_F(Results, StartsOfAllKindsAreTrained) {
  const std::string run_short = std::string(" --quiet --layers 8 --epochs 1 --force --out m") + kData;
  const auto started = [&](const std::string& options) {
    succeed("finetune " + options + run_short);
    return run_json("inspect m")["start"];
  };
  EXPECT_EQ(started("--init auto --activation selu"), "lecun");
  EXPECT_EQ(started("--init lsuv"), "lsuv");
  EXPECT_EQ(started("--init normal --init-scale 0.1 --init-output normal"), "normal");
  const ByteBuffer small = bytes("m");
  EXPECT_EQ(started("--init normal --init-scale 0.2 --init-output normal"), "normal");
  EXPECT_NE(bytes("m"), small) << "the scale reaches no weight";
  const json r = run_json(std::string("compare --starts lsuv,auto@selu,pytorch@tanh --seeds 1 --layers 8 "
                                      "--finetune.epochs 1 --finetune.min-updates 0") +
                          kData);
  EXPECT_EQ(r["starts"][0]["activation"], "relu");
  EXPECT_EQ(r["starts"][1]["activation"], "selu");
  EXPECT_EQ(r["starts"][2]["activation"], "tanh");
}

TEST_F(Results, QuietLeavesStderrEmpty) {
  for (const char* arguments :
       {"pretrain --layers 8 --epochs 1 --quiet --out s", "finetune --layers 8 --epochs 1 --quiet --out m",
        "evaluate m --quiet", "predict m --quiet",
        "compare --quiet --starts rbm,he --seeds 1 --layers 8 --pretrain.epochs 1 --finetune.epochs 1 "
        "--finetune.min-updates 0"})
    EXPECT_EQ(succeed(std::string(arguments) + kData).err, "") << arguments;
  EXPECT_THAT(succeed(std::string("pretrain --layers 8 --epochs 2 --out t") + kData).err, HasSubstr("epoch   2"));
}

TEST_F(Results, PrintConfigFedBackIsTheSameConfigForEveryCommand) {
  for (const char* arguments :
       {"pretrain --layers 5,6 --momentum 0.5:3,0.8 --seed 9", "finetune --init xavier --epochs 4 --labels 20",
        "compare --starts rbm,he@tanh --pretrain.epochs 3 --finetune.batch 7 --seeds 4", "evaluate --limit 5",
        "predict --proba", "encode --layer 2", "reconstruct --worst 3"}) {
    const std::string config = succeed(std::string(arguments) + kData + " --print-config").out;
    write_file(dir_.path("x.ini"), config);
    EXPECT_EQ(succeed(words(arguments)[0] + " --config x.ini --print-config").out, config) << arguments;
    EXPECT_NE(succeed(words(arguments)[0] + " --print-config").out, config) << arguments;
  }
}

TEST_F(Results, AConfigTrainsWhatTheCommandLineTrains) {
  succeed(std::string("pretrain --quiet --layers 16,12 --epochs 2 --hidden bernoulli --seed 4 --out a") + kData);
  write_file(dir_.path("x.ini"),
             succeed(std::string("pretrain --layers 16,12 --epochs 2 --seed 4") + kData + " --print-config").out);
  succeed("pretrain --quiet --config x.ini --out b");
  EXPECT_EQ(bytes("a"), bytes("b"));
}

TEST_F(Results, FilesAreTheSameBytesWithAnyNumberOfThreads) {
  for (const char* kind : {"", " --pretrainer denoising", " --visible gaussian --scale standardize"}) {
    std::vector<ByteBuffer> stacks, models;
    for (const char* threads : {"1", "2", "3", "7"}) {
      const std::string end = std::string(" --quiet --force --epochs 2 --seed 3 --threads ") + threads + kData;
      succeed(std::string("pretrain --layers 160,40 --out s") + kind + end);
      succeed("finetune --from s --out m" + end);
      stacks.push_back(bytes("s"));
      models.push_back(bytes("m"));
    }
    for (std::size_t i = 1; i < stacks.size(); ++i) {
      EXPECT_EQ(stacks[0], stacks[i]) << kind;
      EXPECT_EQ(models[0], models[i]) << kind;
    }
  }
}

TEST_F(Results, ComparisonsAreTheSameRunsWithAnyNumberOfThreads) {
  const auto runs = [&](const char* threads) {
    succeed(std::string("compare --quiet --force --layers 160,40 --seeds 2 --starts rbm,he --pretrain.epochs 1 "
                        "--finetune.min-updates 20 --finetune.epochs 1 --out r --threads ") +
            threads + kData);
    std::vector<json> lines;
    std::istringstream text_of(text("r"));
    for (std::string line; std::getline(text_of, line);) {
      const json row = json::parse(line);
      if (row["event"] != "run") continue;
      lines.push_back(row);
      for (const char* seconds : {"pretrain_seconds", "finetune_seconds"}) lines.back().erase(seconds);
      for (auto& epoch : lines.back()["epochs"]) epoch.erase("seconds");
    }
    return lines;
  };
  const auto one = runs("1");
  ASSERT_EQ(one.size(), 4U);
  for (const char* threads : {"2", "3", "7"}) EXPECT_EQ(runs(threads), one) << threads;
}

// Figures are this machine's, so only their kind is looked at.
TEST_F(Results, BenchReportsCeilingEpochsAndShares) {
  const json r = run_json("bench --quiet --shapes 20x30,30x10 --net 20,30,10 --cases 200 --rounds 2 --threads 2");
  expect_keys(r, {"threads", "product_gflops", "cd_epoch_seconds", "cd_gflops", "cd_share", "finetune_gflops",
                  "finetune_share"});
  EXPECT_EQ(r["threads"], 2);
  ASSERT_EQ(r["shapes"].size(), 2U);
  for (const auto& shape : r["shapes"]) {
    expect_keys(shape["phases"], {"products", "draws", "updates", "gather"});
    EXPECT_EQ(shape["products"][0].size(), 4U) << "the library's name, up, down, gradient";
    EXPECT_GT(shape["product_gflops"], 0);
    EXPECT_GT(shape["cd_gflops"], 0);
    EXPECT_GT(shape["speed_over_one_thread"], 0);
  }
  EXPECT_THAT(succeed("bench --quiet --shapes 20x30 --net 20,30,10 --cases 200 --rounds 1").out,
              HasSubstr("of the ceiling"));
}

// Seen elsewhere: a seed that does not reach the weights or the sampler.
TEST_F(Results, AnotherSeedIsAnotherNet) {
  for (const char* seed : {"1", "2"}) {
    const std::string end = std::string(" --quiet --layers 16,12 --epochs 1 --seed ") + seed + kData;
    succeed(std::string("pretrain --out s") + seed + end);
    succeed(std::string("finetune --init he --out m") + seed + end);
  }
  EXPECT_NE(succeed("inspect s1").out, succeed("inspect s2").out);
  const auto weights = [&](const char* name) { return run_json(std::string("inspect ") + name)["tensors"]; };
  EXPECT_NE(weights("s1"), weights("s2"));
  EXPECT_NE(weights("m1"), weights("m2"));
}

TEST_F(Results, NeitherLocaleNorTimeZoneNorStdinMatters) {
  const std::string arguments =
      std::string("finetune --init he --layers 16 --epochs 1 --learning-rate 0.5e-2 --quiet --force --out m") + kData;
  succeed(arguments, "LC_ALL=C TZ=UTC");
  const auto model = bytes("m");
  const auto csv = succeed(std::string("predict m --proba") + kData, "LC_ALL=C").out;
  for (const char* prefix :
       {"LC_ALL=de_DE.UTF-8 TZ=Asia/Tokyo", "LC_ALL=C.UTF-8 TZ=America/New_York", "OMP_NUM_THREADS=1"}) {
    succeed(arguments, prefix, "<&-");
    EXPECT_EQ(bytes("m"), model) << prefix;
    EXPECT_EQ(succeed(std::string("predict m --proba") + kData, prefix).out, csv) << prefix;
  }
}

TEST_F(Results, ReadsCsvFromStdin) {
  succeed(std::string("data make --out x.csv") + kData);
  const std::string end = " --layers 16 --epochs 1 --quiet --out ";
  succeed("finetune --data x.csv --init he" + end + "a");
  succeed("finetune --data - --init he" + end + "b", "", "<x.csv");
  EXPECT_EQ(bytes("a"), bytes("b"));
}

}  // namespace
}  // namespace dbn::test
