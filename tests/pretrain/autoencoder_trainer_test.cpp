// Layers that are autoencoders: their options, noise, optimizers and tying.

#include <algorithm>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include <dbn/autoencoder/corruption.hpp>
#include <dbn/core/error.hpp>
#include <dbn/pretrain/layer_trainer.hpp>

#include "../support/small_layer.hpp"

namespace dbn {
namespace {

using test::batch;
using test::hundred_digits;
using test::small_layer;

const Autoencoder& autoencoder(LayerTrainer& trainer) { return std::get<Autoencoder>(trainer.layer()); }

std::unique_ptr<LayerTrainer> make(const LayerOptions& options, const InputSummary& summary) {
  return pretrainer(options.pretrainer).make(options, summary, 3);
}

// Each option changes the kinds that it is named for, and no other.
TEST(AutoencoderTrainer, AKindTakesNoOtherKindsOptions) {
  const auto cases = hundred_digits();
  const auto summary = summarize(cases);
  const std::vector<Index> some{0, 1, 2};
  const auto weights_after_one_update = [&](const LayerOptions& options) {
    const auto trainer = make(options, summary);
    trainer->update(batch(cases, some), {1, 0, some}, {0.1, 0});
    return encoder_weights(trainer->layer());
  };
  const struct {
    std::vector<std::string> kinds;
    void (*change)(LayerOptions&);
  } options[] = {
      {{"contractive"}, [](LayerOptions& o) { o.contraction = 5; }},
      {{"sparse"}, [](LayerOptions& o) { o.code_l1 = 5; }},
      {{"rbm", "sparse"}, [](LayerOptions& o) { o.divergence.sparsity_target = 0.2; }},
      {{"denoising"}, [](LayerOptions& o) { o.corruption = "gaussian:0.5"; }},
      {{"denoising"}, [](LayerOptions& o) { o.emphasis = 0.5; }},
      {{"autoencoder", "denoising", "contractive", "sparse"}, [](LayerOptions& o) { o.optimizer = "adam"; }},
  };
  for (const auto& kind : pretrainers()) {
    const Matrix before = weights_after_one_update(small_layer(kind.name));
    for (const auto& option : options) {
      LayerOptions changed = small_layer(kind.name);
      option.change(changed);
      const bool expected = std::find(option.kinds.begin(), option.kinds.end(), kind.name) != option.kinds.end();
      EXPECT_EQ(weights_after_one_update(changed) != before, expected)
          << kind.name << ", option of " << option.kinds[0];
    }
  }
}

// Of what full emphasis leaves of the loss, the bias of a feature that the noise left alone has no slope.
TEST(AutoencoderTrainer, FullEmphasisLearnsWhatTheNoiseTouchedAlone) {
  const auto cases = hundred_digits();
  LayerOptions options = small_layer("denoising");
  options.corruption = "salt-and-pepper:0.5";
  options.emphasis = 1;
  const std::vector<Index> one{7};
  const Matrix clean = batch(cases, one);
  const auto trainer = make(options, summarize(cases));
  trainer->update(clean, {1, 0, one}, {0.1, 0});
  Matrix corrupted(784, 1), touched(784, 1);
  MatrixRef where = touched;
  Corruption::parse(options.corruption, "").apply(Stream(3, Purpose::corruption), 1, one, clean, corrupted, &where);
  for (Index i = 0; i < 784; ++i)
    EXPECT_EQ(autoencoder(*trainer).decoder_bias[i] != 0, touched(i, 0) != 0) << "feature " << i;
}

// Five updates on one batch; rates that an optimizer recommends are small enough for them all to lead down.
TEST(AutoencoderTrainer, EveryOptimizerLowersTheLoss) {
  const auto cases = hundred_digits();
  const auto summary = summarize(cases);
  const auto chosen = all_cases(20);
  const Matrix all = batch(cases, chosen);
  for (const auto& kind : optimizers()) {
    LayerOptions options = small_layer("autoencoder");
    options.optimizer = kind.name;
    const auto trainer = make(options, summary);
    const double before = autoencoder(*trainer).mean_loss(all, all);
    const double rate = pretrainer("autoencoder").default_rate(options);
    for (Index update = 0; update < 5; ++update) trainer->update(all, {1, update, chosen}, {rate, 0.5});
    EXPECT_LT(autoencoder(*trainer).mean_loss(all, all), before) << kind.name;
  }
}

// The bits of a gradient's two products differ: each element is a sum of 40 terms that come to less than 10 in size, so
// by less than 400 eps. With an epsilon of 1 no step is longer than the rate times what gradients, or their mean by a
// momentum of 0.5, differ by, in each of three updates.
TEST(AutoencoderTrainer, UntiedWeightsStayEachOthersTransposeForTheTiedEpochs) {
  const auto cases = hundred_digits();
  const auto summary = summarize(cases);
  const auto chosen = all_cases(20);
  const Matrix all = batch(cases, chosen);
  const auto eps = static_cast<double>(std::numeric_limits<Scalar>::epsilon());
  for (const auto& kind : optimizers()) {
    if (kind.default_line_searches > 0) continue;
    LayerOptions options = small_layer("contractive");
    options.optimizer = kind.name;
    options.settings.epsilon = 1;
    options.untied = true;
    options.tied_epochs = 3;
    const auto trainer = make(options, summary);
    const Matrix start = encoder_weights(trainer->layer());
    const auto apart = [&] {
      const Autoencoder& model = autoencoder(*trainer);
      return static_cast<double>((model.weights - model.decoder_weights.transpose()).cwiseAbs().maxCoeff());
    };
    for (Index update = 0; update < 3; ++update) trainer->update(all, {update + 1, update, chosen}, {0.1, 0.5});
    EXPECT_NE(encoder_weights(trainer->layer()), start) << kind.name;
    EXPECT_LE(apart(), 3 * 0.1 * 2 * 400 * eps) << kind.name;
    trainer->update(all, {4, 3, chosen}, {0.1, 0.5});
    EXPECT_GT(apart(), 1e-3) << kind.name;
  }
}

TEST(AutoencoderTrainer, GradientsAndWeightsAreHeldShort) {
  const auto cases = hundred_digits();
  const auto summary = summarize(cases);
  const auto chosen = all_cases(20);
  const Matrix all = batch(cases, chosen);
  LayerOptions options = small_layer("autoencoder");
  options.optimizer = "sgd";
  options.weight_cost = 0;
  options.untied = true;
  const auto updated = [&] {
    const auto trainer = make(options, summary);
    trainer->update(all, {1, 0, chosen}, {1, 0});
    return autoencoder(*trainer);
  };
  const Autoencoder start = autoencoder(*make(options, summary));
  options.clip_norm = 0.01;
  Autoencoder clipped = updated();
  // Each parameter's step is known to a rounding of the parameter, all of which are below 1.
  const double squares = (clipped.weights - start.weights).squaredNorm() +
                         (clipped.decoder_weights - start.decoder_weights).squaredNorm() +
                         clipped.hidden_bias.squaredNorm() + clipped.decoder_bias.squaredNorm();
  const auto eps = static_cast<double>(std::numeric_limits<Scalar>::epsilon());
  EXPECT_NEAR(std::sqrt(squares), 0.01, eps * std::sqrt(static_cast<double>(2 * start.weights.size())));

  options.clip_norm = 0;
  options.max_norm = 0.1;
  const Autoencoder limited = updated();
  for (const Matrix& weights : {limited.weights, limited.decoder_weights})
    EXPECT_NEAR(static_cast<double>(weights.colwise().norm().maxCoeff()), 0.1, 100 * eps);
}

TEST(AutoencoderTrainer, RefusesWhatCannotGoTogether) {
  const auto refused = [](void (*change)(LayerOptions&)) {
    LayerOptions options = small_layer("denoising");
    options.epochs = 5;
    options.untied = true;
    change(options);
    EXPECT_THROW(pretrainer("denoising").check(options), InvalidArgument);
  };
  refused([](LayerOptions& o) { o.optimizer = "cg", o.clip_norm = 1; });
  refused([](LayerOptions& o) { o.optimizer = "lbfgs", o.tied_epochs = 2; });
  refused([](LayerOptions& o) { o.max_norm = 1, o.tied_epochs = 2; });
  refused([](LayerOptions& o) { o.emphasis = 0.5, o.corruption = "gaussian:0.3"; });
  refused([](LayerOptions& o) { o.emphasis = 0.5, o.corruption = "none"; });
}

TEST(AutoencoderTrainer, MemoryIsThatOfItsParametersAndState) {
  const auto bytes = [](const TensorList& list) {
    double sum = 0;
    for (const auto& tensor : list) sum += sizeof(Scalar) * static_cast<double>(tensor.values.size());
    return sum;
  };
  for (const auto& kind : optimizers())
    for (const bool untied : {false, true}) {
      LayerOptions options = small_layer("sparse");
      options.optimizer = kind.name;
      options.untied = untied;
      const auto trainer = make(options, unknown_inputs(784));
      const LayerMemory memory = pretrainer("sparse").memory(options);
      EXPECT_EQ(memory.parameters, bytes(tensors(trainer->layer()))) << kind.name;
      EXPECT_EQ(memory.state, bytes(trainer->state())) << kind.name;
    }
}

}  // namespace
}  // namespace dbn
