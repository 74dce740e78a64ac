// dbn reconstruct: up through the layers and down again, as the library does it.

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <dbn/io/image_grid.hpp>
#include <dbn/io/npy.hpp>
#include <dbn/model/model_file.hpp>
#include <dbn/rbm/gibbs.hpp>

#include "../support/run_command.hpp"
#include "../support/small_stack.hpp"
#include "../support/temp_dir.hpp"

namespace dbn::test {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kData = " --data d.csv --label-column none";

class Reconstruct : public testing::Test {
 protected:
  Reconstruct() {
    save_stack(file_, dir_.path("s"));
    write_csv(dir_.path("d.csv"), images_);
    file_.preprocessing.apply(cases_);
  }

  CommandResult try_run(const std::string& arguments) const {
    return run_dbn(words(arguments), {.folder = dir_.folder(), .prefix = {}, .redirect = {}});
  }
  std::string run(const std::string& arguments) const {
    const auto result = try_run(arguments);
    EXPECT_EQ(result.exit_code, 0) << arguments << "\n" << result.err;
    EXPECT_EQ(result.err, "") << arguments;
    return result.out;
  }
  json run_json(const std::string& arguments) const {
    const std::string out = run(arguments + " --json");
    EXPECT_EQ(out.find('\n'), out.size() - 1) << out;
    return json::parse(out);
  }
  void expect_refused(int code, const std::string& what, const std::string& arguments) const {
    const auto before = names_in(dir_.folder());
    const auto result = try_run(arguments);
    EXPECT_EQ(result.exit_code, code) << arguments << "\n" << result.err;
    EXPECT_THAT(result.err, AllOf(StartsWith("dbn: error: "), HasSubstr(what))) << arguments;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    EXPECT_EQ(result.out, "") << arguments;
    EXPECT_EQ(names_in(dir_.folder()), before) << arguments;
  }
  ByteBuffer bytes(const std::string& name) const { return read_file(dir_.path(name)); }
  ByteBuffer npy_of(Matrix cases) const {
    file_.preprocessing.invert(cases);
    write_npy(dir_.path("expected"), cases);
    return bytes("expected");
  }
  const Rbm& rbm(std::size_t i) const { return std::get<Rbm>(file_.stack.layers[i]); }
  // Up through both layers and down again, with Gibbs steps at the top.
  Matrix through_the_top(Index steps, std::uint64_t seed) const {
    Matrix codes(5, cases_.cols()), back(9, cases_.cols());
    rbm(0).encode_into(cases_, codes);
    rbm(0).visible_mean_into(reconstruct(rbm(1), codes, steps, seed), back);
    return back;
  }
  void expect_error(const json& result, const Matrix& back) const {
    const double expected =
        (back.cast<double>() - cases_.cast<double>()).squaredNorm() / static_cast<double>(cases_.cols());
    EXPECT_GT(expected, 0.01);
    EXPECT_NEAR(result["error"].get<double>(), expected, 1e-12 * expected) << "27 terms of one sign, in double";
  }

  TempDir dir_;
  StackFile file_ = small_stack({9, 5, 4});
  Matrix images_ = small_images(9, 3);
  Matrix cases_ = images_;
};

TEST_F(Reconstruct, GoesThroughAllLayersByItself) {
  const json r = run_json(std::string("reconstruct s --out a.npy") + kData);
  EXPECT_EQ(r["command"], "reconstruct");
  EXPECT_EQ(r["cases"], 3);
  EXPECT_EQ(r["layer"], 2);
  EXPECT_EQ(r["gibbs"], 0);
  EXPECT_EQ(r["out"], "a.npy");
  expect_error(r, through_the_top(0, 0));
  EXPECT_EQ(bytes("a.npy"), npy_of(through_the_top(0, 0)));
}

TEST_F(Reconstruct, StopsAtTheLayerThatIsAskedFor) {
  const json r = run_json(std::string("reconstruct s --layer 1") + kData);
  EXPECT_EQ(r["layer"], 1);
  EXPECT_EQ(r["out"], "");
  expect_error(r, rbm(0).reconstruct(cases_));
  EXPECT_EQ(names_in(dir_.folder()), (std::vector<std::string>{"d.csv", "s"})) << "without --out nothing is written";
}

TEST_F(Reconstruct, GibbsStepsAreThoseOfTheLayersRbm) {
  const json r = run_json(std::string("reconstruct s --gibbs 3 --seed 8 --out a.npy") + kData);
  EXPECT_EQ(r["gibbs"], 3);
  expect_error(r, through_the_top(3, 8));
  EXPECT_EQ(bytes("a.npy"), npy_of(through_the_top(3, 8)));
  EXPECT_NE(bytes("a.npy"), npy_of(through_the_top(3, 9)));
}

// More cases than a batch: each has draws of its own all the same.
TEST_F(Reconstruct, BatchesDoNotMatter) {
  const Matrix images = small_images(9, 1100);
  write_csv(dir_.path("many.csv"), images);
  Matrix cases = images;
  file_.preprocessing.apply(cases);
  run("reconstruct s --layer 1 --gibbs 2 --data many.csv --label-column none --out a.npy");
  EXPECT_EQ(bytes("a.npy"), npy_of(reconstruct(rbm(0), cases, 2, 0)));
}

TEST_F(Reconstruct, PicturesShowTheOriginalAboveTheReconstruction) {
  run(std::string("reconstruct s --out a.png") + kData);
  Matrix pairs(18, 3);
  pairs << cases_, through_the_top(0, 0);
  EXPECT_EQ(bytes("a.png"), encode_png(image_grid(pairs, {.height = 6, .width = 3})));
  run(std::string("reconstruct s --width 1 --out b.png") + kData);
  EXPECT_EQ(bytes("b.png"), encode_png(image_grid(pairs, {.height = 18, .width = 1})));
}

TEST_F(Reconstruct, AutoencodersReconstructToo) {
  file_.stack.layers = {rbm(0), make_autoencoder(5, 4, "tanh", ReconstructionLoss::squared_error, false,
                                                 Stream(5, Purpose::initial_weights))};
  save_stack(file_, dir_.path("a"));
  Matrix codes(5, 3), back(9, 3);
  rbm(0).encode_into(cases_, codes);
  rbm(0).visible_mean_into(reconstruct(file_.stack.layers[1], codes), back);
  expect_error(run_json(std::string("reconstruct a") + kData), back);
  expect_refused(3, "expected an RBM as layer 2", std::string("reconstruct a --gibbs 1") + kData);
}

TEST_F(Reconstruct, TakesTestCasesWhereThereAreAny) {
  write_csv(dir_.path("t.csv"), small_images(9, 2));
  EXPECT_EQ(run_json(std::string("reconstruct s --test t.csv") + kData)["cases"], 2);
  EXPECT_EQ(run_json(std::string("reconstruct s --limit 1") + kData)["cases"], 1);
  EXPECT_THAT(run(std::string("reconstruct s") + kData), AllOf(HasSubstr("cases  3"), HasSubstr("error  ")));
}

TEST_F(Reconstruct, WrongRequestsAreRefusedAndWriteNothing) {
  save_stack(small_stack({12, 5}), dir_.path("t"));
  save_model({.net = make_mlp({9, 4, 3}, "sigmoid", "xavier", 1),
              .outputs = {"a", "b", "c"},
              .preprocessing = {},
              .seed = 1,
              .start = "xavier",
              .history = {}},
             dir_.path("m"));
  write_csv(dir_.path("wide.csv"), small_images(12, 2));
  expect_refused(2, "--data or --test", "reconstruct s");
  expect_refused(2, ".npy or .png", std::string("reconstruct s --out a.csv") + kData);
  expect_refused(2, "--width: 12 features", "reconstruct t --out a.png --data wide.csv --label-column none");
  expect_refused(2, "--layer: expected 1 to 2", std::string("reconstruct s --layer 3") + kData);
  expect_refused(2, "--gibbs", std::string("reconstruct s --gibbs -1") + kData);
  expect_refused(2, "also read", "reconstruct s --out d.npy --force --data d.npy --label-column none");
  expect_refused(3, "features", "reconstruct s --data wide.csv --label-column none");
  expect_refused(3, "dbn-stack", std::string("reconstruct m") + kData);
  write_file(dir_.path("a.npy"), "old");
  expect_refused(4, "--force", std::string("reconstruct s --out a.npy") + kData);
  EXPECT_EQ(bytes("a.npy"), (ByteBuffer{'o', 'l', 'd'}));
  EXPECT_THAT(run(std::string("reconstruct s --out b.npy --dry-run") + kData), HasSubstr("3 cases"));
  EXPECT_FALSE(std::ranges::count(names_in(dir_.folder()), "b.npy"));
}

}  // namespace
}  // namespace dbn::test
