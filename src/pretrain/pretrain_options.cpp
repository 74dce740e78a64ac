#include <dbn/pretrain/pretrain_options.hpp>

#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <dbn/autoencoder/autoencoder.hpp>
#include <dbn/autoencoder/corruption.hpp>
#include <dbn/core/error.hpp>
#include <dbn/nn/activation.hpp>
#include <dbn/nn/schedule.hpp>
#include <dbn/pretrain/layer_trainer.hpp>
#include <dbn/units/unit_type.hpp>

namespace dbn {
namespace {

// What a layer sees is what the one below puts out.
void set_inputs_from_below(LayerOptions& one, const PretrainOptions& o, std::size_t below) {
  const std::size_t layers = o.layers.size();
  const bool rbm_below = per_layer(o.pretrainer, below, layers, "pretrainer") == "rbm";
  one.visible = codes_are_probabilities(o.activation) ? "bernoulli" : "gaussian";
  if (rbm_below) {
    const std::string& hidden = per_layer(o.hidden, below, layers, "hidden");
    one.visible = unit_type(hidden)->visible() ? hidden : "gaussian";
  }
  if (one.pretrainer != "rbm" && one.visible != "bernoulli" && one.loss == "cross-entropy")
    throw InvalidArgument(fmt::format(
        "--loss: layer {} sees codes outside [0, 1], which cross-entropy cannot compare; try --loss squared-error",
        one.layer + 1));
}

// Names of the unit types that serve a layer.
std::vector<std::string> names_of(bool (UnitType::*serves)() const) {
  std::vector<std::string> names;
  for (const auto& type : unit_types())
    if ((type.get()->*serves)()) names.emplace_back(type->name());
  return names;
}

// Says what is wrong with a text.
void check_visible(const std::string& text) {
  try {
    if (text != "auto") unit_type(text);
  } catch (const InvalidArgument& error) {
    throw InvalidArgument(fmt::format("--visible: {}", error.what()));
  }
}

// The largest number of Gibbs steps of a schedule, whose values are whole.
Index most_steps(const std::string& cd_k) {
  constexpr double kMostSteps = 1000;
  const auto schedule = StepSchedule::parse(cd_k, "--cd-k", kMostSteps);
  for (const double steps : schedule.values())
    if (steps < 1 || steps != std::floor(steps))
      throw InvalidArgument(fmt::format("--cd-k: expected whole numbers from 1 to 1000, found '{}'", cd_k));
  return static_cast<Index>(schedule.most());
}

}  // namespace

OptionFields PretrainOptions::fields() {
  constexpr double kMostUnits = 1e9;
  OptionFields all{
      {.name = "layers", .value = &layers, .help = "hidden units of each layer", .range = {1, kMostUnits}},
      {.name = "pretrainer", .value = &pretrainer, .help = "what trains a layer", .choices = pretrainer_names()},
      {.name = "visible",
       .value = &visible,
       .help =
           fmt::format("unit type of the data, for an RBM: one of {}, or groups of features, counted from 0, such as "
                       "gaussian:0-3,softmax:4-9,bernoulli:10-; auto is bernoulli, but for tables with columns of "
                       "categories a softmax group for each and bernoulli or, for negative ones, gaussian numbers",
                       fmt::join(names_of(&UnitType::visible), ", "))},
      {.name = "hidden",
       .value = &hidden,
       .help = "unit type of an RBM's hidden layer",
       .choices = names_of(&UnitType::hidden)},
      {.name = "cd-k",
       .value = &cd_k,
       .help = "Gibbs steps an update, from 1 to 1000, as STEPS or STEPS:EPOCHS,...,STEPS"},
      {.name = "rbm-corruption",
       .value = &rbm_corruption,
       .help = "noise on the data that the chains of cd start from, as --corruption"},
      {.name = "visible-bias",
       .value = &visible_bias,
       .help = "where an RBM's visible biases start: at the data's means, or at 0",
       .choices = {"data", "zero"}},
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
       .help = fmt::format("noise of a denoising layer: one of {} (Vincent et al. 2010); salt and pepper "
                           "are 0 and 1, for data from 0 to 1",
                           corruption_domain())},
      {.name = "emphasis",
       .value = &emphasis,
       .help =
           "how much less features that the noise left alone count in a denoising layer's loss (0: nothing, 1: they "
           "do not count)",
       .range = {0, 1}},
      {.name = "contraction",
       .value = &contraction,
       .help = "cost on the squared slopes of a contractive layer's codes (Rifai et al. 2011)",
       .range = {0, 1e3}},
      {.name = "code-l1", .value = &code_l1, .help = "L1 cost on a sparse layer's codes", .range = {0, 1e3}},
      {.name = "untied", .value = &untied, .help = "give autoencoders decoder weights of their own"},
      {.name = "tied-epochs",
       .value = &tied_epochs,
       .help = "with --untied: first epochs, in which the decoder stays the transposed encoder",
       .range = {0, 1e5}},
      {.name = "optimizer",
       .value = &optimizer,
       .help = "what changes an autoencoder's weights; an RBM is trained by momentum",
       .choices = optimizer_names()},
      {.name = "epochs", .value = &epochs, .help = "epochs a layer", .range = {1, 1e5}},
      {.name = "batch", .value = &batch, .help = "cases a batch (Hinton 2012: 10 to 100)", .range = {1, 1e6}},
      {.name = "learning-rate",
       .value = &learning_rate,
       .help = "learning rate",
       .range = {0, 1e9, true},
       .unset = "0.05, 0.001 for an RBM on gaussian units, and for an autoencoder what suits --optimizer"},
      {.name = "momentum", .value = &momentum, .help = "momentum as VALUE:EPOCHS,...,VALUE (Hinton 2012)"},
      {.name = "weight-cost",
       .value = &weight_cost,
       .help = "L2 cost on weights (Hinton 2012: 1e-5 to 1e-2)",
       .range = {0, 1e3}},
      {.name = "l1-cost", .value = &l1_cost, .help = "L1 cost on an RBM's weights", .range = {0, 1e3}},
      {.name = "max-norm",
       .value = &max_norm,
       .help = "longest vector of weights into a unit (0: any)",
       .range = {0, 1e6}},
      {.name = "clip-norm",
       .value = &clip_norm,
       .help = "longest gradient, over all weights and biases of a layer (0: any)",
       .range = {0, 1e6}},
      {.name = "patience",
       .value = &patience,
       .help = "stop an RBM when so many epochs in a row have widened the free-energy gap between validation and "
               "training cases (0: never)",
       .range = {0, 1e9}},
      on_divergence_field(&on_divergence),
  };
  for (auto& field : divergence.fields()) all.push_back(std::move(field));
  for (auto& field : schedule.fields()) all.push_back(std::move(field));
  for (auto& field : settings.fields()) all.push_back(std::move(field));
  return all;
}

void PretrainOptions::validate() const {
  PretrainOptions copy = *this;
  check_options(copy.fields());
  if (layers.empty()) throw InvalidArgument("--layers: expected at least one layer, found none");
  StepSchedule::parse(momentum, "--momentum", 1);
  Corruption::parse(corruption, "--corruption");
  Corruption::parse(rbm_corruption, "--rbm-corruption");
  StatisticsRule::parse(divergence.statistics == "auto" ? "hinton2010" : divergence.statistics);
  check_visible(visible);
  const bool searches = dbn::optimizer(optimizer).default_line_searches > 0;
  for (std::size_t i = 0; i < layers.size(); ++i)
    if (layer_options(*this, i, 1).pretrainer != "rbm" && searches && on_divergence == "retry")
      throw InvalidArgument(fmt::format(
          "--on-divergence: expected stop with {}, which has no learning rate to try again with", optimizer));
}

LayerOptions layer_options(const PretrainOptions& o, std::size_t layer, Index visible_count) {
  const std::size_t layers = o.layers.size();
  LayerOptions one{.layer = static_cast<std::uint32_t>(layer),
                   .visible_count = visible_count,
                   .hidden_count = o.layers[layer],
                   .pretrainer = per_layer(o.pretrainer, layer, layers, "pretrainer"),
                   .visible = o.visible == "auto" ? "bernoulli" : o.visible,
                   .hidden = per_layer(o.hidden, layer, layers, "hidden"),
                   .activation = o.activation,
                   .loss = o.loss,
                   .corruption = o.corruption,
                   .divergence = o.divergence,
                   .cd_k = o.cd_k,
                   .rbm_corruption = o.rbm_corruption,
                   .visible_bias = o.visible_bias,
                   .emphasis = o.emphasis,
                   .contraction = o.contraction,
                   .code_l1 = o.code_l1,
                   .untied = o.untied,
                   .tied_epochs = o.tied_epochs,
                   .optimizer = o.optimizer,
                   .settings = o.settings,
                   .epochs = per_layer(o.epochs, layer, layers, "epochs"),
                   .batch = o.batch,
                   .schedule = o.schedule,
                   .momentum = o.momentum,
                   .weight_cost = per_layer(o.weight_cost, layer, layers, "weight-cost"),
                   .l1_cost = o.l1_cost,
                   .max_norm = o.max_norm,
                   .clip_norm = o.clip_norm,
                   .patience = o.patience};
  one.divergence.cd_k = most_steps(o.cd_k);
  if (layer > 0) set_inputs_from_below(one, o, layer - 1);
  const Pretrainer& kind = pretrainer(one.pretrainer);
  if (kind.check != nullptr) kind.check(one);
  one.learning_rate =
      o.learning_rate.empty() ? kind.default_rate(one) : per_layer(o.learning_rate, layer, layers, "learning-rate");
  return one;
}

}  // namespace dbn
