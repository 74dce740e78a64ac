// dbn import: weights that another tool trained become a model of ours.

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <dbn/core/error.hpp>
#include <dbn/model/foreign_net.hpp>
#include <dbn/model/model_file.hpp>
#include <dbn/nn/task.hpp>

#include "cases.hpp"
#include "commands.hpp"
#include "output.hpp"

using namespace dbn;

namespace {

struct ImportOptions {
  std::string activation;
  std::string task = "classification";
  std::string loss;
  std::vector<std::string> classes;
  std::string out = "model.safetensors";

  OptionFields fields() {
    return {
        {.name = "activation",
         .value = &activation,
         .help = "activation of the hidden layers, which only an export of dbn's own says: it must be that one",
         .choices = activation_names(),
         .unset = "none; it must be given"},
        {.name = "task", .value = &task, .help = "what the outputs stand for", .choices = task_names()},
        {.name = "loss",
         .value = &loss,
         .help = "what the net was trained by, which says what its scores predict",
         .choices = loss_names(),
         .unset = "what is usual for the task"},
        {.name = "classes",
         .value = &classes,
         .help = "names of the classes, in the order of the outputs",
         .unset = "0, 1, 2, ..."},
        {.name = "out", .value = &out, .help = "file that the model is written to"},
    };
  }
};

// As data name theirs when nobody says.
std::vector<std::string> output_names(const ImportOptions& options, const Mlp& net) {
  const Outputs outputs = task(options.task).outputs;
  if (outputs != Outputs::classes && !options.classes.empty())
    throw InvalidArgument(fmt::format("--classes: the outputs of the task {} are no classes", options.task));
  if (outputs == Outputs::inputs) return {};
  if (outputs == Outputs::classes && net.output_count() == 1)
    throw InvalidArgument(
        "--task: expected an output for each of two classes or more, found 1; try --task regression --loss "
        "binary-cross-entropy, or train the net with two outputs");
  std::vector<std::string> names = options.classes;
  for (Index i = 0; options.classes.empty() && i < net.output_count(); ++i) {
    if (outputs == Outputs::classes)
      names.push_back(std::to_string(i));
    else
      names.push_back(net.output_count() == 1 ? "target" : fmt::format("target{}", i + 1));
  }
  if (outputs == Outputs::classes) check_class_names(names, net.output_count());
  return names;
}

}  // namespace

void run_import(std::span<const std::string> arguments) {
  CommandLine line(
      "import",
      "Makes a model of weights that another tool trained: a safetensors or npz file with the keys of "
      "torch.nn.Sequential. It takes data as they are, without scaling; of an export of dbn's own, make it with "
      "--fold-scaling.");
  std::string path;
  ImportOptions options;
  line.add_argument("FILE", &path, "safetensors or npz file with N.weight and N.bias of each Linear module");
  line.add(options.fields());
  if (!line.parse(arguments)) return;

  check_options(options.fields());
  if (options.activation.empty())
    throw InvalidArgument(fmt::format("--activation: expected that of the hidden layers, one of {}, found none",
                                      fmt::join(activation_names(), ", ")));
  const Loss& trained_by = task_loss(task(options.task), options.loss);
  check_output(options.out, {path}, line.global.force || line.global.dry_run);
  ModelFile model{.net = load_foreign_net(path, options.activation),
                  .outputs = {},
                  .preprocessing = {},
                  .seed = line.seed(),
                  .start = "import",
                  .history = {},
                  .task = options.task,
                  .loss = trained_by.name};
  if (task(options.task).outputs == Outputs::inputs)
    check_outputs(model.net, task(options.task), model.net.feature_count(), path);
  model.outputs = output_names(options, model.net);
  const std::string summary =
      fmt::format("a net of {} {} units for {}", fmt::join(sizes_of(model.net), "-"), options.activation, options.task);
  if (line.global.dry_run) return print(summary + "\n");

  save_model(model, options.out);
  if (line.global.json)
    return print_json({{"command", "import"},
                       {"sizes", sizes_of(model.net)},
                       {"activation", options.activation},
                       {"task", options.task},
                       {"outputs", model.outputs},
                       {"out", options.out}});
  print(fmt::format("{}: {}\n", summary, options.out));
}
