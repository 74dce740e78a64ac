#include <dbn/model/foreign_net.hpp>

#include <functional>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/io/npz_writer.hpp>
#include <dbn/io/safetensors.hpp>
#include <dbn/io/zip_writer.hpp>
#include <dbn/model/model_file.hpp>
#include <dbn/model/net_writer.hpp>

#include "tests/support/temp_dir.hpp"
#include "tests/support/tensor_views.hpp"
#include "tests/support/zip_bytes.hpp"

namespace dbn {
namespace {

using testing::HasSubstr;

constexpr const char* kF32 = "F32";

// Tensors as another tool writes them: floats or doubles, in any order, without metadata of dbn.
StoredTensor tensor(const std::string& name, const std::vector<std::uint64_t>& shape,
                    const std::vector<float>& values) {
  const auto bytes = test::TwoTensors::bytes(values);
  return {name, kF32, shape, {bytes.begin(), bytes.end()}};
}

// 2 inputs, 3 hidden, 2 outputs; with modules between them that have no parameters.
SafetensorsFile small_file() {
  return {{tensor("0.weight", {3, 2}, {1, 2, 3, 4, 5, 6}), tensor("0.bias", {3}, {0.5, -1, 2}),
           tensor("10.weight", {2, 3}, {1, 0, -1, 2, 1, 0}), tensor("10.bias", {2}, {1, -2})},
          {{"format", "pt"}}};
}

class ForeignNet : public testing::Test {
 protected:
  std::string save(const SafetensorsFile& file) const {
    write_file(dir_.path("net"), encode_safetensors(file));
    return dir_.path("net");
  }
  Mlp load(const SafetensorsFile& file, const std::string& activation = "relu") const {
    return load_foreign_net(save(file), activation);
  }
  void expect_refused(const std::string& what, const std::function<void(std::vector<StoredTensor>&)>& change) const {
    SafetensorsFile file = small_file();
    change(file.tensors);
    EXPECT_THAT([&] { load(file); },
                testing::ThrowsMessage<DataError>(testing::AllOf(HasSubstr("net: "), HasSubstr(what))));
  }

  test::TempDir dir_;
};

// Done by hand: hidden relu(1 + 4 + 0.5, 3 + 8 - 1, 5 + 12 + 2) = 5.5, 10, 19 of the case 1, 2.
TEST_F(ForeignNet, ComputesWhatTheOtherToolDid) {
  const Mlp net = load(small_file());
  Matrix cases(2, 2);
  cases << 1, -1, 2, -1;
  Matrix expected(2, 2);
  expected << Scalar(5.5) - 19 + 1, 1, 11 + 10 - 2, -2;
  EXPECT_EQ(net.scores(cases), expected);
  EXPECT_EQ(net.layers[0].activation->name, "relu");
  EXPECT_EQ(net.layers[1].activation->name, "linear");
  EXPECT_EQ(load(small_file(), "tanh").layers[0].activation->name, "tanh");
}

TEST_F(ForeignNet, NumbersOrderModulesAndDoublesAreRead) {
  SafetensorsFile file = small_file();
  for (auto& t : file.tensors)
    if (t.name == "10.bias") {
      const std::vector<double> doubles{1, -2};
      const auto bytes = test::TwoTensors::bytes(doubles);
      t.dtype = "F64";
      t.bytes.assign(bytes.begin(), bytes.end());
    } else if (t.name.starts_with("0.")) {
      t.name = "9" + t.name.substr(1);  // as text it would come after 10
    }
  const Mlp net = load(file);
  EXPECT_THAT(sizes_of(net), testing::ElementsAre(2, 3, 2));
  EXPECT_EQ(net.layers[1].bias, load(small_file()).layers[1].bias);
}

TEST_F(ForeignNet, RefusesWhatIsNoChainOfLinearModules) {
  expect_refused("'0.weight' has no '0.bias'", [](auto& t) { t.erase(t.begin() + 1); });
  expect_refused("'10.bias' has no '10.weight'", [](auto& t) { t.erase(t.begin() + 2); });
  expect_refused("expected 3 columns", [](auto& t) { t[2] = tensor("10.weight", {2, 2}, {1, 2, 3, 4}); });
  expect_refused("expected 3 entries", [](auto& t) { t[1] = tensor("0.bias", {2}, {1, 2}); });
  expect_refused("expected rank 1", [](auto& t) { t[1].shape = {3, 1}; });
  expect_refused("expected rank 2", [](auto& t) { t[0].shape = {6}; });
  expect_refused("expected dimensions from 1", [](auto& t) { t[1] = tensor("0.bias", {0}, {}); });
  expect_refused("found no tensor", [](auto& t) { t.clear(); });
}

TEST_F(ForeignNet, ArraysOfNumPyAreTheSameNet) {
  const SafetensorsFile file = small_file();
  std::vector<TensorView> views;
  for (const auto& t : file.tensors) views.push_back({t.name, t.dtype, t.shape, t.bytes});
  write_npz(dir_.path("net.npz"), views);
  const Mlp net = load_foreign_net(dir_.path("net.npz"), "relu"), expected = load(file);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(net.layers[i].weights, expected.layers[i].weights);
    EXPECT_EQ(net.layers[i].bias, expected.layers[i].bias);
  }
  EXPECT_TRUE(is_foreign_net(dir_.path("net.npz")));

  const std::vector<float> bad{1, std::numeric_limits<float>::quiet_NaN()};
  views[3].bytes = test::TwoTensors::bytes(bad);
  write_npz(dir_.path("bad.npz"), views);
  EXPECT_THAT(
      [&] { load_foreign_net(dir_.path("bad.npz"), "relu"); },
      testing::ThrowsMessage<DataError>(testing::AllOf(HasSubstr("10.bias"), HasSubstr("element 1 is not finite"))));
  views.pop_back();
  write_npz(dir_.path("less.npz"), views);
  EXPECT_THAT([&] { load_foreign_net(dir_.path("less.npz"), "relu"); },
              testing::ThrowsMessage<DataError>(HasSubstr("'10.weight' has no '10.bias'")));
  write_file(dir_.path("text.npz"), encode_zip({{"0.weight.npy", {}}}));
  EXPECT_THROW(load_foreign_net(dir_.path("text.npz"), "relu"), DataError);
}

TEST_F(ForeignNet, RefusesOtherNames) {
  for (const char* name : {"weight", "1.running_mean", "00.weight", "+1.weight", "-1.bias", " 1.bias", "1.weight2",
                           "net.0.weight", "0x1.bias", "4294967296.weight", "1..weight", "", "1"})
    expect_refused("expected N.weight and N.bias", [&](auto& tensors) { tensors.push_back(tensor(name, {1}, {1})); });
}

TEST_F(ForeignNet, RefusesFilesOfDbnAndUnknownActivations) {
  ModelFile model{
      .net = load(small_file()), .outputs = {"a", "b"}, .preprocessing = {}, .seed = 0, .start = "", .history = {}};
  save_model(model, dir_.path("net"));
  EXPECT_FALSE(is_foreign_net(dir_.path("net")));
  EXPECT_THAT([&] { load_foreign_net(dir_.path("net"), "relu"); },
              testing::ThrowsMessage<DataError>(HasSubstr("dbn-model")));
  EXPECT_THROW(load(small_file(), "swoosh"), InvalidArgument);
  EXPECT_THROW(load_foreign_net(dir_.path("none"), "relu"), IoError);
  write_file(dir_.path("net"), std::string_view("PK\3\4 an archive"));
  EXPECT_THROW(load_foreign_net(dir_.path("net"), "relu"), DataError);
}

// Two terabytes, promised by a file of some kilobytes: nothing of it may be unpacked.
TEST_F(ForeignNet, ArraysThatMemoryCannotHoldAreRefusedUnread) {
  std::vector<test::ZipPart> parts;
  for (int i = 0; i < 256; ++i)
    for (const char* kind : {"weight", "bias"})
      parts.push_back({.name = std::to_string(i) + "." + kind + ".npy", .method = 8, .size = 0xFFFFFFFE});
  write_file(dir_.path("net"), test::zip_bytes(parts));
  EXPECT_THAT([&] { load_foreign_net(dir_.path("net"), "relu"); },
              testing::ThrowsMessage<DataError>(testing::AllOf(HasSubstr("net: "), HasSubstr("of memory"))));
  // Names are looked at before sizes, sizes before bytes.
  parts.push_back({.name = "0.bias", .content = {}});
  write_file(dir_.path("net"), test::zip_bytes(parts));
  EXPECT_THAT([&] { load_foreign_net(dir_.path("net"), "relu"); },
              testing::ThrowsMessage<DataError>(HasSubstr("two tensors \"0.bias\"")));
  parts.pop_back();
  parts.push_back({.name = "preprocessing.shift.npy", .content = {}});
  write_file(dir_.path("net"), test::zip_bytes(parts));
  EXPECT_THAT([&] { load_foreign_net(dir_.path("net"), "relu"); },
              testing::ThrowsMessage<DataError>(HasSubstr("preprocessing.shift")));
}

// The bytes of its tensors, which are missing here, are none of its business.
TEST_F(ForeignNet, IsKnownByTheBeginningOfItsFile) {
  ByteBuffer bytes = encode_safetensors(small_file());
  bytes.resize(bytes.size() - 8);
  write_file(dir_.path("net"), bytes);
  EXPECT_TRUE(is_foreign_net(dir_.path("net")));
  EXPECT_THROW(load_foreign_net(dir_.path("net"), "relu"), DataError);
  write_file(dir_.path("net"), std::string_view("PK\3\4 an archive"));
  EXPECT_TRUE(is_foreign_net(dir_.path("net")));
  write_file(dir_.path("net"), std::string_view("text"));
  EXPECT_THROW(is_foreign_net(dir_.path("net")), DataError);
}

TEST_F(ForeignNet, AnExportIsHeldToWhatItSays) {
  NetExport net{.net = load(small_file(), "tanh"), .prediction = "softmax", .preprocessing = {}, .outputs = {}};
  const auto exported = [&] {
    write_torch(net, dir_.path("net"));
    return dir_.path("net");
  };
  EXPECT_EQ(load_foreign_net(exported(), "tanh").layers[0].weights, net.net.layers[0].weights);
  EXPECT_THAT([&] { load_foreign_net(exported(), "relu"); },
              testing::ThrowsMessage<InvalidArgument>(testing::AllOf(HasSubstr("tanh"), HasSubstr("relu"))));
  net.preprocessing.scale = "unit";
  EXPECT_THAT([&] { load_foreign_net(exported(), "tanh"); },
              testing::ThrowsMessage<DataError>(HasSubstr("`dbn export --fold-scaling`")));
  net.preprocessing = {};
  net.preprocessing.binarization = Binarization::parse("threshold:0.5", 0);
  EXPECT_THAT([&] { load_foreign_net(exported(), "tanh"); },
              testing::ThrowsMessage<DataError>(HasSubstr("binarized by \"threshold:0.5\"")));
  net.preprocessing = {};
  net.net.layers.back().activation = &activation("sigmoid");
  EXPECT_THAT([&] { load_foreign_net(exported(), "tanh"); },
              testing::ThrowsMessage<DataError>(HasSubstr("expected a linear output layer")));
}

TEST_F(ForeignNet, NamesOfClassesCanBePrinted) {
  check_class_names({"a", std::string(256, 'b'), "caf\xC3\xA9", "\xC2\xA0"}, 4);
  for (const std::string bad : {"", "a\nb", "\x1B[31m", "\x7F", "\xC2\x85", "\xC2\x9F", "\xFF", "\xC3"})
    EXPECT_THROW(check_class_names({"a", bad}, 2), InvalidArgument) << bad;
  EXPECT_THROW(check_class_names({"a", std::string(257, 'b')}, 2), InvalidArgument);
  EXPECT_THROW(check_class_names({"a", std::string("b\0", 2)}, 2), InvalidArgument);
  EXPECT_THROW(check_class_names({"a", "a"}, 2), InvalidArgument);
  EXPECT_THROW(check_class_names({"a"}, 2), InvalidArgument);
}

TEST_F(ForeignNet, OutputsMustBeThoseOfTheTask) {
  const Mlp net = load(small_file());
  check_outputs(net, task("classification"), 2, "net");
  check_outputs(net, task("autoencoder"), 2, "net");
  EXPECT_THAT(
      [&] { check_outputs(net, task("classification"), 3, "net"); },
      testing::ThrowsMessage<DataError>(HasSubstr("net: expected 3 outputs, one for each of the classes, found 2")));
  Mlp odd = net;
  odd.layers.pop_back();
  EXPECT_THAT([&] { check_outputs(odd, task("autoencoder"), 3, "net"); },
              testing::ThrowsMessage<DataError>(HasSubstr("as many layers above its codes as below")));
}

}  // namespace
}  // namespace dbn
