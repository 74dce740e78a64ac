#include <dbn/pretrain/pretrain_options.hpp>

#include <cmath>
#include <set>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/nn/activation.hpp>

namespace dbn {
namespace {

TEST(PretrainOptions, DefaultsAreValid) { EXPECT_NO_THROW(PretrainOptions{}.validate()); }

TEST(PretrainOptions, OneValueServesAllLayersOrEachHasItsOwn) {
  PretrainOptions options;
  options.layers = {7, 6, 5};
  options.pretrainer = {"rbm", "denoising", "rbm"};
  options.epochs = {1, 2, 3};
  options.learning_rate = {0.5};
  const auto second = layer_options(options, 1, 7);
  EXPECT_EQ(second.pretrainer, "denoising");
  EXPECT_EQ(second.epochs, 2);
  EXPECT_EQ(second.hidden_count, 6);
  EXPECT_EQ(second.visible_count, 7);
  EXPECT_EQ(second.learning_rate, 0.5);
  options.epochs = {1, 2};
  EXPECT_THROW(options.validate(), InvalidArgument);
}

TEST(PretrainOptions, RateFollowsTheUnitsWhenNoneIsGiven) {
  PretrainOptions options;
  EXPECT_EQ(layer_options(options, 0, 7).learning_rate, 0.05);
  options.visible = "gaussian";
  EXPECT_EQ(layer_options(options, 0, 7).learning_rate, 0.001);
  EXPECT_EQ(layer_options(options, 1, 7).learning_rate, 0.05) << "above, the visible units are the hidden ones below";
}

TEST(PretrainOptions, RateFollowsAnAutoencodersOptimizer) {
  PretrainOptions options;
  for (const auto& [optimizer, rate] :
       {std::pair{"momentum", 0.05}, {"sgd", 0.1}, {"adam", 1e-3}, {"cg", 1.0}, {"lbfgs", 1.0}}) {
    options.optimizer = optimizer;
    options.pretrainer = {"autoencoder"};
    EXPECT_EQ(layer_options(options, 0, 7).learning_rate, rate) << optimizer;
    options.pretrainer = {"rbm"};
    EXPECT_EQ(layer_options(options, 0, 7).learning_rate, 0.05) << optimizer << ": an RBM is trained by momentum";
  }
}

TEST(PretrainOptions, NoTwoFieldsShareAName) {
  PretrainOptions options;
  std::set<std::string> names;
  for (const auto& field : options.fields()) EXPECT_TRUE(names.insert(field.name).second) << field.name;
}

// Known before the first layer is trained, and only where the layer's kind takes the option.
TEST(PretrainOptions, OptionsThatDoNotSuitAnAutoencoderAreRefusedAtOnce) {
  const auto expect_refused = [](const char* pretrainer, const char* name, auto&& change) {
    PretrainOptions options;
    change(options);
    EXPECT_NO_THROW(options.validate()) << name;
    options.pretrainer = {pretrainer, "rbm", "rbm"};
    EXPECT_THAT([&] { options.validate(); },
                testing::ThrowsMessage<InvalidArgument>(testing::HasSubstr(name + std::string(": expected"))));
  };
  expect_refused("sparse", "--sparsity-target", [](auto& o) { o.activation = "tanh"; });
  expect_refused("denoising", "--emphasis", [](auto& o) { o.emphasis = 0.5, o.corruption = "none"; });
  expect_refused("autoencoder", "--tied-epochs", [](auto& o) { o.tied_epochs = 1; });
  expect_refused("autoencoder", "--tied-epochs", [](auto& o) { o.tied_epochs = 15, o.untied = true; });
  expect_refused("autoencoder", "--on-divergence", [](auto& o) { o.optimizer = "cg", o.on_divergence = "retry"; });
}

TEST(PretrainOptions, SparseCodesOfAnySizeAreLearnedByL1Alone) {
  PretrainOptions options;
  options.pretrainer = {"sparse"};
  options.activation = "relu";
  options.loss = "squared-error";
  EXPECT_THROW(options.validate(), InvalidArgument);
  options.divergence.sparsity_cost = 0;
  options.code_l1 = 0.1;
  EXPECT_NO_THROW(options.validate());
}

// Seen elsewhere: ReLU values used as probabilities. Whatever an activation makes of extreme inputs, a layer of binary
// units sees it only when it lies in [0, 1].
TEST(PretrainOptions, OnlyProbabilitiesMeetBinaryUnits) {
  for (const auto& code : activations()) {
    Matrix values(1, 3);
    values << Scalar(-50), Scalar(0), Scalar(50);
    code.apply(values);
    const bool probabilities = values.minCoeff() >= 0 && values.maxCoeff() <= 1;
    PretrainOptions options;
    options.pretrainer = {"autoencoder", "rbm", "rbm"};
    options.activation = code.name;
    EXPECT_EQ(layer_options(options, 1, 7).visible, probabilities ? "bernoulli" : "gaussian") << code.name;
  }
}

// Seen elsewhere: ReLU values used as probabilities, here by cross-entropy. Known before the first layer is trained.
TEST(PretrainOptions, CodesThatTheNextLayerCannotTakeAreRefusedAtOnce) {
  PretrainOptions options;
  options.pretrainer = {"denoising"};
  options.activation = "relu";
  EXPECT_THROW(options.validate(), InvalidArgument);
  options.loss = "squared-error";
  EXPECT_NO_THROW(options.validate());
  options.pretrainer = {"denoising", "rbm", "rbm"};
  EXPECT_EQ(layer_options(options, 1, 7).visible, "gaussian");
}

TEST(PretrainOptions, ErrorsNameTheOption) {
  const auto message = [](auto&& change) {
    PretrainOptions options;
    change(options);
    try {
      options.validate();
    } catch (const InvalidArgument& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_NE(message([](auto& o) { o.layers = {0}; }).find("--layers"), std::string::npos);
  EXPECT_NE(message([](auto& o) { o.layers = {}; }).find("--layers"), std::string::npos);
  EXPECT_NE(message([](auto& o) { o.pretrainer = {"rmb"}; }).find("--pretrainer"), std::string::npos);
  EXPECT_NE(message([](auto& o) { o.learning_rate = {-1}; }).find("--learning-rate"), std::string::npos);
  EXPECT_NE(message([](auto& o) { o.momentum = "2"; }).find("--momentum"), std::string::npos);
  EXPECT_NE(message([](auto& o) { o.corruption = "masking:2"; }).find("--corruption"), std::string::npos);
  EXPECT_NE(message([](auto& o) { o.weight_cost = {NAN}; }).find("--weight-cost"), std::string::npos);
}

TEST(PretrainOptions, GibbsStepsAreAScheduleOfWholeNumbers) {
  PretrainOptions options;
  options.cd_k = "1:5,3:2,10";
  EXPECT_EQ(layer_options(options, 0, 7).divergence.cd_k, 10);
  for (const char* text : {"0", "1.5", "1001", "1:5", "-1", "", "1:5,0"}) {
    options.cd_k = text;
    EXPECT_THROW(options.validate(), InvalidArgument) << text;
  }
}

TEST(PretrainOptions, UnitsAboveAreThoseBelowWhereDataCanBe) {
  for (const auto& [hidden, above] :
       {std::pair{"relu", "gaussian"}, {"relu6", "gaussian"}, {"softmax", "softmax"}, {"bipolar", "bipolar"}}) {
    PretrainOptions options;
    options.hidden = {hidden};
    EXPECT_EQ(layer_options(options, 1, 7).visible, above) << hidden;
  }
}

TEST(PretrainOptions, BadTextsAreNamed) {
  PretrainOptions options;
  options.visible = "gaussian:0-3,bernuli:4-";
  EXPECT_THROW(options.validate(), InvalidArgument);
  options = {};
  options.divergence.statistics = "means";
  EXPECT_THROW(options.validate(), InvalidArgument);
  options = {};
  options.rbm_corruption = "masking";
  EXPECT_THROW(options.validate(), InvalidArgument);
}

}  // namespace
}  // namespace dbn
