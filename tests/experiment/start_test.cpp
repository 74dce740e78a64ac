#include <dbn/experiment/start.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/nn/activation.hpp>
#include <dbn/nn/initializer.hpp>
#include <dbn/pretrain/layer_trainer.hpp>
#include <dbn/units/unit_type.hpp>

namespace dbn {
namespace {

Start parse(const std::string& text) { return parse_start(text, {}); }

TEST(Start, AnInitializerGetsTheActivationItIsMeantFor) {
  for (const char* name : {"he", "he-normal", "he-uniform"}) EXPECT_EQ(parse(name).activation, "relu") << name;
  for (const char* name : {"xavier", "xavier-normal", "xavier-uniform", "normal", "zeros"})
    EXPECT_EQ(parse(name).activation, "sigmoid") << name;
  EXPECT_EQ(parse("lecun").activation, "selu");
  EXPECT_EQ(parse("orthogonal").activation, "tanh");
}

TEST(Start, AnActivationThatIsNamedWins) {
  const Start start = parse("he@sigmoid");
  EXPECT_EQ(start.name, "he@sigmoid");
  EXPECT_EQ(start.method, "he");
  EXPECT_EQ(start.activation, "sigmoid");
  EXPECT_FALSE(start.pretrained);
  EXPECT_EQ(parse("xavier@tanh").activation, "tanh");
}

TEST(Start, AutoIsWhatTheActivationRecommends) {
  EXPECT_EQ(parse("auto").method, "he");
  EXPECT_EQ(parse("auto").activation, "relu");
  EXPECT_EQ(parse("auto").name, "auto");
  for (const auto& f : activations()) {
    EXPECT_EQ(parse("auto@" + f.name).method, f.initializer);
    EXPECT_EQ(parse("auto@" + f.name).activation, f.name);
  }
}

TEST(Start, EveryInitializerStartsEveryActivation) {
  for (const auto& name : initializer_names())
    for (const auto& f : activations()) EXPECT_EQ(parse("init:" + name + "@" + f.name).activation, f.name);
}

TEST(Start, PretrainersAreSigmoidUnlessTheyAreMadeOtherwise) {
  for (const auto& name : pretrainer_names()) {
    EXPECT_TRUE(parse(name).pretrained) << name;
    EXPECT_EQ(parse(name).activation, "sigmoid") << name;
  }
  EXPECT_EQ(parse("rbm@sigmoid").activation, "sigmoid");
  EXPECT_EQ(parse("denoising@tanh").activation, "tanh");
  PretrainOptions options;
  options.activation = "tanh";
  EXPECT_EQ(parse_start("autoencoder", options).activation, "tanh");
  EXPECT_EQ(parse_start("rbm", options).activation, "sigmoid") << "an RBM's follows from its hidden units";
}

TEST(Start, EveryRowOfBothTablesIsAStart) {
  for (const auto& name : initializer_names()) {
    EXPECT_EQ(parse("init:" + name).method, name);
    EXPECT_FALSE(parse("init:" + name).pretrained);
    EXPECT_EQ(parse(name).method, name);
  }
  for (const auto& name : pretrainer_names()) {
    EXPECT_EQ(parse(name).method, name);
    EXPECT_TRUE(parse(name).pretrained) << name;
  }
}

TEST(Start, AControlStandsBehindAPlus) {
  for (const auto& row : controls()) {
    for (const std::string& base : row.pretrained ? std::vector<std::string>{"rbm", "denoising@tanh"}
                                                  : std::vector<std::string>{"he", "init:sparse@relu"}) {
      const Start start = parse(base + "+" + row.name);
      EXPECT_EQ(start.control, row.control);
      EXPECT_EQ(start.name, base + "+" + row.name);
      EXPECT_EQ(start.method, parse(base).method);
      EXPECT_EQ(start.activation, parse(base).activation);
    }
    EXPECT_EQ(control_name(row.control), row.name);
    const std::string other = row.pretrained ? "he" : "rbm";
    EXPECT_THROW(parse(other + "+" + row.name), InvalidArgument) << row.name;
  }
  EXPECT_EQ(parse("rbm").control, Control::none);
  EXPECT_THAT([] { parse("rbm+longer"); }, testing::ThrowsMessage<InvalidArgument>(testing::HasSubstr("shuffled")));
  for (const char* text : {"rbm+", "rbm+shuffled+frozen", "+frozen"})
    EXPECT_THROW(parse(text), InvalidArgument) << text;
}

TEST(Start, RefusesUnknownNamesAndActivations) {
  for (const char* text : {"", "dbn", "RBM", "init:", "init:rbm", "@relu", "he@", "he@step", "rbm@relu@x", "he relu"})
    EXPECT_THROW(parse(text), InvalidArgument) << text;
  EXPECT_THAT([] { parse("xavierr"); }, testing::ThrowsMessage<InvalidArgument>(testing::AllOf(
                                            testing::HasSubstr("'xavierr'"), testing::HasSubstr("xavier-normal"))));
}

TEST(Start, AnRbmGetsTheHiddenUnitsOfItsActivation) {
  EXPECT_THAT(pretrain_options(parse("rbm@relu"), {}).hidden, testing::ElementsAre("relu"));
  EXPECT_THAT(pretrain_options(parse("rbm@sigmoid"), {}).hidden, testing::ElementsAre("bernoulli"));
  EXPECT_EQ(parse("rbm@relu").activation, "relu");
  PretrainOptions options;
  options.hidden = {"relu"};
  EXPECT_EQ(parse_start("rbm", options).activation, "relu");
  EXPECT_EQ(pretrain_options(parse_start("rbm@relu", options), options).hidden, options.hidden);
  EXPECT_THAT(pretrain_options(parse_start("rbm@sigmoid", options), options).hidden, testing::ElementsAre("bernoulli"));
  options.hidden = {"relu", "bernoulli", "relu"};  // one for each layer
  EXPECT_EQ(pretrain_options(parse_start("rbm", options), options).hidden, options.hidden);
  EXPECT_THAT(pretrain_options(parse_start("rbm@relu", options), options).hidden, testing::ElementsAre("relu"));
  for (const auto& type : unit_types()) {
    if (!type->hidden() || type->activation().empty()) continue;
    const Start start = parse("rbm@" + std::string(type->activation()));
    EXPECT_EQ(start.activation, type->activation());
    EXPECT_EQ(unit_type(pretrain_options(start, {}).hidden.front())->activation(), start.activation);
  }
}

TEST(Start, RefusesAnActivationThatNoHiddenUnitsHave) {
  EXPECT_THAT([] { parse("rbm@gelu"); },
              testing::ThrowsMessage<InvalidArgument>(testing::AllOf(
                  testing::HasSubstr("rbm@gelu"), testing::HasSubstr("sigmoid"), testing::HasSubstr("relu"))));
}

TEST(Start, RefusesCodesWhoseGradientAnAutoencoderCannotTake) {
  EXPECT_THAT([] { parse("denoising@gelu"); },
              testing::ThrowsMessage<InvalidArgument>(
                  testing::AllOf(testing::HasSubstr("denoising@gelu"), testing::HasSubstr("softsign"))));
}

TEST(Start, PretrainingOptionsAreThoseOfItsMethodForEveryLayer) {
  PretrainOptions options;
  options.pretrainer = {"rbm", "denoising", "rbm"};
  options.epochs = {3, 4, 5};
  const PretrainOptions own = pretrain_options(parse("denoising@tanh"), options);
  EXPECT_THAT(own.pretrainer, testing::ElementsAre("denoising"));
  EXPECT_EQ(own.activation, "tanh");
  EXPECT_EQ(own.epochs, options.epochs);
}

}  // namespace
}  // namespace dbn
