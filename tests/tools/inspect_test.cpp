// dbn inspect --filters: weights as pictures.

#include <cmath>

#include <dbn/io/image_grid.hpp>
#include <dbn/model/model_file.hpp>

#include "../support/small_stack.hpp"
#include "../support/tool_test.hpp"

namespace dbn::test {
namespace {

constexpr GreyScale kSymmetric{.symmetric = true, .least = 0, .most = 1};

class Filters : public ToolTest {
 protected:
  // A stack of one layer of such weights.
  void save(const std::string& name, const Matrix& weights) const {
    StackFile file = small_stack({weights.rows(), weights.cols()});
    std::get<Rbm>(file.stack.layers[0]).weights = weights;
    save_stack(file, dir_.path(name));
  }
};

TEST_F(Filters, UnitsWithTheLargestWeightsComeFirst) {
  Matrix weights(4, 3);
  weights << 1, 0, 2,  //
      0, 0, -4,        //
      -2, 0, 0,        //
      1, 1, 1;
  save("s", weights);
  run("inspect s --filters a.png");
  Matrix sorted(4, 3);
  sorted << weights.col(2), weights.col(0), weights.col(1);
  EXPECT_EQ(bytes("a.png"), encode_png(image_grid(sorted, {.height = 2, .width = 2}, kSymmetric)));
  run("inspect s --filters b.png --width 4");
  EXPECT_EQ(bytes("b.png"), encode_png(image_grid(sorted, {.height = 1, .width = 4}, kSymmetric)));
  const auto described = run_json("inspect s --filters a.png --force");
  EXPECT_EQ(described["filters"], "a.png");
  EXPECT_EQ(described["format"], "dbn-stack");
}

TEST_F(Filters, AreAtMost400) {
  Matrix weights(4, 500);
  for (Index j = 0; j < 500; ++j) {
    const double turn = 0.01 * static_cast<double>(j), norm = static_cast<double>(j + 1);
    weights.col(j) << static_cast<Scalar>(norm * std::cos(turn)), static_cast<Scalar>(norm * std::sin(turn)), 0, 0;
  }
  save("s", weights);
  run("inspect s --filters a.png");
  EXPECT_EQ(bytes("a.png"), encode_png(image_grid(weights.rightCols(400).rowwise().reverse(), {2, 2}, kSymmetric)));
}

TEST_F(Filters, AModelShowsItsFirstLayer) {
  const Mlp net = make_mlp({9, 4, 3}, "sigmoid", "xavier", 1);
  save_model({.net = net, .outputs = {"a", "b", "c"}, .preprocessing = {}, .seed = 1, .start = "xavier", .history = {}},
             dir_.path("m"));
  run("inspect m --filters a.png");
  save("s", net.layers.front().weights);
  run("inspect s --filters b.png");
  EXPECT_EQ(bytes("a.png"), bytes("b.png"));
}

TEST_F(Filters, WrongRequestsAreRefusedAndWriteNothing) {
  save("s", Matrix::Ones(12, 3));
  expect_refused(2, "--width: 12 features", "inspect s --filters a.png");
  expect_refused(2, "ends in .png", "inspect s --filters a.npy --width 4");
  expect_refused(2, "ends in .png", "inspect s --filters a.jpg --width 4");
  expect_refused(4, "no/a.png", "inspect s --filters no/a.png --width 4");
  write_file(dir_.path("a.png"), "old");
  expect_refused(4, "--force", "inspect s --filters a.png --width 4");
  EXPECT_EQ(bytes("a.png"), (ByteBuffer{'o', 'l', 'd'}));
}

}  // namespace
}  // namespace dbn::test
