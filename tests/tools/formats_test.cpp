// Data files of other tools, from the command line.

#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <dbn/io/file.hpp>

#include "../support/npy_bytes.hpp"
#include "../support/tool_test.hpp"
#include "../support/zip_bytes.hpp"

namespace dbn::test {
namespace {

constexpr std::size_t kCases = 60;
constexpr const char* kSmall = " --quiet --layers 8 --epochs 100 --batch 10 --learning-rate 0.01 --out m";

/// Cases of 2 x 3 pixels whose class is that of their first pixel, dark or bright.
class FormatsTool : public ToolTest {
 protected:
  FormatsTool() {
    ByteBuffer images;
    ByteBuffer labels;
    std::string lines;
    for (std::size_t c = 0; c < kCases; ++c) {
      const bool bright = c % 3 == 0;
      labels.push_back(bright ? 1 : 0);
      lines += bright ? "+1" : "-1";
      for (std::size_t pixel = 0; pixel < 6; ++pixel) {
        images.push_back(static_cast<std::uint8_t>(pixel == 0 ? 20 + 200 * bright : (c * 37 + pixel * 61) % 256));
        lines += fmt::format(" {}:{}", pixel + 1, images.back());
      }
      lines += '\n';
    }
    images_ = npy_array("|u1", fmt::format("({}, 2, 3)", kCases), images);
    labels_ = npy_array("|u1", fmt::format("({},)", kCases), labels);
    write("d.npz", zip_bytes({{.name = "x.npy", .content = images_, .method = 8},
                              {.name = "y.npy", .content = labels_},
                              {.name = "again.npy", .content = images_}}));
    write("x.npy", images_);
    write("y.npy", labels_);
    write_file(dir_.path("d.svm"), std::string_view(lines));
  }

  void write(const std::string& name, const ByteBuffer& bytes) const { write_file(dir_.path(name), bytes); }

  ByteBuffer images_, labels_;
};

TEST_F(FormatsTool, InfoDescribesAnNpz) {
  const json training = run_json("data info --data d.npz")["training"];
  EXPECT_EQ(training["cases"], kCases);
  EXPECT_EQ(training["features"], 6);
  EXPECT_EQ(training["shape"], (json{2, 3}));
  EXPECT_EQ(training["type"], "bytes");
  EXPECT_EQ(training["classes"], (json{{"0", 40}, {"1", 20}}));
  EXPECT_EQ(run_json("data info --data d.npz:again")["training"]["unlabelled"], kCases);
  EXPECT_EQ(run_json("data info --data d.npz:again,y")["training"]["unlabelled"], 0);
}

TEST_F(FormatsTool, TheSameCasesTrainTheSameNet) {
  run("finetune --data d.npz" + std::string(kSmall));
  const ByteBuffer by_npz = read_file(dir_.path("m"));
  run("finetune --force --data x.npy --label-file y.npy" + std::string(kSmall));
  EXPECT_EQ(read_file(dir_.path("m")), by_npz);
  EXPECT_LT(run_json("evaluate m --data d.npz")["error"], 10);
}

TEST_F(FormatsTool, AModelTakesSparseCasesThatAreNarrower) {
  run("finetune --data d.svm" + std::string(kSmall));
  EXPECT_LT(run_json("evaluate m --data d.svm")["error"], 10);
  write_file(dir_.path("narrow.svm"), std::string_view("+1 1:220 2:3\n-1 1:20\n"));
  EXPECT_EQ(run_json("evaluate m --data narrow.svm")["cases"], 2);
}

TEST_F(FormatsTool, RefusesWhatIsNoData) {
  write("objects.npy", npy_array("|O", "(2, 2)", ByteBuffer(32)));
  expect_refused(3, "objects (pickle), which can run code", "data info --data objects.npy");
  expect_refused(3, "expected an array \"z\", found \"x\", \"y\", \"again\"", "data info --data d.npz:z");
  expect_refused(2, "expected d.npz:KEY", "data info --data d.npz:x,y,again");
  expect_refused(3, "Give it as --label-file", "data info --data y.npy");
}

TEST_F(FormatsTool, AnArchiveThatIsReadIsNotWrittenOver) {
  expect_refused(2, "--out: d.npz is also read", "data convert --force --out d.npz --data d.npz:again,y");
}

}  // namespace
}  // namespace dbn::test
