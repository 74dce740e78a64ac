#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/data/binarization.hpp>
#include <dbn/experiment/comparison.hpp>
#include <dbn/units/unit_type.hpp>

#include "plan.hpp"

namespace dbn {

// Smaller than the defaults of the single commands: a first answer in about a minute.
ComparisonOptions::ComparisonOptions() {
  pretrain.layers = {300, 300, 300};
  finetune.min_updates = 1000;
  finetune.looks = 100;  // few labels make thousands of short epochs
}

OptionFields ComparisonOptions::fields() {
  return {
      {.name = "starts",
       .value = &starts,
       .help =
           "pretrainers and initializers to compare, as NAME[@ACTIVATION][+CONTROL]; without ACTIVATION the one that "
           "the start is meant for: relu for he, sigmoid for pretrainers and xavier; an RBM gets the hidden units that "
           "ACTIVATION is of; auto is what is recommended for "
           "ACTIVATION; CONTROL is shuffled, labelled or frozen for a pretrained start, longer for another"},
      {.name = "activations",
       .value = &activations,
       .help = "every start that names no activation in each of these",
       .unset = "each in its own"},
      {.name = "controls",
       .value = &controls,
       .help =
           "compare every start with its controls too: pretrained weights shuffled within layers, pretraining on the "
           "labelled cases alone, frozen features below a softmax; a random start trained longer by the work of "
           "pretraining"},
      {.name = "seeds", .value = &seeds, .help = "paired repetitions", .range = {1, 1000}},
      {.name = "labels", .value = &labels, .help = "numbers of labels to fine-tune on; all cases serve pretraining"},
      {.name = "layers", .value = &pretrain.layers, .help = "hidden layers of the net", .range = {1, 1e9}},
      {.name = "depths",
       .value = &depths,
       .help = "numbers of hidden layers: the first of --layers, the last of them repeated",
       .range = {1, 100},
       .unset = "that of --layers"},
      {.name = "widths",
       .value = &widths,
       .help = "sizes of all hidden layers",
       .range = {1, 1e9},
       .unset = "those of --layers"},
      {.name = "plan",
       .value = &plan,
       .help = "lines: one of labels, depths and widths changes at a time, the others stay at the first that is named; "
               "full: all of them are crossed",
       .choices = {"lines", "full"}},
      {.name = "tune",
       .value = &tune,
       .help = "random configurations of fine-tuning that every start is tried with on the first seed, the first of "
               "them the options as given; the least validation error chooses [Bergstra & Bengio 2012]; 0: none",
       .range = {0, 10000}},
      {.name = "validation",
       .value = &validation,
       .help =
           "training cases held out: a count, or a fraction below 1; their labels come on top of --labels, draw the "
           "curves, choose among the trials of --tune, and the epoch with --finetune.patience"},
      {.name = "target",
       .value = &target,
       .help = "validation error in percent; the epoch of the first look that finds it is reported",
       .range = {0, 100}},
  };
}

void ComparisonOptions::validate() const {
  ComparisonOptions copy = *this;
  check_options(copy.fields());
  if (starts.empty() || labels.empty()) throw InvalidArgument("compare: expected at least one start and label count");
  for (const auto& text : labels)
    if (text != "all" && parse_integer(text, "--labels") < 1)
      throw InvalidArgument(fmt::format("--labels: expected counts from 1 or all, found '{}'", text));
  Binarization::parse(binarize, 0);
  pretrain.validate();
  finetune.validate();
  if (task(finetune.task).outputs != Outputs::classes)
    throw InvalidArgument(
        fmt::format("--finetune.task: expected classification, whose starts can be compared, found {}; train and "
                    "evaluate each start by `dbn finetune`",
                    finetune.task));
  const auto all = detail::parse_starts(*this);
  for (const auto& type : unit_types())
    if (type->replicated() && type->name() == pretrain.visible)
      throw InvalidArgument(
          fmt::format("--pretrain.visible: expected units that a net can compute, found {}, which need "
                      "the length of each document; try bernoulli or gaussian",
                      pretrain.visible));
  for (const auto& layers : detail::planned_nets(*this)) {
    finetune.validate_for(layers.size() + 1);
    for (const auto& start : all)
      if (start.pretrained) detail::pretrain_options(*this, start, layers).validate();
  }
}

}  // namespace dbn
