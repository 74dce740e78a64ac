// What the graph computes is tested by tests/tools/export_test.py, where ONNX is installed.
#include <dbn/model/onnx_writer.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/io/file.hpp>

#include "tests/support/temp_dir.hpp"

namespace dbn {
namespace {

using testing::HasSubstr;

class OnnxWriter : public testing::Test {
 protected:
  OnnxWriter() {
    net_.net = make_mlp({4, 3, 2}, "gelu", "he", 1);
    net_.prediction = "softmax";
    net_.outputs = {"cat", "dog"};
    net_.classes = true;
  }
  std::string written(const char* name) const {
    write_onnx(net_, dir_.path(name));
    const ByteBuffer bytes = read_file(dir_.path(name));
    return {bytes.begin(), bytes.end()};
  }

  test::TempDir dir_;
  NetExport net_;
};

TEST_F(OnnxWriter, TheSameNetIsTheSameBytes) {
  if (!writes_onnx()) GTEST_SKIP() << "built without ONNX";
  const std::string graph = written("a");
  EXPECT_EQ(written("b"), graph);
  for (const char* part : {"Gemm", "Erf", "Softmax", "0.weight", "2.bias", "features", "probabilities", "cat"})
    EXPECT_THAT(graph, HasSubstr(part));
  EXPECT_THAT(graph, testing::Not(HasSubstr("preprocessing")));
}

TEST_F(OnnxWriter, EveryActivationHasItsOperators) {
  if (!writes_onnx()) GTEST_SKIP() << "built without ONNX";
  for (const Activation& row : activations()) {
    net_.net.layers[0].activation = &row;
    EXPECT_NO_THROW(written("a")) << row.name;
  }
}

TEST_F(OnnxWriter, DrawsAndBuildsWithoutItAreRefused) {
  net_.preprocessing.binarization = Binarization::parse("sample", 1);
  EXPECT_THAT([&] { write_onnx(net_, dir_.path("a")); },
              testing::ThrowsMessage<InvalidArgument>(HasSubstr(writes_onnx() ? "by draws" : "built without ONNX")));
}

}  // namespace
}  // namespace dbn
