#include <dbn/model/stack_file.hpp>

#include <functional>
#include <span>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <dbn/core/error.hpp>
#include <dbn/io/file.hpp>
#include <dbn/io/safetensors.hpp>
#include <dbn/model/model_file.hpp>

#include "../support/small_stack.hpp"
#include "../support/tampered_file.hpp"

namespace dbn {
namespace {

using nlohmann::json;
using testing::HasSubstr;

Stream weights_of(std::uint32_t layer) { return {3, Purpose::initial_weights, layer}; }

// One layer of every kind: an RBM of several unit types, one of them with variances, a Bernoulli RBM, an untied and a
// tied autoencoder.
StackFile mixed() {
  StackFile file;
  auto& layers = file.stack.layers;
  layers.push_back(make_rbm("gaussian-learned:0-2,softmax:3-4,bernoulli:5-", "bernoulli", 7, 5, weights_of(0)));
  layers.push_back(make_rbm("bernoulli", "bernoulli", 5, 6, weights_of(1)));
  layers.push_back(make_autoencoder(6, 4, "tanh", ReconstructionLoss::squared_error, false, weights_of(2)));
  layers.push_back(make_autoencoder(4, 3, "sigmoid", ReconstructionLoss::cross_entropy, true, weights_of(3)));
  std::uint32_t layer = 0;
  for (auto& any : layers) {
    ++layer;
    for (auto& tensor : tensors(any)) add_normal_noise(Stream(4, Purpose::chain_start, layer), {}, tensor.values);
  }
  file.preprocessing = {"standardize", Vector::LinSpaced(7, -1, Scalar{0.3f}), Vector::Constant(7, Scalar{1} / 3)};
  file.seed = 18446744073709551615U;
  file.history = {{{.layer = 1, .epoch = 1, .reconstruction_error = 1.0 / 3, .free_energy_gap = -0.1},
                   {.layer = 1, .epoch = 2, .reconstruction_error = 1e-300}},
                  {},
                  {{.layer = 3, .epoch = 1, .reconstruction_error = 2}},
                  {}};
  return file;
}

class StackFileTest : public test::TamperedFile {
 protected:
  StackFileTest() : TamperedFile("stack.safetensors", [](const std::string& path) { load_stack(path); }) {
    save_stack(file_, path_);
  }

  StackFile file_ = mixed();
};

StoredTensor& tensor(SafetensorsFile& content, const std::string& name) {
  for (auto& t : content.tensors)
    if (t.name == name) return t;
  throw std::runtime_error("no tensor " + name);
}

TEST_F(StackFileTest, ComesBackToTheBit) {
  StackFile again = load_stack(path_);
  ASSERT_EQ(again.stack.sizes(), file_.stack.sizes());
  for (std::size_t i = 0; i < file_.stack.layers.size(); ++i) {
    auto before = tensors(file_.stack.layers[i]);
    auto after = tensors(again.stack.layers[i]);
    ASSERT_EQ(before.size(), after.size()) << i;
    for (std::size_t t = 0; t < before.size(); ++t) {
      EXPECT_EQ(before[t].name, after[t].name);
      EXPECT_EQ(before[t].values, after[t].values) << i << before[t].name;
    }
  }
  EXPECT_EQ(std::get<Rbm>(again.stack.layers[0]).visible->name(), "gaussian-learned:0-2,softmax:3-4,bernoulli:5-");
  EXPECT_EQ(std::get<Rbm>(again.stack.layers[0]).visible_log_variance.size(), 7);
  EXPECT_EQ(std::get<Rbm>(again.stack.layers[1]).visible->name(), "bernoulli");
  const auto& untied = std::get<Autoencoder>(again.stack.layers[2]);
  EXPECT_FALSE(untied.tied());
  EXPECT_EQ(untied.code->name, "tanh");
  EXPECT_EQ(untied.loss, ReconstructionLoss::squared_error);
  EXPECT_TRUE(std::get<Autoencoder>(again.stack.layers[3]).tied());
}

TEST_F(StackFileTest, EverythingBesideTheTensorsComesBackToo) {
  const StackFile again = load_stack(path_);
  EXPECT_EQ(again.seed, file_.seed);
  EXPECT_EQ(again.preprocessing.scale, "standardize");
  EXPECT_EQ(again.preprocessing.shift, file_.preprocessing.shift);
  EXPECT_EQ(again.preprocessing.factor, file_.preprocessing.factor);
  ASSERT_EQ(again.history.size(), 4U);
  ASSERT_EQ(again.history[0].size(), 2U);
  EXPECT_EQ(again.history[0][0].free_energy_gap, -0.1);
  EXPECT_EQ(again.history[0][1].free_energy_gap, std::nullopt);
  EXPECT_EQ(again.history[0][1].reconstruction_error, 1e-300);
  EXPECT_EQ(again.history[0][1].epoch, 2);
  EXPECT_EQ(again.history[2][0].layer, 3);
}

TEST_F(StackFileTest, TheSameContentIsTheSameBytes) {
  StackFile slower = file_;
  slower.history[0][0].seconds = 12;
  save_stack(slower, dir_.path("again"));
  EXPECT_EQ(read_file(path_), read_file(dir_.path("again")));
  save_stack(load_stack(path_), dir_.path("third"));
  EXPECT_EQ(read_file(path_), read_file(dir_.path("third")));
}

TEST_F(StackFileTest, HoldsTheDocumentedTensors) {
  const SafetensorsFile content = decode_safetensors(read_file(path_), path_);
  const auto shape = [&](const std::string& name) {
    const auto* found = content.find(name);
    return found == nullptr ? std::vector<std::uint64_t>{} : found->shape;
  };
  EXPECT_THAT(shape("layers.0.weight"), testing::ElementsAre(5, 7));
  EXPECT_THAT(shape("layers.0.visible_bias"), testing::ElementsAre(7));
  EXPECT_THAT(shape("layers.0.hidden_bias"), testing::ElementsAre(5));
  EXPECT_THAT(shape("layers.2.decoder_weight"), testing::ElementsAre(6, 4));
  EXPECT_THAT(shape("layers.3.decoder_bias"), testing::ElementsAre(4));
  EXPECT_TRUE(shape("layers.3.decoder_weight").empty());
  EXPECT_EQ(content.metadata.at("format"), "dbn-stack");
  EXPECT_EQ(file_kind(path_), "dbn-stack");
}

TEST_F(StackFileTest, RefusesMissingAndUnknownTensors) {
  for (const auto& name : {"layers.0.weight", "layers.1.visible_bias", "layers.2.decoder_weight"})
    expect_refused(name,
                   [&](SafetensorsFile& c) { std::erase_if(c.tensors, [&](auto& t) { return t.name == name; }); });
  expect_refused("layers.9.weight", [](SafetensorsFile& c) {
    auto extra = tensor(c, "layers.0.weight");
    extra.name = "layers.9.weight";
    c.tensors.push_back(extra);
  });
  expect_config_refused("layers.3", [](json& config) { config["layers"].erase(3); });
  expect_config_refused("layers.4.weight", [](json& config) { config["layers"].push_back(config["layers"][3]); });
  expect_config_refused("", [](json& config) { config["layers"] = json::array(); });
}

TEST_F(StackFileTest, RefusesShapesThatDoNotFit) {
  const auto cut = [](const std::string& name, std::vector<std::uint64_t> shape) {
    return [=](SafetensorsFile& c) {
      auto& t = tensor(c, name);
      std::uint64_t count = sizeof(Scalar);
      for (const auto extent : shape) count *= extent;
      t.shape = shape;
      t.bytes.resize(count);
    };
  };
  expect_refused("layers.0.visible_bias", cut("layers.0.visible_bias", {6}));
  expect_refused("layers.0.hidden_bias", cut("layers.0.hidden_bias", {4}));
  expect_refused("layers.2.decoder_bias", cut("layers.2.decoder_bias", {5}));
  expect_refused("layers.2.decoder_weight", cut("layers.2.decoder_weight", {6, 3}));
  expect_refused("layers.2.decoder_weight", cut("layers.2.decoder_weight", {5, 4}));
  expect_refused("layers.0.weight", cut("layers.0.weight", {35}));
  expect_refused("layers.0.hidden_bias", cut("layers.0.hidden_bias", {1, 5}));
  expect_refused("layers.0.visible_bias", cut("layers.0.weight", {7, 5}));
}

TEST_F(StackFileTest, RefusesLayersThatDoNotFitEachOther) {
  StackFile broken = file_;
  broken.stack.layers[1] = make_rbm("bernoulli", "bernoulli", 4, 6, weights_of(1));
  save_stack(broken, dir_.path("broken"));
  EXPECT_THROW(load_stack(dir_.path("broken")), DataError);
}

TEST_F(StackFileTest, RefusesPreprocessingForOtherFeatures) {
  expect_config_refused("preprocessing", [](json& c) { c["preprocessing"]["shift"].push_back(0); });
  expect_config_refused("preprocessing", [](json& c) { c["preprocessing"]["factor"] = json::array(); });
  expect_config_refused("factor", [](json& c) { c["preprocessing"]["factor"] = {1, 1}; });
  expect_config_refused("scal", [](json& c) { c["preprocessing"]["scale"] = "log"; });
}

TEST_F(StackFileTest, KeepsTheBinarization) {
  EXPECT_EQ(load_stack(path_).preprocessing.binarization.text(), "none");
  for (const char* text : {"threshold:0.30000000000000004", "sample"}) {
    file_.preprocessing.binarization = Binarization::parse(text, 18446744073709551615U);
    save_stack(file_, path_);
    const Binarization again = load_stack(path_).preprocessing.binarization;
    EXPECT_EQ(again.text(), text);
    EXPECT_EQ(again.threshold, file_.preprocessing.binarization.threshold);
    EXPECT_EQ(again.seed, file_.preprocessing.binarization.seed);
  }
  expect_config_refused("binarize", [](json& c) { c["preprocessing"].erase("binarize"); });
  expect_config_refused("binarize_seed", [](json& c) { c["preprocessing"].erase("binarize_seed"); });
  expect_config_refused("binarize_seed", [](json& c) { c["preprocessing"]["binarize_seed"] = -1; });
  expect_config_refused("'dither'", [](json& c) { c["preprocessing"]["binarize"] = "dither"; });
  expect_config_refused("binarize", [](json& c) { c["preprocessing"]["binarize"] = "threshold:"; });
}

TEST_F(StackFileTest, RefusesWhatItDoesNotKnow) {
  expect_refused("version", [](SafetensorsFile& c) { c.metadata["version"] = "2"; });
  expect_refused("version", [](SafetensorsFile& c) { c.metadata.erase("version"); });
  expect_refused("dbn-stack", [](SafetensorsFile& c) { c.metadata["format"] = "dbn-model"; });
  expect_refused("config", [](SafetensorsFile& c) { c.metadata.erase("config"); });
  expect_refused("config", [](SafetensorsFile& c) { c.metadata["config"] = "{"; });
  expect_refused("history", [](SafetensorsFile& c) { c.metadata.erase("history"); });
  expect_refused("reconstruction_error", [](SafetensorsFile& c) { c.metadata["history"] = "[[3]]"; });
  expect_refused("epochs", [](SafetensorsFile& c) { c.metadata["history"] = "[3]"; });
  expect_config_refused("quantum", [](json& c) { c["layers"][0]["visible"] = "quantum"; });
  expect_config_refused("step", [](json& c) { c["layers"][2]["activation"] = "step"; });
  expect_config_refused("hinge", [](json& c) { c["layers"][2]["loss"] = "hinge"; });
  expect_config_refused("svm", [](json& c) { c["layers"][0]["kind"] = "svm"; });
  expect_config_refused("kind", [](json& c) { c["layers"][0].erase("kind"); });
  expect_config_refused("tied", [](json& c) { c["layers"][3]["tied"] = "yes"; });
  expect_config_refused("seed", [](json& c) { c.erase("seed"); });
  expect_config_refused("seed", [](json& c) { c["seed"] = -1; });
  expect_config_refused("seed", [](json& c) { c["seed"] = 1.5; });
  expect_config_refused("layers", [](json& c) { c["layers"] = 3; });
  expect_config_refused("", [](json& c) { c = json::array(); });
}

// Seen elsewhere: a load that checks nothing.
TEST_F(StackFileTest, NoticesEveryFlippedBit) {
  save_stack(test::small_stack({4, 3, 2}), dir_.path("small"));
  expect_every_flip_noticed(
      "small", [](const ByteBuffer& bytes) { load_stack(decode_safetensors(bytes, "flipped"), "flipped"); });
}

TEST_F(StackFileTest, NoticesTruncationAndExtraBytes) {
  const ByteBuffer good = read_file(path_);
  for (const std::size_t length : {std::size_t{0}, std::size_t{7}, std::size_t{8}, good.size() / 2, good.size() - 1}) {
    write_bad(std::span(good).first(length));
    EXPECT_THROW(load_stack(dir_.path("bad")), DataError) << length;
  }
  ByteBuffer longer = good;
  longer.push_back(0);
  write_bad(longer);
  EXPECT_THROW(load_stack(dir_.path("bad")), DataError);
  EXPECT_THROW(load_stack(dir_.path("missing")), IoError);
}

}  // namespace
}  // namespace dbn
