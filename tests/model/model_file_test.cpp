#include <dbn/model/model_file.hpp>

#include <cstring>
#include <functional>
#include <map>
#include <span>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <dbn/core/error.hpp>
#include <dbn/io/file.hpp>
#include <dbn/io/safetensors.hpp>
#include <dbn/model/stack_file.hpp>

#include "../support/tampered_file.hpp"

namespace dbn {
namespace {

using nlohmann::json;
using testing::HasSubstr;

ModelFile small_model() {
  ModelFile file{.net = make_mlp({4, 6, 5, 3}, "tanh", "xavier", 9),
                 .outputs = {"cat", "a \"quoted\" dog",
                             "\xC3\xA9"
                             "eel"},
                 .preprocessing = {"minmax", Vector::LinSpaced(4, 0, 1), Vector::Constant(1, Scalar{1} / 3)},
                 .seed = 9,
                 .start = "xavier",
                 .history = {{.epoch = 1, .train_loss = 2.0 / 3, .validation_error = 12.5, .learning_rate = 1e-3},
                             {.epoch = 2, .train_loss = 0.5, .learning_rate = 1e-4}}};
  file.net.layers[1].activation = &activation("relu");
  for (auto& t : file.net.tensors()) add_normal_noise(Stream(1, Purpose::chain_start), {}, t.values);
  return file;
}

class ModelFileTest : public test::TamperedFile {
 protected:
  ModelFileTest() : TamperedFile("model.safetensors", [](const std::string& path) { load_model(path); }) {
    save_model(file_, path_);
  }

  ModelFile file_ = small_model();
};

void erase_tensor(SafetensorsFile& content, const std::string& name) {
  std::erase_if(content.tensors, [&](const auto& t) { return t.name == name; });
}

TEST_F(ModelFileTest, ComesBackToTheBit) {
  ModelFile again = load_model(path_);
  auto before = file_.net.tensors();
  auto after = again.net.tensors();
  ASSERT_EQ(before.size(), after.size());
  for (std::size_t i = 0; i < before.size(); ++i) EXPECT_EQ(before[i].values, after[i].values) << i;
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(file_.net.layers[i].activation, again.net.layers[i].activation);
  EXPECT_EQ(again.outputs, file_.outputs);
  EXPECT_EQ(again.preprocessing.scale, "minmax");
  EXPECT_EQ(again.preprocessing.shift, file_.preprocessing.shift);
  EXPECT_EQ(again.preprocessing.factor, file_.preprocessing.factor);
  EXPECT_EQ(again.seed, 9U);
  EXPECT_EQ(again.start, "xavier");
  ASSERT_EQ(again.history.size(), 2U);
  EXPECT_EQ(again.history[0].train_loss, 2.0 / 3);
  EXPECT_EQ(again.history[0].validation_error, 12.5);
  EXPECT_EQ(again.history[1].validation_error, std::nullopt);
  EXPECT_EQ(again.history[1].epoch, 2);
}

// Made by hand, without checksums: such a file would otherwise reach code that expects at least one output.
TEST_F(ModelFileTest, RefusesTensorsWithoutElementsAndClassesNamedTwice) {
  expect_refused("expected dimensions from 1", [](SafetensorsFile& content) {
    for (auto& t : content.tensors)
      if (t.name == "4.bias") t = {.name = "4.bias", .dtype = t.dtype, .shape = {0}, .bytes = {}};
  });
  expect_config_refused("named twice", [](json& config) { config["classes"] = {"a", "a", "b"}; });
}

TEST_F(ModelFileTest, ARegressionHasTargets) {
  file_.task = "regression";
  file_.loss = "binary-cross-entropy";
  save_model(file_, path_);
  const ModelFile again = load_model(path_);
  EXPECT_EQ(again.task, "regression");
  EXPECT_EQ(again.loss, "binary-cross-entropy");
  EXPECT_EQ(again.outputs, file_.outputs);
  expect_config_refused("named twice", [](json& c) { c["targets"] = {"a", "a", "b"}; });
  expect_config_refused("expected 3 names, found 2", [](json& c) { c["targets"] = {"a", "b"}; });
  expect_config_refused("targets", [](json& c) { c["targets"] = {1, 2, 3}; });
  expect_config_refused("'targets' is missing", [](json& c) { c.erase("targets"); });
  expect_config_refused("squared-error or binary-cross-entropy", [](json& c) { c["loss"] = "softmax"; });
  expect_config_refused("'classes' is missing", [](json& c) {
    c["task"] = "classification";
    c["loss"] = "softmax";
  });
}

TEST_F(ModelFileTest, AnAutoencoderNamesNoOutputs) {
  file_.net = make_mlp({4, 2, 4}, "tanh", "xavier", 9);
  file_.task = "autoencoder";
  file_.loss = "squared-error";
  file_.outputs = {};
  save_model(file_, path_);
  const ModelFile again = load_model(path_);
  EXPECT_EQ(again.task, "autoencoder");
  EXPECT_EQ(again.loss, "squared-error");
  EXPECT_TRUE(again.outputs.empty());
  EXPECT_EQ(again.net.layers[0].weights, file_.net.layers[0].weights);
  expect_config_refused("expected binary-cross-entropy or squared-error", [](json& c) { c["loss"] = "softmax"; });
  for (const auto& sizes : {std::vector<Index>{4, 3, 2, 4}, {4, 2, 3}}) {
    file_.net = make_mlp(sizes, "tanh", "xavier", 9);
    save_model(file_, path_);
    EXPECT_THAT([&] { load_model(path_); }, testing::ThrowsMessage<DataError>(HasSubstr("expected an autoencoder")));
  }
}

TEST_F(ModelFileTest, TheSameContentIsTheSameBytes) {
  ModelFile slower = file_;
  slower.history[0].seconds = 12;
  save_model(slower, dir_.path("again"));
  EXPECT_EQ(read_file(path_), read_file(dir_.path("again")));
  save_model(load_model(path_), dir_.path("third"));
  EXPECT_EQ(read_file(path_), read_file(dir_.path("third")));
}

TEST_F(ModelFileTest, HasTheKeysAndShapesOfTorchSequential) {
  const SafetensorsFile content = decode_safetensors(read_file(path_), path_);
  std::map<std::string, std::vector<std::uint64_t>> shapes;
  for (const auto& t : content.tensors) shapes[t.name] = t.shape;
  EXPECT_THAT(shapes, testing::ElementsAre(testing::Pair("0.bias", testing::ElementsAre(6)),
                                           testing::Pair("0.weight", testing::ElementsAre(6, 4)),
                                           testing::Pair("2.bias", testing::ElementsAre(5)),
                                           testing::Pair("2.weight", testing::ElementsAre(5, 6)),
                                           testing::Pair("4.bias", testing::ElementsAre(3)),
                                           testing::Pair("4.weight", testing::ElementsAre(3, 5))));
  // Row-major [out, in]: the second number is the weight from input 1 to output 0.
  Scalar second;
  std::memcpy(&second, content.find("0.weight")->bytes.data() + sizeof(Scalar), sizeof(Scalar));
  EXPECT_EQ(second, file_.net.layers[0].weights(1, 0));
}

TEST_F(ModelFileTest, IsTakenFromContentsThatHaveBeenRead) {
  const SafetensorsFile contents = decode_safetensors(read_file(path_), path_);
  EXPECT_EQ(file_kind(contents), "dbn-model");
  const ModelFile again = load_model(contents, path_);
  save_model(again, dir_.path("again"));
  EXPECT_EQ(read_file(dir_.path("again")), read_file(path_));
  EXPECT_THAT([&] { load_stack(contents, "a.file"); },
              testing::ThrowsMessage<DataError>(
                  testing::AllOf(HasSubstr("a.file: "), HasSubstr("dbn-model"), HasSubstr("dbn-stack"))));
}

TEST_F(ModelFileTest, TellsItsKind) {
  EXPECT_EQ(file_kind(path_), "dbn-model");
  write_file(dir_.path("other"), encode_safetensors({}));
  EXPECT_EQ(file_kind(dir_.path("other")), "");
  write_file(dir_.path("text"), std::string_view("no tensors here"));
  EXPECT_THROW(file_kind(dir_.path("text")), DataError);
}

TEST_F(ModelFileTest, AStackIsNoModelAndSaysWhatToDo) {
  StackFile stack;
  stack.stack.layers.push_back(make_rbm("bernoulli", "bernoulli", 3, 2, Stream(0, Purpose::initial_weights)));
  save_stack(stack, dir_.path("stack"));
  EXPECT_THAT([&] { load_model(dir_.path("stack")); }, testing::ThrowsMessage<DataError>(testing::AllOf(
                                                           HasSubstr("dbn-stack"), HasSubstr("dbn finetune --from"))));
  EXPECT_THAT([&] { load_stack(path_); },
              testing::ThrowsMessage<DataError>(testing::AllOf(HasSubstr("dbn-model"), HasSubstr("dbn-stack"))));
}

TEST_F(ModelFileTest, RefusesMissingAndUnknownTensors) {
  for (const char* name : {"0.weight", "0.bias", "4.weight", "4.bias"})
    expect_refused(name, [&](SafetensorsFile& c) { erase_tensor(c, name); });
  expect_refused("6.weight", [](SafetensorsFile& c) {
    c.tensors.push_back(*c.find("4.weight"));
    c.tensors.back().name = "6.weight";
  });
  expect_config_refused("", [](json& c) { c["activations"].erase(0); });
}

TEST_F(ModelFileTest, RefusesShapesThatDoNotFit) {
  const auto reshape = [](const std::string& name, std::vector<std::uint64_t> shape) {
    return [=](SafetensorsFile& c) {
      StoredTensor t = *c.find(name);
      std::uint64_t bytes = sizeof(Scalar);
      for (const auto extent : shape) bytes *= extent;
      t.shape = shape;
      t.bytes.resize(bytes);
      erase_tensor(c, name);
      c.tensors.push_back(t);
    };
  };
  expect_refused("0.bias", reshape("0.bias", {5}));
  expect_refused("0.bias", reshape("0.bias", {6, 1}));
  expect_refused("2.weight", reshape("2.weight", {5, 5}));
  expect_refused("2.weight", reshape("2.weight", {30}));
  expect_refused("4.bias", reshape("4.bias", {4}));
}

TEST_F(ModelFileTest, RefusesWhatItDoesNotKnow) {
  expect_refused("version", [](SafetensorsFile& c) { c.metadata["version"] = "2"; });
  expect_refused("dbn-model", [](SafetensorsFile& c) { c.metadata["format"] = "dbn-checkpoint"; });
  expect_refused("config", [](SafetensorsFile& c) { c.metadata.erase("config"); });
  expect_refused("train_loss", [](SafetensorsFile& c) { c.metadata["history"] = "[{}]"; });
  expect_refused("epochs", [](SafetensorsFile& c) { c.metadata["history"] = "{}"; });
  expect_config_refused("step", [](json& c) { c["activations"][0] = "step"; });
  expect_config_refused("linear", [](json& c) { c["activations"][2] = "relu"; });
  expect_config_refused("activations", [](json& c) { c["activations"] = json::array(); });
  expect_config_refused("ranking", [](json& c) { c["task"] = "ranking"; });
  expect_config_refused("softmax", [](json& c) { c["loss"] = "squared-error"; });
  expect_config_refused("loss", [](json& c) { c.erase("loss"); });
  expect_config_refused("class", [](json& c) { c["classes"].push_back("fox"); });
  expect_config_refused("classes", [](json& c) { c["classes"] = {1, 2, 3}; });
  expect_config_refused("start", [](json& c) { c.erase("start"); });
}

TEST_F(ModelFileTest, KeepsTheBinarization) {
  EXPECT_EQ(load_model(path_).preprocessing.binarization.text(), "none");
  file_.preprocessing.binarization = Binarization::parse("sample", 12);
  save_model(file_, path_);
  EXPECT_EQ(load_model(path_).preprocessing.binarization.text(), "sample");
  EXPECT_EQ(load_model(path_).preprocessing.binarization.seed, 12U);
}

TEST_F(ModelFileTest, RefusesPreprocessingForOtherFeatures) {
  expect_config_refused("preprocessing", [](json& c) { c["preprocessing"]["shift"].push_back(0); });
  expect_config_refused("factor", [](json& c) { c["preprocessing"].erase("factor"); });
  expect_config_refused("factor", [](json& c) { c["preprocessing"]["factor"][0] = "1"; });
  if constexpr (sizeof(Scalar) == sizeof(float))  // a double file whose numbers a float cannot hold
    expect_config_refused("factor", [](json& c) { c["preprocessing"]["factor"][0] = 1e300; });
}

// Seen elsewhere: a load that checks nothing.
TEST_F(ModelFileTest, NoticesEveryFlippedBit) {
  expect_every_flip_noticed("model.safetensors", [](const ByteBuffer& bytes) {
    load_model(decode_safetensors(bytes, "flipped"), "flipped");
  });
}

TEST_F(ModelFileTest, NoticesTruncation) {
  const ByteBuffer good = read_file(path_);
  for (const std::size_t length : {std::size_t{0}, std::size_t{7}, good.size() / 2, good.size() - 1}) {
    write_bad(std::span(good).first(length));
    EXPECT_THROW(load_model(dir_.path("bad")), DataError) << length;
  }
}

}  // namespace
}  // namespace dbn
