// Weights of another tool: dbn import, and finetune that goes on with them. An exported net is such a file.

#include <dbn/model/foreign_net.hpp>

#include "../support/stack_tool.hpp"

namespace dbn::test {
namespace {

using testing::ElementsAre;

constexpr const char* kDigits = " --data synthetic:digits,cases=200,test=50 --quiet";

class Import : public StackTool {
 protected:
  // A net as a file of another tool, which does not say what it is for.
  void save_foreign(const Mlp& net) const {
    save_model({.net = net,
                .outputs = names(net.output_count()),
                .preprocessing = {},
                .seed = 1,
                .start = "xavier",
                .history = {},
                .task = "regression",
                .loss = "squared-error"},
               dir_.path("m"));
    run("export m --out foreign --force");
  }
  static std::vector<std::string> names(Index count) {
    std::vector<std::string> list;
    for (Index i = 0; i < count; ++i) list.push_back("t" + std::to_string(i));
    return list;
  }
  Mlp digits_net() const { return make_mlp({784, 20, 10}, "tanh", "xavier", 1); }
};

TEST_F(Import, TheModelIsTheNetThatWasExported) {
  const Mlp net = make_mlp({9, 5, 4, 3}, "tanh", "xavier", 1);
  save_foreign(net);
  const json result = run_json("import foreign --activation tanh --classes a,b,c --out model");
  EXPECT_EQ(result["sizes"], (json{9, 5, 4, 3}));
  const ModelFile model = load_model(dir_.path("model"));
  EXPECT_THAT(model.outputs, ElementsAre("a", "b", "c"));
  EXPECT_EQ(model.task, "classification");
  EXPECT_EQ(model.preprocessing.scale, "none");
  const Matrix cases = small_images(9, 4) / Scalar(255);
  EXPECT_EQ(model.net.scores(cases), net.scores(cases));
}

TEST_F(Import, ClassesAreNumberedAndTargetsNamedWhereNobodySays) {
  save_foreign(make_mlp({9, 5, 3}, "tanh", "xavier", 1));
  run("import foreign --activation tanh --out a");
  EXPECT_THAT(load_model(dir_.path("a")).outputs, ElementsAre("0", "1", "2"));
  run("import foreign --activation tanh --task regression --out b");
  EXPECT_THAT(load_model(dir_.path("b")).outputs, ElementsAre("target1", "target2", "target3"));
  EXPECT_EQ(load_model(dir_.path("b")).loss, "squared-error");
}

TEST_F(Import, ItsPredictionsAreThoseOfTheNet) {
  save_foreign(digits_net());
  run("import foreign --activation tanh --out model");
  EXPECT_EQ(run_json(std::string("evaluate model") + kDigits)["cases"], 50);
}

// A rate of next to nothing leaves the weights as they are.
TEST_F(Import, FinetuneGoesOnWithTheWeights) {
  save_foreign(digits_net());
  const std::string rest = std::string(" --epochs 1 --optimizer sgd --learning-rate 1e-30 --out model") + kDigits;
  run("finetune --from foreign --activation tanh --scale minmax" + rest);
  const ModelFile model = load_model(dir_.path("model"));
  EXPECT_EQ(model.net.layers[0].weights, digits_net().layers[0].weights);
  EXPECT_EQ(model.net.layers[1].weights, digits_net().layers[1].weights);
  EXPECT_EQ(model.net.layers[0].activation->name, "tanh");
  EXPECT_EQ(model.start, "import");
  EXPECT_EQ(model.outputs.size(), 10U);
  EXPECT_EQ(model.preprocessing.scale, "minmax");
}

TEST_F(Import, AnExportIsHeldToWhatItSays) {
  save_foreign(digits_net());
  const std::string finetune = "finetune --from foreign --out model --activation ";
  for (const std::string& command : {std::string("import foreign --out model --activation "), finetune})
    expect_refused(2, "\"tanh\" after its layer 1, found relu",
                   command + "relu" + (command == finetune ? kDigits : ""));
  save_classifier(make_mlp({9, 5, 3}, "tanh", "xavier", 1));
  run("export m --out scaled");
  expect_refused(3, "dbn export --fold-scaling", "import scaled --activation tanh --out model");
  expect_refused(3, "dbn export --fold-scaling",
                 std::string("finetune --from scaled --activation tanh --out model") + kDigits);
  run("export m --fold-scaling --out raw");
  run("import raw --activation tanh --out model");
  EXPECT_EQ(load_model(dir_.path("model")).net.layers[0].activation->name, "tanh");
}

TEST_F(Import, ClassesAreTwoOrMoreAndTheirNamesCanBePrinted) {
  save_foreign(make_mlp({9, 5, 1}, "tanh", "xavier", 1));
  expect_refused(2, "--task regression --loss binary-cross-entropy", "import foreign --activation tanh --out model");
  run("import foreign --activation tanh --task regression --loss binary-cross-entropy --out model");
  save_foreign(make_mlp({9, 5, 2}, "tanh", "xavier", 1));
  for (const char* bad : {"b\x1B[31m", "b\x7F", "b\xC2\x85", "b\xFF"})
    expect_refused(2, "UTF-8 without control characters",
                   std::string("import foreign --activation tanh --out other --classes a,") + bad);
}

TEST_F(Import, WhatDoesNotFitIsRefused) {
  save_foreign(make_mlp({784, 20, 9}, "tanh", "xavier", 1));
  const std::string finetune = "finetune --from foreign --out model";
  expect_refused(3, "expected 10 outputs, one for each of the classes, found 9",
                 finetune + " --activation tanh" + kDigits);
  expect_refused(3, "expected 784 outputs", finetune + " --activation tanh --task autoencoder" + kDigits);
  expect_refused(2, "--activation: expected that of the hidden layers", finetune + kDigits);
  expect_refused(2, "--layers: has no effect", finetune + " --activation tanh --layers 5" + kDigits);
  expect_refused(2, "--activation: has no effect", std::string("finetune --from s --activation tanh") + kDigits);
  expect_refused(2, "FILE", "import");
  expect_refused(2, "--activation", "import foreign --out model");
  expect_refused(2, "--classes: expected 9 names", "import foreign --activation tanh --classes a,b --out model");
  expect_refused(2, "named twice", "import foreign --activation tanh --classes a,b,c,d,e,f,g,h,a --out model");
  expect_refused(2, "no classes", "import foreign --activation tanh --task regression --classes a --out model");
  expect_refused(3, "expected 784 outputs", "import foreign --activation tanh --task autoencoder --out model");
  expect_refused(3, "dbn-stack", "import s --activation tanh --out model");
  expect_refused(4, "none", "import none --activation tanh --out model");
  expect_refused(4, "--force", "import foreign --activation tanh --out m");
  EXPECT_EQ(run("import foreign --activation tanh --dry-run --out model"),
            "a net of 784-20-9 tanh units for classification\n");
}

}  // namespace
}  // namespace dbn::test
