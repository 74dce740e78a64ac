// dbn export: which part, under which names, and what is refused. What other tools make of the files is tested by
// export_test.py.

#include <dbn/io/safetensors.hpp>
#include <dbn/model/net_export.hpp>
#include <dbn/model/net_writer.hpp>
#include <dbn/model/onnx_writer.hpp>
#include <dbn/nn/deep_autoencoder.hpp>

#include "../support/stack_tool.hpp"

namespace dbn::test {
namespace {

class Export : public StackTool {
 protected:
  // What the library writes of this part.
  template <typename Write>
  ByteBuffer expected(const NetExport& net, const Write& write) const {
    write(net, dir_.path("expected"));
    return bytes("expected");
  }
};

TEST_F(Export, AStackIsItsEncoderUnlessMoreIsAskedFor) {
  EXPECT_THAT(run("export s"),
              AllOf(StartsWith("encoder 9-5-4 with sigmoid, sigmoid after its layers: net.safetensors"),
                    HasSubstr("scale data")));
  const auto torch = [](const NetExport& net, const std::string& path) { write_torch(net, path); };
  EXPECT_EQ(bytes("net.safetensors"), expected(export_part(file_, NetPart::encoder), torch));
  run("export s --part full --out full.safetensors");
  EXPECT_EQ(bytes("full.safetensors"), expected(export_part(file_, NetPart::full), torch));
}

TEST_F(Export, EveryFormatIsThatOfTheLibrary) {
  const NetExport net = export_part(file_, NetPart::encoder);
  run("export s --to pt");
  EXPECT_EQ(bytes("net.pt"), expected(net, [](const auto& n, const auto& path) { write_pt(n, path); }));
  run("export s --to npz");
  EXPECT_EQ(bytes("net.npz"), expected(net, [](const auto& n, const auto& path) { write_npz(n, path); }));
  run("export s --to csv --out folder");
  write_csv_folder(net, dir_.path("other"), false);
  EXPECT_EQ(names_in(dir_.path("folder")), names_in(dir_.path("other")));
  EXPECT_EQ(text("folder/2.weight.csv"), text("other/2.weight.csv"));
}

TEST_F(Export, AGraphScalesDataItself) {
  if (!writes_onnx()) return expect_refused(2, "built without ONNX", "export s --to onnx");
  EXPECT_EQ(run("export s --to onnx"), "encoder 9-5-4 with sigmoid, sigmoid after its layers: net.onnx\n");
  EXPECT_EQ(bytes("net.onnx"), expected(export_part(file_, NetPart::encoder),
                                        [](const auto& n, const auto& path) { write_onnx(n, path); }));
}

TEST_F(Export, JsonSaysWhatTheFileNeeds) {
  save_classifier(make_mlp({9, 4, 3}, "relu", "he", 1));
  const json result = run_json("export m --to npz --out a.npz");
  EXPECT_EQ(result["part"], "classifier");
  EXPECT_EQ(result["sizes"], (json{9, 4, 3}));
  EXPECT_EQ(result["activations"], (json{"relu", "linear"}));
  EXPECT_EQ(result["prediction"], "softmax");
  EXPECT_EQ(result["scale"], "unit");
  EXPECT_EQ(result["out"], "a.npz");
}

TEST_F(Export, FoldedNetsNeedNoScaling) {
  save_classifier(make_mlp({9, 4, 3}, "relu", "he", 1));
  EXPECT_THAT(run("export m --to pt"), HasSubstr("scale data to (x - 0) * 0.0039"));
  EXPECT_THAT(run("export m --to pt --fold-scaling --force"), testing::Not(HasSubstr("scale data")));
  NetExport net = export_part(load_model(dir_.path("m")), NetPart::full);
  fold_scaling(net);
  EXPECT_EQ(bytes("net.pt"), expected(net, [](const auto& n, const auto& path) { write_pt(n, path); }));
}

TEST_F(Export, AnAutoencoderHasADecoder) {
  save_net(make_deep_autoencoder({9, 6, 2}, "tanh", "linear", "xavier", 3), "autoencoder", "squared-error");
  EXPECT_THAT(run("export m --out a"), StartsWith("full 9-6-2-6-9"));
  EXPECT_THAT(run("export m --part decoder --out b"), StartsWith("decoder 2-6-9 with tanh, linear"));
  EXPECT_THAT(run("export m --part encoder --out c"), StartsWith("encoder 9-6-2 with tanh, linear"));
  expect_refused(2, "--fold-scaling: a decoder", "export m --part decoder --fold-scaling --out d");
}

TEST_F(Export, WrongRequestsAreRefusedAndWriteNothing) {
  save_classifier(make_mlp({9, 3}, "sigmoid", "xavier", 1));
  file_.preprocessing.binarization = Binarization::parse("threshold:0.5", 0);
  save_stack(file_, dir_.path("binary"));
  write_file(dir_.path("old.pt"), "old");
  expect_refused(2, "STACK|MODEL", "export");
  expect_refused(2, "--to", "export s --to h5");
  expect_refused(2, "--part", "export s --part half");
  expect_refused(2, "--part classifier: a stack", "export s --part classifier");
  expect_refused(2, "--part decoder", "export m --part decoder");
  expect_refused(2, "hidden layers", "export m --part encoder");
  expect_refused(2, "--fold-scaling: expected data that are not binarized", "export binary --fold-scaling");
  expect_refused(2, "--out: s is also read", "export s --out s --force");
  expect_refused(4, "--force", "export s --to pt --out old.pt");
  expect_refused(4, "none", "export none");
  expect_refused(4, "no/a.pt", "export s --to pt --out no/a.pt");
  expect_refused(3, "old.pt", "export old.pt");
  EXPECT_EQ(text("old.pt"), "old");
  EXPECT_THAT(run("export binary"), HasSubstr("binarize them by threshold:0.5"));
}

TEST_F(Export, AModelIsNotReplacedByOneOfItsTensors) {
  run("export s --to csv --out d");
  write_file(dir_.path("d/0.weight.csv"), bytes("s"));
  expect_refused(2, "--out: d/0.weight.csv is also read", "export d/0.weight.csv --to csv --out d --force");
  expect_refused(2, "is also read", "export d/0.weight.csv --to csv --out ./d --force --dry-run");
  EXPECT_EQ(bytes("d/0.weight.csv"), bytes("s"));
}

TEST_F(Export, DryRunsAndHelpWriteNothing) {
  EXPECT_THAT(run("export --help"), AllOf(StartsWith("usage: dbn export STACK|MODEL"), HasSubstr("--fold-scaling")));
  EXPECT_EQ(run("export s --dry-run --to csv"), "encoder 9-5-4 with sigmoid, sigmoid after its layers\n");
  EXPECT_EQ(names_in(dir_.folder()), (std::vector<std::string>{"s"}));
}

}  // namespace
}  // namespace dbn::test
