// dbn predict: the same predictions in every format, made and written batch by batch.

#include <algorithm>
#include <cstdint>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <dbn/nn/evaluation.hpp>

#include "../support/stack_tool.hpp"

namespace dbn::test {
namespace {

constexpr Index kCases = 600;  // two batches and a part

class Predict : public StackTool {
 protected:
  Predict() { write_csv(dir_.path("d.csv"), images_); }

  // As the library predicts, in batches of the tool's size: products of another shape may round differently.
  Matrix predictions(const Mlp& net, const std::string& by) const {
    Dataset dataset;
    dataset.features = images_;
    dataset.shape = {images_.rows()};
    const PreparedCases cases(std::make_shared<const Dataset>(dataset), all_cases(kCases), file_.preprocessing);
    Matrix all(net.output_count(), kCases);
    for_each_prediction(net, cases, loss(by),
                        [&](Index first, const Matrix& batch) { all.middleCols(first, batch.cols()) = batch; });
    return all;
  }
  // The largest of the first three pixels names the class, so that all classes come, and ties too.
  static Mlp first_pixels() {
    Mlp net = make_mlp({9, 3}, "sigmoid", "xavier", 1);
    net.layers.front().weights = 3 * Matrix::Identity(9, 3);
    return net;
  }
  static std::int64_t label(const Matrix& probabilities, Index c) {
    Index best = 0;
    probabilities.col(c).maxCoeff(&best);
    return best;
  }
  static std::string numbers(const ConstVectorRef& column) {
    return fmt::format("{}", fmt::join(column.begin(), column.end(), ","));
  }

  static constexpr const char* kData = " --data d.csv --label-column none";

  Matrix images_ = small_images(9, kCases);
  Mlp net_ = first_pixels();
};

TEST_F(Predict, TablesHoldLabelsAndProbabilities) {
  save_classifier(net_);
  const Matrix p = predictions(net_, "softmax");
  const std::vector<std::string> classes{"a", "b", "c"};
  std::string expected = "label,p_a,p_b,p_c,top1,p_top1\n";
  for (Index c = 0; c < kCases; ++c) {
    const std::string& name = classes[static_cast<std::size_t>(label(p, c))];
    expected += fmt::format("{},{},{},{}\n", name, numbers(p.col(c)), name, p.col(c).maxCoeff());
  }
  const std::string command = std::string("predict m --proba --top 1") + kData;
  EXPECT_EQ(run(command), expected);
  EXPECT_EQ(run(command + " --out p.csv"), "");
  EXPECT_EQ(text("p.csv"), expected);
  EXPECT_EQ(run(command + " --out p"), "") << "any other name is CSV";
  EXPECT_EQ(text("p"), expected);
}

TEST_F(Predict, TheLikeliestClassesComeInOrder) {
  save_classifier(net_);
  const Matrix p = predictions(net_, "softmax");
  std::string expected = "label,top1,p_top1,top2,p_top2,top3,p_top3\n";
  for (Index c = 0; c < kCases; ++c) {
    std::vector<Index> order{0, 1, 2};
    std::ranges::stable_sort(order, [&](Index a, Index b) { return p(a, c) > p(b, c); });
    expected += "abc"[order[0]];
    for (const Index i : order) expected += fmt::format(",{},{}", "abc"[i], p(i, c));
    expected += '\n';
  }
  EXPECT_EQ(run(std::string("predict m --top 3") + kData), expected);
}

TEST_F(Predict, ArraysHoldProbabilitiesOrNumbersOfClasses) {
  save_classifier(net_);
  const Matrix p = predictions(net_, "softmax");
  run(std::string("predict m --proba --out p.npy") + kData);
  EXPECT_EQ(bytes("p.npy"), npy_of(p));

  std::vector<std::int64_t> labels;
  for (Index c = 0; c < kCases; ++c) labels.push_back(label(p, c));
  NpyIndexWriter expected(dir_.path("l.npy"), kCases);
  expected.append(labels);
  expected.commit();
  run(std::string("predict m --out a.npy") + kData);
  EXPECT_EQ(bytes("a.npy"), bytes("l.npy"));
}

TEST_F(Predict, RegressionsGiveTargetsInEveryFormat) {
  const Mlp net = make_mlp({9, 4, 2}, "tanh", "xavier", 1);
  save_net(net, "regression", "squared-error", {"price", "a,b"});
  const Matrix values = predictions(net, "squared-error");
  run(std::string("predict m --out p.npy") + kData);
  EXPECT_EQ(bytes("p.npy"), npy_of(values));
  std::string expected = "price,\"a,b\"\n";
  for (Index c = 0; c < kCases; ++c) expected += numbers(values.col(c)) + "\n";
  EXPECT_EQ(run(std::string("predict m") + kData), expected);
  run(std::string("predict m --out p.csv") + kData);
  EXPECT_EQ(text("p.csv"), expected);
}

TEST_F(Predict, JsonHoldsTheSameBesideAnyFile) {
  save_classifier(net_);
  const Matrix p = predictions(net_, "softmax");
  for (const char* out : {"", "p.csv", "p.npy"}) {
    const json r = run_json(std::string("predict m") + kData + (*out != '\0' ? std::string(" --out ") + out : ""));
    EXPECT_EQ(r["command"], "predict");
    EXPECT_EQ(r["cases"], kCases);
    EXPECT_EQ(r["out"], out);
    ASSERT_EQ(r["labels"].size(), static_cast<std::size_t>(kCases));
    for (Index c = 0; c < kCases; ++c)
      EXPECT_EQ(r["labels"][static_cast<std::size_t>(c)], std::string(1, "abc"[label(p, c)]));
  }
  EXPECT_EQ(names_in(dir_.folder()), (std::vector<std::string>{"d.csv", "m", "p.csv", "p.npy", "s"}));
}

TEST_F(Predict, HelpAndDryRunsWriteNothing) {
  save_classifier(net_);
  EXPECT_THAT(run("predict --help"), AllOf(StartsWith("usage: dbn predict MODEL"), HasSubstr(".npy"),
                                           HasSubstr("int64"), HasSubstr("--proba"), HasSubstr("--top")));
  for (const char* out : {"", " --out p.csv", " --out p.npy"})
    EXPECT_EQ(run(std::string("predict m --dry-run") + out + kData), "600 cases to predict\n");
  EXPECT_EQ(names_in(dir_.folder()), (std::vector<std::string>{"d.csv", "m", "s"}));
}

TEST_F(Predict, WrongRequestsAreRefusedAndWriteNothing) {
  save_classifier(net_);
  const std::string model = "predict m ";
  expect_refused(2, "--data or --test", model);
  expect_refused(2, "--top: expected predictions as CSV", model + "--top 1 --out p.npy" + kData);
  expect_refused(2, "--top: expected predictions as CSV", model + "--top 1 --proba --out p.npy" + kData);
  expect_refused(2, "--top: expected at most 3", model + "--top 4" + kData);
  expect_refused(2, "--out: d.npy is also read", model + "--out d.npy --force --data d.npy --label-column none");
  expect_refused(3, "dbn-stack", std::string("predict s") + kData);
  for (const char* out : {"", " --out p.csv", " --out p.npy", " --json", " --dry-run"})
    expect_refused(6, "--limit", model + "--max-memory 1M" + out + kData);
  write_file(dir_.path("p.npy"), "old");
  expect_refused(4, "--force", model + "--out p.npy" + kData);
  EXPECT_EQ(text("p.npy"), "old");
  run(model + "--out p.npy --force" + kData);
  EXPECT_NE(text("p.npy"), "old");
}

}  // namespace
}  // namespace dbn::test
