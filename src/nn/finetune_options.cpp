#include <dbn/nn/finetune_options.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/nn/training_loop.hpp>

namespace dbn {
namespace {

// Each epoch is a line of the history that a model file keeps in its header.
constexpr double kMostEpochs = 1e5;

void append(OptionFields& fields, OptionFields more) {
  fields.insert(fields.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

std::string recommended_rates() {
  std::string text;
  for (const auto& row : optimizers())
    if (row.default_rate > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", row.name, row.default_rate);
  return text;
}

OptionFields task_fields(FinetuneOptions& o) {
  return {
      {.name = "task",
       .value = &o.task,
       .help = "what is learnt of a case: its class, the numbers in its label columns, or the case itself through a "
               "narrow middle",
       .choices = task_names()},
      {.name = "loss",
       .value = &o.loss,
       .help = "what is minimised; squared-error of any numbers, binary-cross-entropy of numbers from 0 to 1",
       .choices = loss_names(),
       .unset = "softmax for classification, squared-error for regression; of an autoencoder binary-cross-entropy "
                "for data from 0 to 1, else squared-error"},
  };
}

OptionFields course_fields(FinetuneOptions& o) {
  OptionFields fields{
      {.name = "optimizer", .value = &o.optimizer, .help = "what changes the weights", .choices = optimizer_names()},
      {.name = "epochs", .value = &o.epochs, .help = "passes over the labelled cases", .range = {1, kMostEpochs}},
      {.name = "min-updates",
       .value = &o.min_updates,
       .help =
           "train for more epochs than --epochs when few labels would give fewer updates, or line searches, than this",
       .range = {0, 1e9}},
      {.name = "batch",
       .value = &o.batch,
       .help = "cases a batch",
       .range = {1, 1e6},
       .unset = "100; cg and lbfgs 1000"},
      {.name = "learning-rate",
       .value = &o.learning_rate,
       .help = "learning rate; cg and lbfgs need none",
       .range = {0, 1e9, true},
       .unset = recommended_rates()},
  };
  append(fields, o.schedule.fields());
  fields.push_back({.name = "momentum",
                    .value = &o.momentum,
                    .help = "momentum as VALUE:EPOCHS,...,VALUE, for momentum and nesterov"});
  append(fields, o.settings.fields());
  return fields;
}

OptionFields restraint_fields(FinetuneOptions& o) {
  return {
      {.name = "weight-cost",
       .value = &o.weight_cost,
       .help = "L2 cost on weights",
       .range = {0, 1e3},
       .unset = "0; adamw 0.01"},
      {.name = "max-norm",
       .value = &o.max_norm,
       .help = "longest vector of weights into a unit (0: any)",
       .range = {0, 1e6}},
      {.name = "clip-norm",
       .value = &o.clip_norm,
       .help = "longest gradient, over all weights and biases (0: any); not with cg and lbfgs",
       .range = {0, 1e6}},
      {.name = "dropout",
       .value = &o.dropout,
       .help = "share of each hidden layer's units that is left out in training",
       .range = {0, 0.99}},
      {.name = "input-dropout",
       .value = &o.input_dropout,
       .help = "share of the features that is left out in training",
       .range = {0, 0.99}},
      {.name = "label-smoothing",
       .value = &o.classes.label_smoothing,
       .help = "share of each label that is spread over all classes",
       .range = {0, 1}},
      {.name = "class-weights",
       .value = &o.classes.class_weights,
       .help = "none, balanced, or a weight for each class"},
  };
}

OptionFields layer_fields(FinetuneOptions& o) {
  return {
      {.name = "layer-rates",
       .value = &o.layer_rates,
       .help = "factor on the learning rate of each layer, the output layer last",
       .range = {0, 1e3, true}},
      {.name = "freeze", .value = &o.freeze, .help = "lowest layers that stay as they are", .range = {0, 1e4}},
      {.name = "head-epochs",
       .value = &o.head_epochs,
       .help = "first epochs, which train the output layer alone",
       .range = {0, kMostEpochs}},
      {.name = "average-decay",
       .value = &o.average_decay,
       .help = "decay of a running mean of the weights, which becomes the net (0: none)",
       .range = {0, 0.999999}},
      {.name = "looks",
       .value = &o.looks,
       .help = "times that the validation cases are looked at, evenly over the epochs (0: after every epoch, as with "
               "patience and the plateau schedule)",
       .range = {0, kMostEpochs}},
      {.name = "patience",
       .value = &o.patience,
       .help = "stop after so many epochs without a better validation error, and keep the best (0: never)",
       .range = {0, 1e6}},
      on_divergence_field(&o.on_divergence),
  };
}

}  // namespace

OptionFields FinetuneOptions::fields() {
  OptionFields fields = task_fields(*this);
  append(fields, course_fields(*this));
  append(fields, restraint_fields(*this));
  append(fields, layer_fields(*this));
  return fields;
}

void FinetuneOptions::validate() const {
  FinetuneOptions copy = *this;
  check_options(copy.fields());
  StepSchedule::parse(momentum, "--momentum", 1);
  loss_of(*this);
  if (line_searches(*this) > 0 && clip_norm > 0)
    throw InvalidArgument(fmt::format(
        "--clip-norm: expected 0 with {}, whose line searches need the gradient of what they lower", optimizer));
  if (line_searches(*this) > 0 && on_divergence == "retry")
    throw InvalidArgument(
        fmt::format("--on-divergence: expected stop with {}, which has no learning rate to try again with", optimizer));
  if (dbn::task(task).outputs != Outputs::classes && (classes.label_smoothing > 0 || classes.class_weights != "none"))
    throw InvalidArgument(
        fmt::format("--label-smoothing, --class-weights: expected none with --task {}, which has no classes", task));
}

void FinetuneOptions::validate_for(std::size_t layers) const {
  validate();
  per_layer(layer_rates, 0, layers, "layer-rates");
  per_layer(dropout, 0, layers - 1, "dropout");
  if (freeze >= static_cast<Index>(layers))
    throw InvalidArgument(
        fmt::format("--freeze: expected fewer layers than the network's {}, found {}", layers, freeze));
}

Index line_searches(const FinetuneOptions& options) {
  const Index recommended = optimizer(options.optimizer).default_line_searches;
  return recommended > 0 ? options.settings.line_searches.value_or(recommended) : 0;
}

const Loss& loss_of(const FinetuneOptions& options) { return task_loss(task(options.task), options.loss); }

Index batch_size(const FinetuneOptions& options, Index cases) {
  constexpr Index kBatch = 100;
  constexpr Index kLineSearchBatch = 1000;
  return std::min(options.batch.value_or(line_searches(options) > 0 ? kLineSearchBatch : kBatch), cases);
}

Index epoch_count(const FinetuneOptions& options, Index cases) {
  if (cases < 1) return options.epochs;
  const Index batch = batch_size(options, cases);
  const Index per_epoch = (cases + batch - 1) / batch * std::max<Index>(line_searches(options), 1);
  const Index epochs = std::max(options.epochs, (options.min_updates + per_epoch - 1) / per_epoch);
  if (epochs > static_cast<Index>(kMostEpochs))
    throw InvalidArgument(
        fmt::format("--min-updates: {} cases would need {} epochs, more than {:.0f}; try a smaller --batch", cases,
                    epochs, kMostEpochs));
  return epochs;
}

Index look_count(const FinetuneOptions& options, Index epochs) {
  const bool every = options.looks == 0 || options.patience > 0 || options.schedule.name == "plateau";
  return every ? epochs : std::min(options.looks, epochs);
}

bool looks_after(const FinetuneOptions& options, Index epoch, Index epochs) {
  const Index looks = look_count(options, epochs);
  return epoch * looks / epochs > (epoch - 1) * looks / epochs;
}

Dropout dropout_of(const FinetuneOptions& options, std::size_t layers, std::uint64_t seed) {
  Dropout dropout{.rates = {options.input_dropout}, .seed = seed};
  for (std::size_t i = 0; i + 1 < layers; ++i)
    dropout.rates.push_back(per_layer(options.dropout, i, layers - 1, "dropout"));
  return dropout;
}

}  // namespace dbn
