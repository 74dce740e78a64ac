// dbn likelihood: the documented keys, and numbers that are the library's.

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <dbn/io/file.hpp>
#include <dbn/model/stack_file.hpp>
#include <dbn/pretrain/variational_bound.hpp>
#include <dbn/rbm/exact_likelihood.hpp>
#include <dbn/rbm/pseudo_likelihood.hpp>

#include "../support/tiny_rbm.hpp"
#include "../support/tool_test.hpp"

namespace dbn::test {
namespace {

/// A stack `s` and cases `c.csv` and `t.csv`, which have no labels.
class LikelihoodCommand : public ToolTest {
 protected:
  void save(const Stack& stack) const { save_stack({.stack = stack, .preprocessing = {}, .history = {}}, path("s")); }
  void write(const std::string& name, const Matrix& cases) const {
    std::string text;
    for (Index c = 0; c < cases.cols(); ++c)
      for (Index i = 0; i < cases.rows(); ++i)
        text += fmt::format("{}{}", cases(i, c), i + 1 < cases.rows() ? "," : "\n");
    write_file(path(name), text);
  }
  // One RBM with its cases.
  void prepare(const Rbm& rbm) const {
    save({{rbm}});
    write("c.csv", tiny_cases(*rbm.visible, rbm.visible_count(), 20));
    write("t.csv", tests_of(rbm));
  }
  static Matrix tests_of(const Rbm& rbm) { return tiny_cases(*rbm.visible, rbm.visible_count(), 30).rightCols(10); }

  std::string path(const std::string& name) const { return dir_.path(name); }
};

constexpr const char* kCases = "likelihood s --data c.csv --label-column none";
constexpr const char* kBoth = "likelihood s --data c.csv --test t.csv --label-column none";
constexpr const char* kFast = " --betas 300 --chains 60 --reverse-steps 50";

// The sum is between both estimates, or within three standard errors of them.
TEST_F(LikelihoodCommand, AnnealsSmallModelsWhenAsked) {
  const Rbm rbm = tiny_rbm("bernoulli", "bernoulli", 9, 6);
  prepare(rbm);
  const json r = run_json(std::string(kBoth) + kFast + " --anneal");
  const double log_z = exact_log_partition(rbm);
  EXPECT_EQ(r["exact"], false);
  EXPECT_NEAR(r["log_partition"].get<double>(), log_z, 3 * r["standard_error"].get<double>());
  EXPECT_NEAR(r["reverse_log_partition"].get<double>(), log_z, 3 * r["reverse_standard_error"].get<double>());
  expect_refused(2, "--anneal", std::string(kBoth) + " --exact --anneal");
}

TEST_F(LikelihoodCommand, SumsSmallModels) {
  const Rbm rbm = tiny_rbm("bernoulli", "bernoulli", 9, 6);
  prepare(rbm);
  const json r = run_json(std::string(kBoth) + " --exact");
  const double log_z = exact_log_partition(rbm);
  EXPECT_EQ(r["command"], "likelihood");
  EXPECT_EQ(r["exact"], true);
  EXPECT_EQ(r["bound"], false);
  EXPECT_EQ(r["train_cases"], 20);
  EXPECT_EQ(r["cases"], 10);
  EXPECT_EQ(r["standard_error"], 0);
  EXPECT_DOUBLE_EQ(r["log_partition"].get<double>(), log_z);
  const double expected = exact_log_likelihood(rbm, tests_of(rbm));
  EXPECT_NEAR(r["mean_log_likelihood"].get<double>(), expected, 1e-9);
  EXPECT_EQ(r["interval"], json({r["mean_log_likelihood"], r["mean_log_likelihood"]}));
  EXPECT_NEAR(r["pseudo_likelihood"].get<double>(), log_pseudo_likelihood(rbm, tests_of(rbm)), 1e-9);
  for (const char* key : {"reverse_log_partition", "reverse_standard_error", "effective_sample_size"})
    EXPECT_TRUE(r.contains(key) && r[key].is_null()) << key;
  EXPECT_EQ(run_json(kBoth)["exact"], true) << "without being asked";
}

TEST_F(LikelihoodCommand, WithoutTestCasesItIsAboutTheData) {
  const Rbm rbm = tiny_rbm("gaussian-learned", "bernoulli", 5, 4);
  prepare(rbm);
  const json r = run_json(kCases);
  EXPECT_EQ(r["cases"], 20);
  EXPECT_NEAR(r["mean_log_likelihood"].get<double>(), exact_log_likelihood(rbm, tiny_cases(*rbm.visible, 5, 20)), 1e-4)
      << "up to the digits of the file";
  EXPECT_TRUE(r["pseudo_likelihood"].is_null()) << "real units have none";
  EXPECT_EQ(run_json(std::string(kCases) + " --limit 7")["cases"], 7);
}

// Neither layer of 30 bernoulli and 26 units is summed, but the weights of all but 8 hidden ones are 0, so that the sum
// is known.
TEST_F(LikelihoodCommand, AnnealsLargerOnesFromBothSides) {
  Rbm rbm = tiny_rbm("bernoulli", "bernoulli", 30, 26, 0.3);
  rbm.weights.rightCols(18).setZero();
  prepare(rbm);
  Rbm small = rbm;
  small.weights = rbm.weights.leftCols(8).eval();
  small.hidden_bias = rbm.hidden_bias.head(8).eval();
  double log_z = exact_log_partition(small);
  for (Index j = 8; j < 26; ++j) log_z += std::log1p(std::exp(static_cast<double>(rbm.hidden_bias[j])));

  const json r = run_json(std::string(kBoth) + kFast);
  EXPECT_EQ(r["exact"], false);
  const double error = r["standard_error"].get<double>(), reverse_error = r["reverse_standard_error"].get<double>();
  EXPECT_GT(error, 0);
  EXPECT_LT(error, 0.1);
  EXPECT_LT(reverse_error, 0.1);
  EXPECT_GT(r["effective_sample_size"].get<double>(), 30);
  // One chance in a million, and the rounding of 300 steps.
  EXPECT_NEAR(r["log_partition"].get<double>(), log_z, 5 * error + 1e-3);
  EXPECT_NEAR(r["reverse_log_partition"].get<double>(), log_z, 5 * reverse_error + 1e-3);
  const double mean = r["mean_log_likelihood"].get<double>();
  EXPECT_NEAR(mean, -rbm.free_energy(tests_of(rbm)).mean() - r["log_partition"].get<double>(), 1e-6);
  EXPECT_LT(r["interval"][0].get<double>(), mean);
  EXPECT_GT(r["interval"][1].get<double>(), mean);
  expect_refused(2, "--exact: expected a layer of at most 25 binary units", std::string(kBoth) + " --exact");
}

TEST_F(LikelihoodCommand, FollowsFromTheSeedAlone) {
  prepare(tiny_rbm("bernoulli", "bernoulli", 30, 26, 0.3));
  const auto numbers = [&](const std::string& more) {
    json r = run_json(std::string(kBoth) + " --betas 20 --chains 30 --reverse-steps 5" + more);
    r.erase("seconds");
    return r;
  };
  const json first = numbers(" --threads 1");
  EXPECT_EQ(numbers(" --threads 2"), first);
  EXPECT_EQ(numbers(" --threads 3 --seed 0"), first);
  EXPECT_NE(numbers(" --seed 1")["log_partition"], first["log_partition"]);
  EXPECT_NE(numbers(" --seed 1")["reverse_log_partition"], first["reverse_log_partition"]);
}

TEST_F(LikelihoodCommand, BoundsAStackAndKnowsEachOfItsLayers) {
  const Stack stack{{tiny_rbm("bernoulli", "bernoulli", 6, 5), tiny_rbm("bernoulli", "bernoulli", 5, 4)}};
  save(stack);
  const Matrix cases = tiny_cases(*unit_type("bernoulli"), 6, 20);
  write("c.csv", cases);
  const auto& bottom = std::get<Rbm>(stack.layers[0]);
  const auto& top = std::get<Rbm>(stack.layers[1]);
  const json whole = run_json(std::string(kCases) + " --seed 4");
  EXPECT_EQ(whole["bound"], true);
  EXPECT_EQ(whole["layer"], 2);
  EXPECT_NEAR(whole["log_partition"].get<double>(), exact_log_partition(top), 1e-9);
  EXPECT_NEAR(whole["mean_log_likelihood"].get<double>(),
              variational_bound(stack, cases, exact_log_partition(top), {.draws = 10, .seed = 4}), 1e-9);
  EXPECT_TRUE(whole["pseudo_likelihood"].is_null());

  const json first = run_json(std::string(kCases) + " --layer 1");
  EXPECT_EQ(first["bound"], false);
  EXPECT_NEAR(first["mean_log_likelihood"].get<double>(), exact_log_likelihood(bottom, cases), 1e-9);
  Matrix codes(5, 20);
  bottom.encode_into(cases, codes);
  const json second = run_json(std::string(kCases) + " --layer 2");
  EXPECT_NEAR(second["mean_log_likelihood"].get<double>(), exact_log_likelihood(top, codes), 1e-5);
}

TEST_F(LikelihoodCommand, AnswersInPlainWords) {
  prepare(tiny_rbm("bernoulli", "bernoulli", 9, 6));
  const auto summed = succeed(kBoth);
  EXPECT_THAT(summed.out, AllOf(HasSubstr("10 of "), HasSubstr("summed over 64 states"),
                                HasSubstr("9 bernoulli visible, 6 bernoulli hidden"), HasSubstr("log p(v) "),
                                HasSubstr("pseudo-likelihood")));
  EXPECT_EQ(summed.err, "");
  prepare(tiny_rbm("bernoulli", "bernoulli", 26, 26, 0.1));
  const auto annealed = try_run(std::string(kBoth) + " --betas 20 --chains 20");
  EXPECT_THAT(annealed.out,
              AllOf(HasSubstr("log Z, annealed"), HasSubstr("log Z, way back"), HasSubstr("as far as log Z is known")));
}

// Steps far too large for such weights.
TEST_F(LikelihoodCommand, SaysWhenLogZIsNotKnown) {
  prepare(tiny_rbm("bernoulli", "bernoulli", 40, 40, 2));
  const std::string coarse = std::string(kBoth) + " --betas 1 --chains 5 --reverse-steps 1";
  const auto result = succeed(coarse);
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("dbn: note: both ways of annealing differ by "), HasSubstr("--reverse-steps")));
  EXPECT_EQ(try_run(coarse + " --quiet").err, "");
}

TEST_F(LikelihoodCommand, SaysWhenCasesAreNotBinary) {
  prepare(tiny_rbm("bernoulli", "bernoulli", 9, 6));
  write("c.csv", Matrix::Constant(9, 3, Scalar{0.5}));
  EXPECT_THAT(try_run(kCases).err,
              HasSubstr("dbn: note: bernoulli units have two states, but the cases hold values in between"));
}

TEST_F(LikelihoodCommand, PlansWithoutWorking) {
  prepare(tiny_rbm("bernoulli", "bernoulli", 30, 26, 0.3));
  const auto result = succeed(std::string(kBoth) + " --dry-run");
  EXPECT_THAT(result.out, AllOf(HasSubstr("30-26"), HasSubstr("memory"), HasSubstr("time")));
  expect_refused(6, "likelihood needs about", std::string(kBoth) + " --max-memory 1M");
  expect_refused(6, "--chains", std::string(kBoth) + " --chains 1000000 --max-memory 200M");
}

TEST_F(LikelihoodCommand, RefusesWhatHasNoAnswer) {
  const Stream stream(1, Purpose::initial_weights);
  const auto autoencoder = make_autoencoder(3, 2, "tanh", ReconstructionLoss::squared_error, false, stream);
  const Rbm rbm = tiny_rbm("bernoulli", "bernoulli", 4, 3);
  write("c.csv", tiny_cases(*rbm.visible, 4, 5));
  save({{rbm, autoencoder}});
  expect_refused(2, "an autoencoder as layer 2", kCases);
  expect_refused(2, "layer 2: expected an RBM", std::string(kCases) + " --layer 2");
  expect_refused(2, "--layer: expected 1 to 2", std::string(kCases) + " --layer 3");
  expect_refused(2, "--layer", std::string(kCases) + " --layer 0");
  succeed(std::string(kCases) + " --layer 1");
  expect_refused(2, "expected --data", "likelihood s");
  expect_refused(2, "--betas", std::string(kCases) + " --betas 0:0.1:0.5");
  expect_refused(2, "--chains", std::string(kCases) + " --chains 1");
  expect_refused(4, "none", "likelihood none --data c.csv");
  expect_refused(3, "expected 4 features, as the stack has inputs, found 3", "likelihood s --layer 1 --data c.csv");
  expect_refused(3, "c.csv", "likelihood c.csv --data c.csv");
  save({{tiny_rbm("bernoulli", "relu", 30, 30)}});
  write("c.csv", Matrix::Zero(30, 2));
  expect_refused(2, "relu hidden units", kCases);
  save({{tiny_rbm("replicated-softmax", "bernoulli", 4, 3)}});
  write("c.csv", Matrix::Ones(4, 2));
  expect_refused(2, "how long a document is", kCases);
}

TEST_F(LikelihoodCommand, ExplainsItself) {
  const auto result = succeed("likelihood --help");
  EXPECT_THAT(result.out, AllOf(HasSubstr("usage: dbn likelihood STACK"), HasSubstr("--betas"),
                                HasSubstr("0:1e-3:0.5,0.5:1e-4:0.9,0.9:1e-5:1"), HasSubstr("--layer")));
}

}  // namespace
}  // namespace dbn::test
