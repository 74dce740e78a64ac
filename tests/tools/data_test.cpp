// dbn data: what a user sees of a data set, and files of it in other formats.

#include <filesystem>

#include <fmt/format.h>

#include <dbn/data/format.hpp>
#include <dbn/io/gzip.hpp>

#include "../support/peak_memory.hpp"
#include "../support/tool_test.hpp"

namespace dbn::test {
namespace {

using testing::Not;

constexpr const char* kDigits = " --data synthetic:digits,cases=60,test=20";
constexpr const char* kTable = "x1,x2,label\n1,-2.5,cat\n2,3,dog\n4,5,cat\n-1,0,\n";

class DataTool : public ToolTest {
 protected:
  Dataset read(const std::string& name, const ReadOptions& options = {}) const {
    return read_dataset(dir_.path(name), options);
  }
};

TEST_F(DataTool, InfoDescribesAndAdvises) {
  write("t.csv", kTable);
  const json d = run_json("data info --data t.csv")["training"];
  EXPECT_EQ(d["cases"], 4);
  EXPECT_EQ(d["type"], "numbers");
  EXPECT_EQ(d["least"], -2.5);
  EXPECT_EQ(d["most"], 5);
  EXPECT_EQ(d["distinct"], 8);
  EXPECT_EQ(d["constant"], 0);
  EXPECT_EQ(d["classes"], (json{{"cat", 2}, {"dog", 1}}));
  EXPECT_EQ(d["unlabelled"], 1);
  EXPECT_EQ(d["imbalance"], 2);
  EXPECT_EQ(d["advice"], "--visible gaussian --scale standardize");
  EXPECT_THAT(d["reason"].get<std::string>(), HasSubstr("negative"));
  const std::string text = run("data info --data t.csv");
  for (const char* part : {"numbers, -2.5 to 5", "cat: 2  dog: 1", "unlabelled  1", "times the cases of the smallest",
                           "--visible gaussian --scale standardize", "because     some values are negative"})
    EXPECT_THAT(text, HasSubstr(part));
}

TEST_F(DataTool, InfoTellsOfTestCasesToo) {
  const json all = run_json(std::string("data info") + kDigits);
  EXPECT_EQ(all["training"]["cases"], 60);
  EXPECT_EQ(all["training"]["shape"], (json{28, 28}));
  EXPECT_EQ(all["test"]["cases"], 20);
  EXPECT_EQ(all["training"]["advice"], "--visible bernoulli --scale unit");
}

// The advice is for an argument of dbn pretrain, which must take it.
TEST_F(DataTool, AdviceIsFollowedByPretrain) {
  write("t.csv", "1.5,red,a\n20,blue,b\n-3,red,a\n7,blue,b\n");
  const auto advice = run_json("data info --data t.csv")["training"]["advice"].get<std::string>();
  run("pretrain --quiet --data t.csv --layers 4 --epochs 1 --out s " + advice);
}

TEST_F(DataTool, InfoDescribesTargets) {
  write("t.csv", "a,height\n1,0.5\n2,1.5\n3,2.5\n");
  const json d = run_json("data info --data t.csv --task regression")["training"];
  ASSERT_EQ(d["targets"].size(), 1u);
  EXPECT_EQ(d["targets"][0]["name"], "height");
  EXPECT_EQ(d["targets"][0]["least"], 0.5);
  EXPECT_EQ(d["targets"][0]["most"], 2.5);
  EXPECT_EQ(d["targets"][0]["mean"], 1.5);
  EXPECT_THAT(run("data info --data t.csv --task regression"), HasSubstr("height: 0.5 to 2.5, mean 1.5"));
}

TEST_F(DataTool, NamesOnATerminalCommandNothing) {
  write("t.csv", "1,a\xC2\xA0z\n2,b\n");
  EXPECT_THAT(run("data info --data t.csv"), Not(HasSubstr("\x1b")));
}

TEST_F(DataTool, ConvertsFromFormatToFormat) {
  write("t.csv", "1,2.5,7\n0,3,4\n5,0,7\n");
  std::string before = "t.csv";
  for (const char* name : {"a.tsv", "b.svm", "c.npz", "d.csv.gz", "e.libsvm.gz"}) {
    EXPECT_THAT(run(fmt::format("data convert --data {} --out {}", before, name)), HasSubstr("3 cases: "));
    before = name;
  }
  const Dataset first = read("t.csv"), last = read(before);
  EXPECT_EQ(std::get<Matrix>(last.features), std::get<Matrix>(first.features));
  EXPECT_EQ(last.labels, first.labels);
  EXPECT_EQ(last.classes, first.classes);
}

TEST_F(DataTool, LabelsStandBesideArrays) {
  expect_refused(2, "--label-out", std::string("data make --out x.npy") + kDigits);
  const json made = run_json(std::string("data make --out x.npy --label-out y.npy") + kDigits);
  EXPECT_EQ(made["command"], "data make");
  EXPECT_EQ(made["label_out"], "y.npy");
  EXPECT_EQ(run_json("data info --data x.npy --label-file y.npy")["training"]["unlabelled"], 0);
  run(std::string("data make --out z.npy --label-out none") + kDigits);
  EXPECT_EQ(bytes("z.npy"), bytes("x.npy"));
  expect_refused(2, "holds the labels itself", std::string("data make --out x.csv --label-out w.csv") + kDigits);
}

TEST_F(DataTool, AFolderOfIdxFilesIsMadeAndRead) {
  std::filesystem::create_directory(dir_.path("m"));
  run(std::string("data make --out m/train-images-idx3-ubyte.gz --label-out m/train-labels-idx1-ubyte.gz "
                  "--test-out m/t10k-images-idx3-ubyte --test-label-out m/t10k-labels-idx1-ubyte") +
      kDigits);
  json made = run_json("data info --data m"), given = run_json(std::string("data info") + kDigits);
  for (json* both : {&made, &given})
    for (const char* part : {"training", "test"}) (*both)[part].erase("name");
  EXPECT_EQ(made, given);
}

TEST_F(DataTool, ClassesThatAFormatCannotHoldAreNumberedAndTold) {
  write("t.csv", "1,2,cat\n3,4,dog\n");
  const auto result = succeed("data convert --data t.csv --out x.npz");
  EXPECT_THAT(result.err, AllOf(HasSubstr("note: x.npz"), HasSubstr("0 is 'cat', 1 is 'dog'")));
  EXPECT_EQ(run_json("data convert --force --quiet --data t.csv --out x.npz")["classes"], (json{"cat", "dog"}));
  EXPECT_EQ(read("x.npz").labels, (std::vector<int>{0, 1}));
}

TEST_F(DataTool, TablesWithoutLabelsSayHowToBeRead) {
  write("t.csv", "1,2\n3,4\n");
  EXPECT_THAT(succeed("data convert --data t.csv --label-column none --out x.svm").err,
              HasSubstr("x.svm holds no labels; read it with --label-column none"));
  EXPECT_EQ(read("x.svm", {.label_column = "none"}).feature_count(), 2);
}

// Integers that are categories, and a header that could be a case.
TEST_F(DataTool, TablesThatDoNotShowTheirColumnsSayHowToBeRead) {
  write("zip.csv", "zip,a,label\n7,0.5,cat\n12,1.5,dog\n");
  EXPECT_THAT(succeed("data convert --data zip.csv --categorical zip --out x.csv").err,
              HasSubstr("note: x.csv does not show by itself what its columns hold; read it with --label-column "
                        "'label' --categorical '1'"));
  EXPECT_EQ(read("x.csv", {.label_column = "label", .categorical = "1"}).feature_count(), 3);
  EXPECT_THAT(succeed("data convert --data zip.csv --categorical zip --label-out none --out y.tsv").err,
              HasSubstr("--label-column 'none' --categorical 'zip'"));
  EXPECT_EQ(read("y.tsv", {.label_column = "none", .categorical = "zip"}).feature_count(), 3);

  write("names.csv", "color,size,kind\nred,large,color\nblue,small,label\n");  // one case is called as its column
  run("data convert --data names.csv --label-column kind --out plain.csv");
  write("again.csv", "color,size,label\ncolor,large,cat\nblue,small,dog\n");
  EXPECT_THAT(succeed("data convert --data again.csv --label-column label --out z.csv").err,
              HasSubstr("--label-column 'label' --categorical '1,2'"));
  EXPECT_EQ(read("z.csv", {.label_column = "label", .categorical = "1,2"}).case_count(), 2);
}

TEST_F(DataTool, SplitsIntoAnyFormatBySeed) {
  const std::string split = std::string(
                                "data split --validation 0.25 --out a.npy --label-out a.csv --held-out b.idx "
                                "--held-out-labels b-ubyte") +
                            kDigits;
  EXPECT_EQ(run_json(split)["cases"], (json{45, 15}));
  EXPECT_EQ(read("a.npy").case_count(), 45);
  EXPECT_EQ(read_labels(dir_.path("b-ubyte")).size(), 15u);
  const ByteBuffer before = bytes("b.idx");
  run(split + " --force");
  EXPECT_EQ(bytes("b.idx"), before);
  run(split + " --force --seed 1");
  EXPECT_NE(bytes("b.idx"), before);
  expect_refused(2, "at least one case",
                 std::string("data split --validation 0 --out c.csv --held-out d.csv") + kDigits);
}

TEST_F(DataTool, TargetsGoWithTheirCases) {
  write("t.csv", "a,b,height,weight\n1,2,0.5,3\n2,3,1.5,4\n3,4,2.5,5\n");
  const std::string convert = "data convert --data t.csv --task regression --label-column height,weight ";
  run(convert + "--out x.npy --label-out y.npy");
  EXPECT_EQ(read_targets(dir_.path("y.npy")).targets, (Matrix(2, 3) << 0.5, 1.5, 2.5, 3, 4, 5).finished());
  run(convert + "--out u.csv");
  EXPECT_THAT(text("u.csv"), StartsWith("x1,x2,height,weight\n1,2,0.5,3\n"));
}

TEST_F(DataTool, MakeIsForSyntheticDataAlone) {
  write("t.csv", kTable);
  expect_refused(2, "expected synthetic:NAME, found 't.csv'", "data make --data t.csv --out x.csv");
}

TEST_F(DataTool, MadeCasesHaveTheSeedThatIsGiven) {
  const std::string make = std::string("data make") + kDigits;
  run(make + ",seed=3 --out spec.csv");
  run(make + " --seed 3 --out option.csv");
  run(make + " --out none.csv");
  EXPECT_EQ(bytes("option.csv"), bytes("spec.csv"));
  EXPECT_NE(bytes("option.csv"), bytes("none.csv"));
  expect_refused(2, "--seed: ", make + ",seed=3 --seed 4 --out x.csv");
}

TEST_F(DataTool, MakeTakesNoOptionOfFiles) {
  for (const char* option : {"label-file", "label-column", "categorical", "test", "test-label-file", "task"})
    expect_refused(2, fmt::format("unknown option --{}", option),
                   fmt::format("data make --{} none --out x.csv{}", option, kDigits));
}

TEST_F(DataTool, RefusalsNameTheOptionOfTheirFile) {
  expect_refused(2, "--label-out", std::string("data split --out a.npy --held-out b.csv") + kDigits);
  expect_refused(2, "--held-out-labels", std::string("data split --out a.csv --held-out b.npy") + kDigits);
  expect_refused(2, "--test-label-out", std::string("data convert --out a.csv --test-out b.npy") + kDigits);
  write("t.csv", "1,cat\n2,\n3,\n4,\n");  // of three held out, two have no label at least
  expect_refused(2, "no labels with --held-out-labels none",
                 "data split --data t.csv --validation 0.75 --out a.csv --held-out b.svm");
}

TEST_F(DataTool, NothingIsWrittenOverUnasked) {
  write("t.csv", kTable);
  write("old.npy", "precious");
  expect_refused(2, "also read", "data convert --data t.csv --out t.csv --force");
  expect_refused(4, "--force", "data convert --data t.csv --out old.npy --label-out y.csv");
  expect_refused(4, "--force", "data convert --data t.csv --out x.npy --label-out old.npy");
  expect_refused(2, "is also that of --out", "data convert --data t.csv --out x.npy --label-out x.npy");
  expect_refused(2, "expected a name that ends in", "data convert --data t.csv --out x.parquet");
  expect_refused(2, "--test-out", std::string("data make --test-label-out y.npy --out x.csv") + kDigits);
  EXPECT_EQ(text("old.npy"), "precious");
}

TEST_F(DataTool, ADryRunChecksAndWritesNothing) {
  const auto before = names_in(dir_.folder());
  EXPECT_THAT(run(std::string("data make --dry-run --out x.idx.gz --label-out y.csv") + kDigits),
              HasSubstr("60 cases"));
  EXPECT_EQ(names_in(dir_.folder()), before);
  expect_refused(2, "--label-out", std::string("data make --dry-run --out x.idx") + kDigits);
}

TEST_F(DataTool, TheLimitOfAFileLeavesNothing) {
  if (!kPlainHeap) GTEST_SKIP() << "a sanitizer keeps its shadow in files, which the limit hits";
  for (const char* out : {"x.csv", "x.svm.gz", "x.npz", "x.npy --label-out y.npy", "x.idx.gz --label-out y.csv"})
    expect_refused(4, "File too large", std::string("data make --out ") + out + kDigits, "ulimit -f 1;");
}

}  // namespace
}  // namespace dbn::test
