#include <dbn/pretrain/pretrain_options.hpp>

#include <fmt/format.h>

#include <dbn/autoencoder/autoencoder.hpp>
#include <dbn/autoencoder/corruption.hpp>
#include <dbn/core/error.hpp>
#include <dbn/nn/activation.hpp>
#include <dbn/nn/schedule.hpp>
#include <dbn/pretrain/layer_trainer.hpp>
#include <dbn/rbm/contrastive_divergence.hpp>
#include <dbn/units/unit_type.hpp>

namespace dbn {
namespace {

// What a layer sees is what the one below puts out.
void set_inputs_from_below(LayerOptions& one, const PretrainOptions& o, std::size_t below) {
  const std::size_t layers = o.layers.size();
  const bool rbm_below = per_layer(o.pretrainer, below, layers, "pretrainer") == "rbm";
  const bool probabilities = o.activation == "sigmoid" || o.activation == "hard-sigmoid";
  one.visible = rbm_below ? per_layer(o.hidden, below, layers, "hidden") : probabilities ? "bernoulli" : "gaussian";
  if (one.pretrainer != "rbm" && one.visible != "bernoulli" && one.loss == "cross-entropy")
    throw InvalidArgument(fmt::format(
        "--loss: layer {} sees codes outside [0, 1], which cross-entropy cannot compare; try --loss squared-error",
        one.layer + 1));
}

}  // namespace

OptionFields PretrainOptions::fields() {
  constexpr double kMostUnits = 1e9;
  return {
      {.name = "layers", .value = &layers, .help = "hidden units of each layer", .range = {1, kMostUnits}},
      {.name = "pretrainer", .value = &pretrainer, .help = "what trains a layer", .choices = pretrainer_names()},
      {.name = "visible", .value = &visible, .help = "unit type of the data, for an RBM", .choices = unit_type_names()},
      {.name = "hidden", .value = &hidden, .help = "unit type of an RBM's hidden layer", .choices = unit_type_names()},
      {.name = "estimator",
       .value = &estimator,
       .help = "RBM gradient: cd starts its chains at the data, pcd keeps them",
       .choices = estimator_names()},
      {.name = "cd-k", .value = &cd_k, .help = "Gibbs steps an update", .range = {1, 1000}},
      {.name = "chains", .value = &chains, .help = "chains of pcd", .range = {1, 1e6}},
      {.name = "sample-visible",
       .value = &sample_visible,
       .help = "sample the reconstructed visible units of cd: unbiased with many --cd-k (pcd always does)"},
      {.name = "activation",
       .value = &activation,
       .help = "activation of an autoencoder's codes",
       .choices = code_activation_names()},
      {.name = "loss",
       .value = &loss,
       .help = "loss of an autoencoder: cross-entropy for data in [0, 1]",
       .choices = reconstruction_loss_names()},
      {.name = "corruption",
       .value = &corruption,
       .help = "noise of a denoising layer: none, or masking:P with P from 0 to 1 (Vincent et al. 2010)"},
      {.name = "untied", .value = &untied, .help = "give autoencoders decoder weights of their own"},
      {.name = "epochs", .value = &epochs, .help = "epochs a layer", .range = {1, 1e5}},
      {.name = "batch", .value = &batch, .help = "cases a batch (Hinton 2012: 10 to 100)", .range = {1, 1e6}},
      {.name = "learning-rate",
       .value = &learning_rate,
       .help = "learning rate",
       .range = {0, 1e9, true},
       .unset = "0.05, and 0.001 for an RBM on gaussian units"},
      {.name = "momentum", .value = &momentum, .help = "momentum as VALUE:EPOCHS,...,VALUE (Hinton 2012)"},
      {.name = "weight-cost",
       .value = &weight_cost,
       .help = "L2 cost on weights (Hinton 2012: 1e-5 to 1e-2)",
       .range = {0, 1e3}},
      on_divergence_field(&on_divergence),
  };
}

void PretrainOptions::validate() const {
  PretrainOptions copy = *this;
  check_options(copy.fields());
  if (layers.empty()) throw InvalidArgument("--layers: expected at least one layer, found none");
  StepSchedule::parse(momentum, "--momentum", 1);
  Corruption::parse(corruption, "--corruption");
  for (std::size_t i = 0; i < layers.size(); ++i) layer_options(*this, i, 1);
}

LayerOptions layer_options(const PretrainOptions& o, std::size_t layer, Index visible_count) {
  const std::size_t layers = o.layers.size();
  LayerOptions one{.layer = static_cast<std::uint32_t>(layer),
                   .visible_count = visible_count,
                   .hidden_count = o.layers[layer],
                   .pretrainer = per_layer(o.pretrainer, layer, layers, "pretrainer"),
                   .visible = o.visible,
                   .hidden = per_layer(o.hidden, layer, layers, "hidden"),
                   .estimator = o.estimator,
                   .activation = o.activation,
                   .loss = o.loss,
                   .corruption = o.corruption,
                   .cd_k = o.cd_k,
                   .chains = o.chains,
                   .sample_visible = o.sample_visible,
                   .untied = o.untied,
                   .epochs = per_layer(o.epochs, layer, layers, "epochs"),
                   .batch = o.batch,
                   .momentum = o.momentum,
                   .weight_cost = per_layer(o.weight_cost, layer, layers, "weight-cost")};
  if (layer > 0) set_inputs_from_below(one, o, layer - 1);
  one.learning_rate = o.learning_rate.empty() ? pretrainer(one.pretrainer).default_rate(one)
                                              : per_layer(o.learning_rate, layer, layers, "learning-rate");
  return one;
}

}  // namespace dbn
