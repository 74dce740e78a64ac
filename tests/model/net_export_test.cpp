#include <dbn/model/net_export.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/core/random.hpp>
#include <dbn/nn/deep_autoencoder.hpp>
#include <dbn/pretrain/encoded_cases.hpp>
#include <dbn/pretrain/unroll.hpp>

#include "tests/support/small_stack.hpp"

namespace dbn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

ModelFile classifier() {
  return {.net = make_mlp({9, 6, 5, 3}, "relu", "he", 1),
          .outputs = {"a", "b", "c"},
          .preprocessing = {"unit", Vector::Zero(1), Vector::Constant(1, Scalar(1) / 255)},
          .seed = 1,
          .start = "he",
          .history = {}};
}

ModelFile autoencoder() {
  ModelFile file = classifier();
  file.net = make_deep_autoencoder({9, 6, 2}, "tanh", "linear", "xavier", 2);
  file.outputs = {};
  file.task = "autoencoder";
  file.loss = "binary-cross-entropy";
  return file;
}

template <typename File>
void expect_refused(const File& file, const std::string& part, const std::string& what) {
  EXPECT_THAT([&] { export_part(file, net_part(part, file)); },
              testing::ThrowsMessage<InvalidArgument>(HasSubstr(what)))
      << part;
}

TEST(NetExport, AClassifierIsExportedAsAWholeOrUpToItsLastHiddenLayer) {
  const ModelFile file = classifier();
  EXPECT_EQ(net_part("", file), NetPart::classifier);
  for (const char* part : {"full", "classifier"}) {
    const NetExport net = export_part(file, net_part(part, file));
    EXPECT_THAT(sizes_of(net.net), ElementsAre(9, 6, 5, 3));
    EXPECT_THAT(net.activations(), ElementsAre("relu", "relu", "linear"));
    EXPECT_EQ(net.prediction, "softmax");
    EXPECT_TRUE(net.classes);
    EXPECT_EQ(net.outputs, file.outputs);
    EXPECT_EQ(net.preprocessing.scale, "unit");
  }
  const NetExport encoder = export_part(file, NetPart::encoder);
  EXPECT_THAT(encoder.activations(), ElementsAre("relu", "relu"));
  EXPECT_EQ(encoder.prediction, "");
  EXPECT_FALSE(encoder.classes);
  EXPECT_EQ(encoder.net.layers[1].weights, file.net.layers[1].weights);
  expect_refused(file, "decoder", "expected an autoencoder");
  expect_refused(file, "half", "one of full, encoder, decoder, classifier");
}

TEST(NetExport, ARegressionIsFullAndANetWithoutHiddenLayersHasNoEncoder) {
  ModelFile file = classifier();
  file.task = "regression";
  file.loss = "squared-error";
  EXPECT_EQ(net_part("", file), NetPart::full);
  EXPECT_FALSE(export_part(file, NetPart::full).classes);
  EXPECT_EQ(export_part(file, NetPart::full).prediction, "squared-error");
  expect_refused(file, "classifier", "the model's task is regression");
  file.net = make_mlp({9, 3}, "relu", "he", 1);
  expect_refused(file, "encoder", "hidden layers");
}

TEST(NetExport, AnAutoencoderIsItsTwoHalves) {
  const ModelFile file = autoencoder();
  EXPECT_EQ(net_part("", file), NetPart::full);
  const NetExport encoder = export_part(file, NetPart::encoder), decoder = export_part(file, NetPart::decoder);
  EXPECT_THAT(sizes_of(encoder.net), ElementsAre(9, 6, 2));
  EXPECT_THAT(encoder.activations(), ElementsAre("tanh", "linear"));
  EXPECT_THAT(sizes_of(decoder.net), ElementsAre(2, 6, 9));
  EXPECT_EQ(decoder.prediction, "binary-cross-entropy");
  EXPECT_EQ(decoder.preprocessing.scale, "none") << "codes are not data";
  const Matrix images = test::small_images(9, 4) / Scalar(255);
  EXPECT_EQ(decoder.net.scores(encoder.net.scores(images)), export_part(file, NetPart::full).net.scores(images));
  expect_refused(file, "classifier", "the model's task is autoencoder");
}

TEST(NetExport, AStackIsItsWayUpOrItsDeepAutoencoder) {
  const StackFile file = test::small_stack({9, 5, 4});
  EXPECT_EQ(net_part("", file), NetPart::encoder);
  const NetExport encoder = export_part(file, NetPart::encoder);
  EXPECT_THAT(encoder.activations(), ElementsAre("sigmoid", "sigmoid"));
  EXPECT_EQ(encoder.preprocessing.scale, "unit");
  const Matrix images = test::small_images(9, 4) / Scalar(255);
  Matrix first(5, 4), codes(4, 4);
  encode_into(file.stack.layers[0], images, first);
  encode_into(file.stack.layers[1], first, codes);
  // Sums of nine and five products, in orders that may differ; a logistic function's slope is at most a quarter.
  EXPECT_LE((encoder.net.scores(images) - codes).cwiseAbs().maxCoeff(), 32 * Eigen::NumTraits<Scalar>::epsilon());
  const NetExport full = export_part(file, NetPart::full);
  EXPECT_THAT(sizes_of(full.net), ElementsAre(9, 5, 4, 5, 9));
  EXPECT_EQ(full.prediction, "binary-cross-entropy");
  EXPECT_THAT(sizes_of(export_part(file, NetPart::decoder).net), ElementsAre(4, 5, 9));
  expect_refused(file, "classifier", "dbn finetune --from");
}

// One number for all features, and one each.
TEST(NetExport, AFoldedNetAnswersRawDataAsTheNetDoesScaledData) {
  const Matrix images = test::small_images(9, 20);
  for (const Index numbers : {Index{1}, Index{9}}) {
    ModelFile file = classifier();
    file.preprocessing = {"standardize", Vector::LinSpaced(numbers, 90, 130),
                          Vector::LinSpaced(numbers, Scalar(0.01), Scalar(0.02))};
    Matrix scaled = images;
    file.preprocessing.apply(scaled);
    NetExport net = export_part(file, NetPart::full);
    fold_scaling(net);
    EXPECT_EQ(net.preprocessing.scale, "none");
    EXPECT_EQ(net.preprocessing.shift, Vector::Zero(1));
    // Inputs of up to 255 times weights of up to about 0.02 * 2, nine of them, in three layers that stretch little.
    const double scale = 255 * 0.04 * 9 * 8;
    EXPECT_LE((net.net.scores(images) - file.net.scores(scaled)).cwiseAbs().maxCoeff(),
              scale * static_cast<double>(Eigen::NumTraits<Scalar>::epsilon()));
    EXPECT_GT((net.net.layers[0].weights - file.net.layers[0].weights).cwiseAbs().maxCoeff(), Scalar(0.01));
    EXPECT_EQ(net.net.layers[1].weights, file.net.layers[1].weights);
  }
}

TEST(NetExport, UnscaledDataNeedNoFoldingAndBinarizedOnesAllowNone) {
  ModelFile file = classifier();
  file.preprocessing = {};
  NetExport net = export_part(file, NetPart::full);
  fold_scaling(net);
  EXPECT_EQ(net.net.layers[0].weights, file.net.layers[0].weights);
  EXPECT_EQ(net.net.layers[0].bias, file.net.layers[0].bias);
  net.preprocessing.binarization = Binarization::parse("threshold:0.5", 0);
  EXPECT_THAT([&] { fold_scaling(net); }, testing::ThrowsMessage<InvalidArgument>(
                                              HasSubstr("--fold-scaling: expected data that are not binarized")));
}

}  // namespace
}  // namespace dbn
