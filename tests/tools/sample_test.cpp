// dbn sample: what it writes is what the library draws, brought down to the data's units or into a picture.

#include <dbn/io/image_grid.hpp>
#include <dbn/rbm/gibbs.hpp>

#include "../support/stack_tool.hpp"

namespace dbn::test {
namespace {

using Sample = StackTool;

TEST_F(Sample, WritesDrawsAsRowsInTheUnitsOfTheData) {
  EXPECT_EQ(run_json("sample s --count 7 --gibbs 3 --seed 2 --out a.npy"), json({{"command", "sample"},
                                                                                 {"seed", 2},
                                                                                 {"count", 7},
                                                                                 {"gibbs", 3},
                                                                                 {"layer", 1},
                                                                                 {"features", 9},
                                                                                 {"out", "a.npy"}}));
  EXPECT_EQ(bytes("a.npy"), raw_npy_of(sample(rbm(0), {.count = 7, .steps = 3, .states = false, .first = 0}, 2)));
  EXPECT_THAT(run("sample s --count 7 --gibbs 3 --states --out b.npy"), HasSubstr("b.npy"));
  EXPECT_EQ(bytes("b.npy"), raw_npy_of(sample(rbm(0), {.count = 7, .steps = 3, .states = true, .first = 0}, 0)));
}

TEST_F(Sample, DrawsOfAHigherLayerComeDownByMeans) {
  run("sample s --layer 2 --count 7 --gibbs 3 --out a.npy");
  const Matrix codes = sample(rbm(1), {.count = 7, .steps = 3, .states = false, .first = 0}, 0);
  Matrix features(9, 7);
  rbm(0).visible_mean_into(codes, features);
  EXPECT_EQ(bytes("a.npy"), raw_npy_of(features));
}

// Two cases for five chains: they serve in turn.
TEST_F(Sample, ChainsMayStartAtCases) {
  const Matrix images = small_images(9, 2);
  write_csv(dir_.path("d.csv"), images);
  Matrix start(9, 5);
  for (Index c = 0; c < 5; ++c) start.col(c) = images.col(c % 2);
  file_.preprocessing.apply(start);
  const std::string from_data = " --start data --data d.csv --label-column none --count 5 --gibbs 1";
  run("sample s --out a.npy" + from_data);
  EXPECT_EQ(bytes("a.npy"),
            raw_npy_of(sample(rbm(0), {.count = 5, .steps = 1, .states = false, .first = 0}, 0, &start)));
  run("sample s --layer 2 --out b.npy" + from_data);
  Matrix codes(5, 5), features(9, 5);
  rbm(0).encode_into(start, codes);
  rbm(0).visible_mean_into(sample(rbm(1), {.count = 5, .steps = 1, .states = false, .first = 0}, 0, &codes), features);
  EXPECT_EQ(bytes("b.npy"), raw_npy_of(features));
}

TEST_F(Sample, PicturesShowTheRangeOfTheModel) {
  run("sample s --count 7 --gibbs 3 --out a.png");
  const Matrix draws = sample(rbm(0), {.count = 7, .steps = 3, .states = false, .first = 0}, 0);
  EXPECT_EQ(bytes("a.png"), encode_png(image_grid(draws, {.height = 3, .width = 3})));
  run("sample s --count 7 --gibbs 3 --width 9 --out b.png");
  EXPECT_EQ(bytes("b.png"), encode_png(image_grid(draws, {.height = 1, .width = 9})));
}

// Real numbers have no range: the picture's own is shown.
TEST_F(Sample, PicturesOfRealNumbersReachFromBlackToWhite) {
  Rbm real = rbm(0);
  real.visible = unit_type("gaussian");
  file_.stack.layers = {real};
  save_stack(file_, dir_.path("r"));
  run("sample r --count 7 --gibbs 3 --out a.png");
  const Matrix draws = sample(real, {.count = 7, .steps = 3, .states = false, .first = 0}, 0);
  EXPECT_EQ(
      bytes("a.png"),
      encode_png(image_grid(draws, {3, 3}, {.symmetric = false, .least = draws.minCoeff(), .most = draws.maxCoeff()})));
}

TEST_F(Sample, FilesAreTheSameBytesWithAnyNumberOfThreads) {
  save_stack(small_stack({600, 300}), dir_.path("l"));
  for (const char* threads : {"1", "2", "3"})
    run(std::string("sample l --count 300 --gibbs 3 --out ") + threads + ".npy --threads " + threads);
  EXPECT_EQ(bytes("1.npy"), bytes("2.npy"));
  EXPECT_EQ(bytes("1.npy"), bytes("3.npy"));
}

TEST_F(Sample, HelpIsAnswered) {
  EXPECT_THAT(run("sample --help"), AllOf(StartsWith("usage: dbn sample STACK"), HasSubstr("--layer"),
                                          HasSubstr("--gibbs"), HasSubstr("--width"), HasSubstr("--limit")));
}

TEST_F(Sample, ADryRunWritesNothing) {
  EXPECT_THAT(run("sample s --out a.npy --dry-run"), HasSubstr("100 draws of 9 features"));
  EXPECT_EQ(names_in(dir_.folder()), std::vector<std::string>{"s"});
}

TEST_F(Sample, WrongRequestsAreUsageErrors) {
  save_stack(small_stack({12, 5}), dir_.path("t"));
  expect_refused(2, "--out", "sample s");
  expect_refused(2, ".npy or .png", "sample s --out a.csv");
  expect_refused(2, "--width: 12 features", "sample t --out a.png");
  expect_refused(2, "divisor of 12", "sample t --out a.png --width 5");
  expect_refused(2, "--layer: expected 1 to 2", "sample s --out a.npy --layer 3");
  expect_refused(2, "--layer", "sample s --out a.npy --layer 0");
  expect_refused(2, "--count", "sample s --out a.npy --count 0");
  expect_refused(2, "--gibbs", "sample s --out a.npy --gibbs 0");
  expect_refused(2, "--start", "sample s --out a.npy --start here");
  expect_refused(2, "--data or --test", "sample s --out a.npy --start data");
  expect_refused(2, "also read", "sample s.npy --out s.npy --force");
  expect_refused(6, "--count", "sample s --out a.npy --count 1000000000 --max-memory 1G");
}

TEST_F(Sample, FilesThatAreNoSuchStackAreNamed) {
  save_classifier(make_mlp({9, 4, 3}, "sigmoid", "xavier", 1));
  file_.stack.layers = {
      make_autoencoder(9, 5, "sigmoid", ReconstructionLoss::cross_entropy, true, Stream(1, Purpose::initial_weights))};
  save_stack(file_, dir_.path("a"));
  write_csv(dir_.path("narrow.csv"), small_images(8, 2));
  expect_refused(3, "dbn-stack", "sample m --out x.npy");
  expect_refused(3, "expected an RBM as layer 1", "sample a --out x.npy");
  expect_refused(3, "features", "sample s --out x.npy --start data --data narrow.csv --label-column none");
  expect_refused(4, "none", "sample none --out x.npy");
  expect_refused(4, "no/x.npy", "sample s --out no/x.npy");
}

TEST_F(Sample, AFileIsReplacedByForceOnly) {
  write_file(dir_.path("a.npy"), "old");
  expect_refused(4, "--force", "sample s --out a.npy --gibbs 1");
  EXPECT_EQ(bytes("a.npy"), (ByteBuffer{'o', 'l', 'd'}));
  run("sample s --out a.npy --gibbs 1 --force");
  EXPECT_NE(bytes("a.npy"), (ByteBuffer{'o', 'l', 'd'}));
}

}  // namespace
}  // namespace dbn::test
