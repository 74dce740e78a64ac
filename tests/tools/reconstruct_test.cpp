// dbn reconstruct: up through the layers and down again, as the library does it, and how far off each case comes back.

#include <algorithm>
#include <sstream>

#include <fmt/format.h>

#include <dbn/io/image_grid.hpp>
#include <dbn/nn/deep_autoencoder.hpp>
#include <dbn/nn/loss.hpp>
#include <dbn/rbm/gibbs.hpp>

#include "../support/stack_tool.hpp"

namespace dbn::test {
namespace {

class Reconstruct : public StackToolWithCases {
 protected:
  // Up through both layers and down again, with Gibbs steps at the top.
  Matrix through_the_top(Index steps, std::uint64_t seed) const {
    Matrix codes(5, cases_.cols()), back(9, cases_.cols());
    rbm(0).encode_into(cases_, codes);
    rbm(0).visible_mean_into(reconstruct(rbm(1), codes, steps, seed), back);
    return back;
  }
  double squared_error(const Matrix& back, Index c) const {
    return (back.col(c).cast<double>() - cases_.col(c).cast<double>()).squaredNorm();
  }
  void expect_error(const json& result, const Matrix& back) const {
    double expected = 0;
    for (Index c = 0; c < cases_.cols(); ++c) expected += squared_error(back, c) / static_cast<double>(cases_.cols());
    EXPECT_GT(expected, 0.01);
    EXPECT_NEAR(result["error"].get<double>(), expected, 1e-12 * expected) << "27 terms of one sign, in double";
  }
  // The numbers below squared_error in a file of errors.
  std::vector<double> errors_in(const std::string& name) const {
    std::vector<double> errors;
    std::istringstream lines(text(name));
    std::string line;
    std::getline(lines, line);
    EXPECT_THAT(line, StartsWith("case,squared_error"));
    while (std::getline(lines, line)) {
      EXPECT_THAT(line, StartsWith(fmt::format("{},", errors.size())));
      errors.push_back(std::stod(line.substr(line.find(',') + 1)));
    }
    return errors;
  }
};

TEST_F(Reconstruct, GoesThroughAllLayersByItself) {
  const json r = run_json(std::string("reconstruct s --out a.npy") + kData);
  EXPECT_EQ(r["command"], "reconstruct");
  EXPECT_EQ(r["cases"], 3);
  EXPECT_EQ(r["layer"], 2);
  EXPECT_EQ(r["gibbs"], 0);
  EXPECT_EQ(r["out"], "a.npy");
  expect_error(r, through_the_top(0, 0));
  EXPECT_EQ(bytes("a.npy"), raw_npy_of(through_the_top(0, 0)));
}

TEST_F(Reconstruct, StopsAtTheLayerThatIsAskedFor) {
  const json r = run_json(std::string("reconstruct s --layer 1") + kData);
  EXPECT_EQ(r["layer"], 1);
  EXPECT_EQ(r["out"], "");
  EXPECT_EQ(r["worst"], json::array());
  expect_error(r, rbm(0).reconstruct(cases_));
  EXPECT_EQ(names_in(dir_.folder()), (std::vector<std::string>{"d.csv", "s"})) << "without --out nothing is written";
}

TEST_F(Reconstruct, GibbsStepsAreThoseOfTheLayersRbm) {
  const json r = run_json(std::string("reconstruct s --gibbs 3 --seed 8 --out a.npy") + kData);
  EXPECT_EQ(r["gibbs"], 3);
  expect_error(r, through_the_top(3, 8));
  EXPECT_EQ(bytes("a.npy"), raw_npy_of(through_the_top(3, 8)));
  EXPECT_NE(bytes("a.npy"), raw_npy_of(through_the_top(3, 9)));
}

// More cases than a batch: each has draws of its own all the same.
TEST_F(Reconstruct, BatchesDoNotMatter) {
  const Matrix images = small_images(9, 1100);
  write_csv(dir_.path("many.csv"), images);
  Matrix cases = images;
  file_.preprocessing.apply(cases);
  const std::string command = "reconstruct s --layer 1 --gibbs 2 --data many.csv --label-column none ";
  const Matrix back = reconstruct(rbm(0), cases, 2, 0);
  run(command + "--out a.npy --errors e.npy");
  EXPECT_EQ(bytes("a.npy"), raw_npy_of(back));
  run(command + "--out a.csv --errors e.csv");
  EXPECT_EQ(text("a.csv"), csv_of("x", raw(back)));
  const std::vector<double> errors = errors_in("e.csv");
  ASSERT_EQ(errors.size(), 1100U);
  EXPECT_EQ(bytes("e.npy"), npy_of(Eigen::Map<const Eigen::RowVectorXd>(errors.data(), 1100).cast<Scalar>()));
}

TEST_F(Reconstruct, TablesHoldTheSameNumbersAsArrays) {
  const json r = run_json(std::string("reconstruct s --out a.csv") + kData);
  EXPECT_EQ(r["out"], "a.csv");
  const std::string table = csv_of("x", raw(through_the_top(0, 0)));
  EXPECT_THAT(table, StartsWith("x1,x2,x3,x4,x5,x6,x7,x8,x9\n"));
  EXPECT_EQ(text("a.csv"), table);
}

TEST_F(Reconstruct, PicturesShowTheOriginalAboveTheReconstruction) {
  run(std::string("reconstruct s --out a.png") + kData);
  Matrix pairs(18, 3);
  pairs << cases_, through_the_top(0, 0);
  EXPECT_EQ(bytes("a.png"), encode_png(image_grid(pairs, {.height = 6, .width = 3})));
  run(std::string("reconstruct s --width 1 --out b.png") + kData);
  EXPECT_EQ(bytes("b.png"), encode_png(image_grid(pairs, {.height = 18, .width = 1})));
}

TEST_F(Reconstruct, LayersThatAreAutoencodersReconstructToo) {
  file_.stack.layers = {rbm(0), make_autoencoder(5, 4, "tanh", ReconstructionLoss::squared_error, false,
                                                 Stream(5, Purpose::initial_weights))};
  save_stack(file_, dir_.path("a"));
  Matrix codes(5, 3), back(9, 3);
  rbm(0).encode_into(cases_, codes);
  rbm(0).visible_mean_into(reconstruct(file_.stack.layers[1], codes), back);
  expect_error(run_json(std::string("reconstruct a") + kData), back);
  expect_refused(3, "expected an RBM as layer 2", std::string("reconstruct a --gibbs 1") + kData);
}

TEST_F(Reconstruct, DeepAutoencodersGiveBackWhatTheirLossSays) {
  const Mlp net = make_deep_autoencoder({9, 6, 2}, "tanh", "linear", "xavier", 3);
  for (const char* name : {"squared-error", "binary-cross-entropy"}) {
    save_net(net, "autoencoder", name);
    Matrix back = net.scores(cases_);
    loss(name).predict(back);
    const json r = run_json(std::string("reconstruct m --force --out a.npy") + kData);
    EXPECT_EQ(r["layer"], 2) << "where the codes are";
    expect_error(r, back);
    EXPECT_EQ(bytes("a.npy"), raw_npy_of(back)) << name;

    run(std::string("reconstruct m --force --out a.png") + kData);
    Matrix pairs(18, 3);
    pairs << cases_, back;
    const GreyScale own{.symmetric = false, .least = pairs.minCoeff(), .most = pairs.maxCoeff()};
    EXPECT_EQ(bytes("a.png"),
              encode_png(image_grid(pairs, {.height = 6, .width = 3}, loss(name).probabilities ? GreyScale{} : own)))
        << name;
  }
  expect_refused(2, "--layer: expected a stack", std::string("reconstruct m --layer 1") + kData);
  expect_refused(2, "--gibbs: expected a stack", std::string("reconstruct m --gibbs 1") + kData);
}

TEST_F(Reconstruct, ErrorsAreThoseOfEachCase) {
  const json r = run_json(std::string("reconstruct s --errors e.csv") + kData);
  const Matrix back = through_the_top(0, 0);
  const std::vector<double> errors = errors_in("e.csv");
  ASSERT_EQ(errors.size(), 3U);
  for (Index c = 0; c < 3; ++c)  // nine terms in whichever order
    EXPECT_NEAR(errors[static_cast<std::size_t>(c)], squared_error(back, c), 1e-14 * squared_error(back, c));
  // CSV holds every digit, and the mean is made of the same numbers in the same order.
  EXPECT_EQ((errors[0] + errors[1] + errors[2]) / 3, r["error"].get<double>());
  EXPECT_EQ(r["errors"], "e.csv");
  run(std::string("reconstruct s --errors e.npy") + kData);
  EXPECT_EQ(bytes("e.npy"),
            npy_of(Eigen::Map<Eigen::RowVectorXd>(const_cast<double*>(errors.data()), 3).cast<Scalar>()));
}

// Case 1 stands twice more, as 3 and 4: equal errors go by case. Without weights they are equal to the last bit.
TEST_F(Reconstruct, TheWorstCasesComeFirstAndTiesByNumber) {
  Matrix images(9, 5);
  images << images_, images_.col(1), images_.col(1);
  write_csv(dir_.path("ties.csv"), images);
  Mlp net = make_deep_autoencoder({9, 3}, "tanh", "linear", "xavier", 3);
  for (auto& layer : net.layers) layer.weights.setZero();
  save_net(net, "autoencoder", "squared-error");
  const std::string command = "reconstruct m --data ties.csv --label-column none --errors e.csv --force";
  const json all = run_json(command + " --worst 9")["worst"];
  const std::vector<double> errors = errors_in("e.csv");
  ASSERT_EQ(errors.size(), 5U);
  EXPECT_EQ(errors[1], errors[3]);
  EXPECT_EQ(errors[1], errors[4]);
  std::vector<Index> expected{0, 1, 2, 3, 4};
  std::ranges::stable_sort(expected, [&](Index a, Index b) {
    return errors[static_cast<std::size_t>(a)] > errors[static_cast<std::size_t>(b)];
  });
  ASSERT_EQ(all.size(), 5U) << "there are no more";
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(all[i]["case"], expected[i]);
    EXPECT_EQ(all[i]["squared_error"].get<double>(), errors[static_cast<std::size_t>(expected[i])]);
  }
  EXPECT_EQ(run_json(command + " --worst 2")["worst"], json({all[0], all[1]}));
  EXPECT_THAT(run(command + " --worst 1"), testing::ContainsRegex(fmt::format("\n{} +[0-9.]+\n$", expected[0])));
}

TEST_F(Reconstruct, ErrorsStandBesideLabels) {
  write_file(dir_.path("l.csv"), std::string_view("x1,x2,x3,x4,x5,x6,x7,x8,x9,label\n0,0,0,0,0,0,0,0,0,odd\n"
                                                  "255,0,0,0,0,0,0,0,0,\n0,0,0,0,0,0,0,0,255,even\n"));
  save_net(make_deep_autoencoder({9, 3}, "tanh", "linear", "xavier", 3), "autoencoder", "squared-error");
  for (const char* name : {"s", "m"}) {
    run(std::string("reconstruct ") + name + " --data l.csv --errors e.csv --force");
    EXPECT_THAT(text("e.csv"), testing::MatchesRegex("case,squared_error,label\n0,[^,\n]+,odd\n1,[^,\n]+,\n"
                                                     "2,[^,\n]+,even\n"))
        << name;
  }
}

TEST_F(Reconstruct, TakesTestCasesWhereThereAreAny) {
  write_csv(dir_.path("t.csv"), small_images(9, 2));
  EXPECT_EQ(run_json(std::string("reconstruct s --test t.csv") + kData)["cases"], 2);
  EXPECT_EQ(run_json(std::string("reconstruct s --limit 1") + kData)["cases"], 1);
  EXPECT_THAT(run(std::string("reconstruct s") + kData), AllOf(HasSubstr("cases  3"), HasSubstr("error  ")));
}

TEST_F(Reconstruct, HelpIsAnswered) {
  EXPECT_THAT(run("reconstruct --help"),
              AllOf(StartsWith("usage: dbn reconstruct STACK|MODEL"), HasSubstr("--layer"), HasSubstr("--gibbs"),
                    HasSubstr("--width"), HasSubstr("--errors"), HasSubstr("--worst"), HasSubstr("--limit")));
}

TEST_F(Reconstruct, WrongRequestsAreRefusedAndWriteNothing) {
  save_stack(small_stack({12, 5}), dir_.path("t"));
  save_classifier(make_mlp({9, 4, 3}, "sigmoid", "xavier", 1));
  write_csv(dir_.path("wide.csv"), small_images(12, 2));
  const std::string stack = "reconstruct s ";
  expect_refused(2, "--data or --test", stack);
  expect_refused(2, ".csv or .npy or .png", stack + "--out a.txt" + kData);
  expect_refused(2, "--errors: expected a file that ends in .csv or .npy", stack + "--errors a.png" + kData);
  expect_refused(2, "--width: 12 features", "reconstruct t --out a.png --data wide.csv --label-column none");
  expect_refused(2, "--layer: expected 1 to 2", stack + "--layer 3" + kData);
  expect_refused(2, "--gibbs", stack + "--gibbs -1" + kData);
  expect_refused(2, "--worst", stack + "--worst -1" + kData);
  expect_refused(2, "--out: d.npy is also read", stack + "--out d.npy --force --data d.npy --label-column none");
  expect_refused(2, "--errors: d.csv is also read", stack + "--errors d.csv --force" + kData);
  expect_refused(2, "--errors: ./a.npy is also that of --out", stack + "--out a.npy --errors ./a.npy" + kData);
  expect_refused(3, "features", stack + "--data wide.csv --label-column none");
  expect_refused(3, "expected a stack or an autoencoder", std::string("reconstruct m") + kData);
  expect_refused(3, "d.csv", std::string("reconstruct d.csv") + kData);
  for (const char* out : {"", " --out b.csv", " --out b.npy", " --out b.png"})
    expect_refused(6, "--limit", stack + "--max-memory 1M" + out + kData);
  write_file(dir_.path("a.npy"), "old");
  expect_refused(4, "--force", stack + "--out a.npy" + kData);
  expect_refused(4, "--force", stack + "--errors a.npy" + kData);
  EXPECT_EQ(text("a.npy"), "old");
  EXPECT_THAT(run(stack + "--out b.npy --errors b.csv --dry-run" + kData), HasSubstr("3 cases"));
  EXPECT_EQ(names_in(dir_.folder()), (std::vector<std::string>{"a.npy", "d.csv", "m", "s", "t", "wide.csv"}));
}

}  // namespace
}  // namespace dbn::test
