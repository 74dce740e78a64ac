// dbn encode: codes are the library's, states are drawn by the units' law and by case, and tables fit other tools.

#include <cmath>
#include <span>
#include <sstream>

#include <fmt/format.h>

#include <dbn/data/csv_reader.hpp>
#include <dbn/nn/deep_autoencoder.hpp>
#include <dbn/pretrain/encoded_cases.hpp>
#include <dbn/rbm/gibbs.hpp>

#include "../support/stack_tool.hpp"

namespace dbn::test {
namespace {

class Encode : public StackToolWithCases {
 protected:
  // As the library passes cases through the first layers of the stack, in batches of the tool's size: products of
  // another shape may round differently.
  Matrix codes_of_layer(std::size_t layer, const Matrix& images) const {
    const auto all = all_cases(images.cols());
    const PreparedCases source(std::make_shared<const Dataset>(dataset_of(images)), all, file_.preprocessing);
    Stack stack = file_.stack;
    stack.layers.resize(layer, stack.layers.front());
    const EncodedCases encoded(source, stack);
    Matrix codes(encoded.feature_count(), encoded.case_count());
    for_each_batch(all, kChainBlock, [&](Index first, std::span<const Index> batch) {
      encoded.gather_into(batch, codes.middleCols(first, std::ssize(batch)));
    });
    return codes;
  }
  static Dataset dataset_of(const Matrix& images) {
    Dataset dataset;
    dataset.features = images;
    dataset.shape = {images.rows()};
    return dataset;
  }
  // Numbers of a table of codes (codes x cases).
  Matrix read_codes(const std::string& name) const {
    const Dataset dataset = read_csv(bytes(name), name, {.label_column = "none"});
    Matrix codes(dataset.feature_count(), dataset.case_count());
    dataset.gather_into(all_cases(dataset.case_count()), codes);
    return codes;
  }
};

TEST_F(Encode, CodesOfAStackAreThoseOfTheLibrary) {
  EXPECT_EQ(run_json(std::string("encode s --out a.npy") + kData), json({{"command", "encode"},
                                                                         {"data", "d.csv"},
                                                                         {"seed", 0},
                                                                         {"cases", 3},
                                                                         {"features", 9},
                                                                         {"codes", 4},
                                                                         {"layer", 2},
                                                                         {"sample", false},
                                                                         {"out", "a.npy"}}));
  EXPECT_EQ(bytes("a.npy"), npy_of(codes_of_layer(2, images_)));
  EXPECT_THAT(run(std::string("encode s --layer 1 --out b.npy") + kData),
              HasSubstr("3 cases of 9 features to 5 codes of layer 1: b.npy"));
  EXPECT_EQ(bytes("b.npy"), npy_of(codes_of_layer(1, images_)));
}

TEST_F(Encode, TablesHoldTheSameNumbers) {
  const std::string expected = csv_of("c", codes_of_layer(2, images_));
  EXPECT_THAT(expected, StartsWith("c1,c2,c3,c4\n"));
  EXPECT_EQ(run(std::string("encode s") + kData), expected);
  run(std::string("encode s --out a.csv") + kData);
  EXPECT_EQ(text("a.csv"), expected);
}

// More cases than a batch, on stdout and in files.
TEST_F(Encode, AllBatchesAreThere) {
  const Matrix images = small_images(9, 600);
  write_csv(dir_.path("many.csv"), images);
  const std::string command = "encode s --data many.csv --label-column none";
  const std::string expected = csv_of("c", codes_of_layer(2, images));
  EXPECT_EQ(run(command), expected);
  run(command + " --out a.csv");
  EXPECT_EQ(text("a.csv"), expected);
  run(command + " --out a.npy");
  EXPECT_EQ(bytes("a.npy"), npy_of(codes_of_layer(2, images)));
}

// A state is 1 with the unit's mean as probability. Over n equal cases its mean is within five standard errors
// sqrt(p (1 - p) / n), which a right sampler leaves once in two million seeds.
TEST_F(Encode, SampledStatesFollowTheirMeans) {
  constexpr Index kCases = 4000;
  write_csv(dir_.path("same.csv"), images_.col(0).replicate(1, kCases));
  for (const std::size_t layer : {1U, 2U}) {
    run(fmt::format("encode s --sample --layer {} --data same.csv --label-column none --out a.csv --force", layer));
    const Eigen::MatrixXd states = read_codes("a.csv").cast<double>();
    const Matrix means = codes_of_layer(layer, images_.leftCols(1));
    ASSERT_EQ(states.rows(), means.rows());
    ASSERT_EQ(states.cols(), kCases);
    EXPECT_TRUE((states.array() == 0 || states.array() == 1).all());
    for (Index unit = 0; unit < means.rows(); ++unit) {
      const auto p = static_cast<double>(means(unit, 0));
      EXPECT_NEAR(states.row(unit).mean(), p, 5 * std::sqrt(p * (1 - p) / kCases)) << "layer " << layer;
    }
    EXPECT_NE(states.leftCols(256), states.middleCols(256, 256)) << "batches repeat each other";
  }
}

// Draws go by seed, case and unit: not by threads, nor by how many cases there are and where in a batch one stands.
// That means round differently in a batch of another shape moves none of 2400 states but with a chance of one in 1000.
TEST_F(Encode, StatesAreTheSameBitsHoweverTheyAreDrawn) {
  write_csv(dir_.path("many.csv"), small_images(9, 600));
  const std::string command = "encode s --sample --data many.csv --label-column none";
  const std::string all = run(command + " --threads 1");
  EXPECT_EQ(run(command + " --threads 2"), all);
  EXPECT_NE(run(command + " --seed 1"), all);
  for (const char* limit : {"5", "256", "300"}) {
    const std::string some = run(command + " --limit " + limit);
    EXPECT_EQ(std::count(some.begin(), some.end(), '\n'), std::stol(limit) + 1);
    EXPECT_EQ(all.substr(0, some.size()), some) << limit;
  }
}

TEST_F(Encode, CodesOfAModelAreOutputsOfAHiddenLayer) {
  const auto expect = [this](const Mlp& net, std::size_t layer, const std::string& option) {
    run(std::string("encode m --force --out a.npy ") + option + kData);
    EXPECT_EQ(bytes("a.npy"), npy_of(pass_through(std::span(net.layers).first(layer), cases_))) << option;
  };
  const Mlp classifier = make_mlp({9, 7, 6, 3}, "relu", "he", 2);
  save_classifier(classifier);
  expect(classifier, 2, "");
  expect(classifier, 1, "--layer 1");
  expect(classifier, 2, "--layer 2");
  expect_refused(2, "--layer: expected 1 to 2, as the model has hidden layers, found 3",
                 std::string("encode m --layer 3") + kData);

  const Mlp autoencoder = make_deep_autoencoder({9, 6, 2}, "tanh", "linear", "xavier", 3);
  save_net(autoencoder, "autoencoder", "squared-error");
  expect(autoencoder, 2, "");
  expect(autoencoder, 3, "--layer 3");
  EXPECT_EQ(run_json(std::string("encode m --out b.npy") + kData)["codes"], 2);
}

TEST_F(Encode, LabelsMayStandBehindTheCodes) {
  write_file(dir_.path("l.csv"), std::string_view("0,0,0,0,0,0,0,0,0,odd\n255,0,0,0,0,0,0,0,0,\n"
                                                  "0,0,0,0,0,0,0,0,255,even\n"));
  save_classifier(make_mlp({9, 4, 3}, "sigmoid", "xavier", 1));  // whose classes are others
  for (const char* name : {"s", "m"}) {
    run(std::string("encode ") + name + " --labelled --data l.csv --force --out a.csv");
    EXPECT_THAT(text("a.csv"), StartsWith("c1,c2,c3,c4,label\n"));
    const Dataset codes = read_csv(bytes("a.csv"), "a.csv", {.label_column = "last"});
    EXPECT_EQ(codes.feature_count(), 4);
    EXPECT_THAT(codes.classes, testing::ElementsAre("even", "odd"));
    EXPECT_THAT(codes.labels, testing::ElementsAre(1, kUnlabelled, 0)) << name;
    EXPECT_THAT(run(std::string("encode ") + name + " --data l.csv"), StartsWith("c1,c2,c3,c4\n"));
  }
  expect_refused(3, "--labelled expects labels", std::string("encode s --labelled") + kData);
  expect_refused(2, "--labelled: expected codes as .csv", "encode s --labelled --out a.npy --data l.csv");
}

TEST_F(Encode, TargetsMayStandBehindTheCodesOfARegression) {
  write_file(dir_.path("t.csv"), std::string_view("x1,x2,x3,x4,x5,x6,x7,x8,x9,price,share\n"
                                                  "0,0,0,0,0,0,0,0,0,1000,0.5\n255,0,0,0,0,0,0,0,0,900,0.25\n"));
  save_net(make_mlp({9, 2, 2}, "tanh", "xavier", 1), "regression", "squared-error", {"price", "share"});
  EXPECT_THAT(run("encode m --labelled --data t.csv --label-column price,share"),
              testing::MatchesRegex("c1,c2,price,share\n[^,]+,[^,]+,1000,0.5\n[^,]+,[^,]+,900,0.25\n"));
}

TEST_F(Encode, HelpAndDryRunsWriteNothing) {
  EXPECT_THAT(run("encode --help"), AllOf(StartsWith("usage: dbn encode STACK|MODEL"), HasSubstr("--layer"),
                                          HasSubstr("--sample"), HasSubstr("--labelled"), HasSubstr("--limit")));
  for (const char* out : {"", " --out a.csv", " --out a.npy"})
    EXPECT_EQ(run(std::string("encode s --dry-run") + out + kData), "3 cases of 9 features to 4 codes of layer 2\n");
  EXPECT_EQ(names_in(dir_.folder()), (std::vector<std::string>{"d.csv", "s"}));
}

TEST_F(Encode, WrongRequestsAreRefusedAndWriteNothing) {
  save_classifier(make_mlp({9, 3}, "sigmoid", "xavier", 1));
  file_.stack.layers[1] =
      make_autoencoder(5, 4, "tanh", ReconstructionLoss::squared_error, false, Stream(5, Purpose::initial_weights));
  save_stack(file_, dir_.path("a"));
  write_csv(dir_.path("wide.csv"), small_images(12, 2));
  const std::string stack = "encode s ";
  expect_refused(2, "STACK|MODEL", "encode");
  expect_refused(2, "--data or --test", stack);
  expect_refused(2, "--layer", stack + "--layer 0" + kData);
  expect_refused(2, "--layer: expected 1 to 2", stack + "--layer 3" + kData);
  expect_refused(2, "--sample: the units of a net have no states", std::string("encode m --sample") + kData);
  expect_refused(2, ".csv or .npy", stack + "--out a.png" + kData);
  expect_refused(2, "--out: d.csv is also read", stack + "--out d.csv --force" + kData);
  expect_refused(2, "--json expects --out", stack + "--json" + kData);
  expect_refused(3, "expected an RBM as layer 2 for --sample", std::string("encode a --sample") + kData);
  expect_refused(3, "expected hidden layers", std::string("encode m") + kData);
  expect_refused(3, "features", stack + "--data wide.csv --label-column none");
  expect_refused(3, "d.csv", std::string("encode d.csv") + kData);
  expect_refused(4, "none", std::string("encode none") + kData);
  expect_refused(4, "no/a.csv", stack + "--out no/a.csv" + kData);
  expect_refused(6, "--limit", stack + "--max-memory 1M" + kData);
  expect_refused(6, "--limit", stack + "--max-memory 1M --out a.npy" + kData);
  write_file(dir_.path("old.npy"), "old");
  expect_refused(4, "--force", stack + "--out old.npy" + kData);
  EXPECT_EQ(text("old.npy"), "old");
  run(std::string("encode a --sample --layer 1 --out old.npy --force") + kData);
  EXPECT_NE(text("old.npy"), "old") << "the RBM below an autoencoder has states";
}

}  // namespace
}  // namespace dbn::test
