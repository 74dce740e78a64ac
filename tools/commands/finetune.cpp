// dbn finetune: a stack or an initializer in; a classifier, a net that predicts numbers, or an autoencoder out.

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <dbn/core/error.hpp>
#include <dbn/core/stopwatch.hpp>
#include <dbn/data/fingerprint.hpp>
#include <dbn/experiment/start.hpp>
#include <dbn/model/foreign_net.hpp>
#include <dbn/model/model_file.hpp>
#include <dbn/model/stack_file.hpp>
#include <dbn/nn/deep_autoencoder.hpp>
#include <dbn/nn/initializer.hpp>
#include <dbn/nn/lsuv.hpp>
#include <dbn/nn/target_scaling.hpp>
#include <dbn/pretrain/layer_trainer.hpp>
#include <dbn/pretrain/unroll.hpp>

#include "cases.hpp"
#include "checkpointing.hpp"
#include "commands.hpp"
#include "estimate.hpp"
#include "finetune_report.hpp"
#include "notes.hpp"
#include "output.hpp"
#include "progress.hpp"

using namespace dbn;

namespace {

// Where the weights start.
struct StartOptions {
  std::string from;
  std::string init = kAutoInitializer;
  std::vector<Index> layers{500, 500, 2000};
  std::string activation;
  std::string code_activation = "linear";  // [Hinton & Salakhutdinov 2006]
  InitializerOptions initial;

  /// The initializer and activation that were meant.
  Start start() const {
    return parse_start(kInitializerPrefix + (activation.empty() ? init : init + "@" + activation), {});
  }

  OptionFields fields() {
    auto choices = initializer_names();
    choices.emplace_back(kAutoInitializer);
    OptionFields list{
        {.name = "from",
         .value = &from,
         .help = "file to start from: a stack, a model, or another tool's weights, safetensors or npz with the keys of "
                 "torch.nn.Sequential, which then ask for --activation",
         .unset = "start from --init"},
        {.name = "init",
         .value = &init,
         .help = "initializer, without --from; auto is the one recommended for --activation",
         .choices = choices},
        {.name = "layers",
         .value = &layers,
         .help = "hidden layers, without --from; of an autoencoder those up to its codes, which their mirror image "
                 "follows",
         .range = {1, 1e9}},
        {.name = "activation",
         .value = &activation,
         .help =
             "activation of the hidden layers, without --from or with another tool's weights; with an export of dbn's "
             "own it must be that one",
         .choices = activation_names(),
         .unset =
             "the one that --init is meant for: relu for he and auto, selu for lecun, tanh for orthogonal, sigmoid "
             "for xavier"},
    };
    list.push_back({.name = "code-activation",
                    .value = &code_activation,
                    .help = "activation of an autoencoder's codes, without --from",
                    .choices = activation_names()});
    for (auto& field : initial.fields()) list.push_back(std::move(field));
    return list;
  }
};

bool learns_inputs(const std::string& task_name) { return task(task_name).outputs == Outputs::inputs; }

// A file's contents, read before the data so that its scaling is used again.
struct From {
  std::optional<StackFile> stack;
  std::optional<ModelFile> model;
  std::optional<Mlp> foreign;  ///< another tool's weights, which say nothing of their data and task

  const Preprocessing* preprocessing() const {
    return stack ? &stack->preprocessing : model ? &model->preprocessing : nullptr;
  }
  /// Whether the file is an autoencoder, whose encoder starts a net for another task.
  bool gives_encoder(const std::string& task_name) const {
    return model && task(model->task).outputs == Outputs::inputs && task_name != model->task;
  }
  /// The net as it goes on to learn by these options, with so many outputs, from these cases.
  Mlp net(const FinetuneOptions& options, Index outputs, const PreparedCases& cases, std::uint64_t seed) const {
    if (stack)
      return learns_inputs(options.task) ? unroll_autoencoder(stack->stack) : unroll(stack->stack, outputs, seed);
    if (gives_encoder(options.task)) return with_output_layer(encoder_of(model->net), outputs, seed);
    Mlp net = foreign ? *foreign : model->net;
    if (task(options.task).outputs == Outputs::targets)
      unfold_target_scaling(net, fit_target_scaling(cases, loss_of(options)));
    return net;
  }
  /// Throws DataError when the file's net was made for other data.
  void check_fits(const std::string& path, const std::string& task_name, const Dataset& dataset) const {
    if (!stack && !model && !foreign) return;
    const Index features = stack ? stack->stack.feature_count() : (model ? model->net : *foreign).feature_count();
    if (features != dataset.feature_count())
      throw DataError(
          fmt::format("{}: expects {} features, {} has {}", path, features, dataset.name, dataset.feature_count()));
    if (foreign)
      check_outputs(*foreign, task(task_name), learns_inputs(task_name) ? features : std::ssize(output_names(dataset)),
                    path);
    if (!model || task(model->task).outputs == Outputs::inputs) return;
    if (!dataset.has_targets() && model->outputs != dataset.classes)
      throw DataError(fmt::format("{}: its classes are not those of {}", path, dataset.name));
    if (dataset.has_targets() && model->outputs.size() != dataset.target_names.size())
      throw DataError(fmt::format("{}: predicts {} targets, {} has {}; see --label-column", path, model->outputs.size(),
                                  dataset.name, dataset.target_names.size()));
  }
};

From read_from(const StartOptions& start, const CommandLine& line) {
  From from;
  if (start.from.empty()) return from;
  const bool foreign = is_foreign_net(start.from);
  for (const std::string option : {"init", "layers", "activation", "code-activation", "scale", "binarize", "init-gain",
                                   "init-scale", "init-connections", "init-output"})
    if (line.given(option) && !(foreign && (option == "activation" || option == "scale" || option == "binarize")))
      throw InvalidArgument(fmt::format("--{}: has no effect with --from, whose file decides it", option));
  if (foreign && start.activation.empty())
    throw InvalidArgument(fmt::format(
        "--activation: expected that of the hidden layers, which {} as a file for other tools leaves to you",
        start.from));
  if (foreign)
    from.foreign = load_foreign_net(start.from, start.activation);
  else if (file_kind(start.from) == "dbn-model")
    from.model = load_model(start.from);
  else
    from.stack = load_stack(start.from);
  return from;
}

// A model goes on with what it learnt; an autoencoder also with another task, if one is named.
void adopt_task(FinetuneOptions& options, const From& from, bool task_is_named, const CommandLine& line) {
  if (!from.model || (task_is_named && from.gives_encoder(options.task))) return;
  const auto adopt = [&](const char* option, std::string& value, const std::string& of_model) {
    if (line.given(option) && value != of_model)
      throw InvalidArgument(fmt::format("--{}: the model of --from was trained by {}, found {}; leave the option out",
                                        option, of_model, value));
    value = of_model;
  };
  adopt("task", options.task, from.model->task);
  adopt("loss", options.loss, from.model->loss);
}

// Features and the layers below the output layer; of an autoencoder those of its encoder.
std::vector<Index> encoder_sizes(const StartOptions& start, const From& from, Index features) {
  if (from.stack) return from.stack->stack.sizes();
  std::vector<Index> sizes{features};
  if (from.model)
    for (const auto& layer : encoder_of(from.model->net)) sizes.push_back(layer.fan_out());
  else
    sizes.insert(sizes.end(), start.layers.begin(), start.layers.end());
  return sizes;
}

// Features, hidden layers, classes or targets or features; of --init too, before there is a net.
std::vector<Index> net_sizes(const StartOptions& start, const From& from, const std::string& task_name,
                             const Dataset& dataset) {
  if (from.foreign) return sizes_of(*from.foreign);
  if (from.model && !from.gives_encoder(task_name)) return sizes_of(from.model->net);
  std::vector<Index> sizes = encoder_sizes(start, from, dataset.feature_count());
  if (learns_inputs(task_name)) return mirrored(sizes);
  sizes.push_back(static_cast<Index>(output_names(dataset).size()));
  return sizes;
}

Mlp initial_net(const StartOptions& start, const std::string& task_name, const std::vector<Index>& sizes,
                const CaseSource& cases, std::uint64_t seed) {
  const Start meant = start.start();
  Mlp net = learns_inputs(task_name)
                ? make_deep_autoencoder(encoder_sizes(start, {}, cases.feature_count()), meant.activation,
                                        start.code_activation, meant.method, seed, start.initial)
                : make_mlp(sizes, meant.activation, meant.method, seed, start.initial);
  fit_start(net, initializer(meant.method), cases);
  return net;
}

// What an autoencoder minimises where nobody says: what its stack did, or what suits the data.
std::string loss_of_inputs(const From& from, const CaseSource& cases) {
  if (from.stack) return reconstruction_loss_of(from.stack->stack);
  const FeatureSummary range = summarize(cases).features;
  const bool probabilities = range.least.minCoeff() >= 0 && range.most.maxCoeff() <= 1;
  return probabilities ? "binary-cross-entropy" : "squared-error";
}

std::string validation_text(double error, const std::string& task_name) {
  return learns_inputs(task_name) ? fmt::format("  validation squared error {:.4f}", error)
                                  : fmt::format("  validation error {:.2f} %", error);
}

std::string epoch_line(const FinetuneEpoch& e, const std::string& task_name) {
  const std::string validation = e.validation_error ? validation_text(*e.validation_error, task_name) : "";
  const std::string rate = e.learning_rate > 0 ? fmt::format("  rate {:.2e}", e.learning_rate) : "";
  return fmt::format("epoch {:>3}  train loss {:.5f}{}{}  {:.2f} s", e.epoch, e.train_loss, validation, rate,
                     e.seconds);
}

FinetuneResult train(Mlp net, const PreparedCases& labelled, const PreparedCases& validation,
                     const FinetuneOptions& options, const RunIdentity& identity, Checkpointing& checkpointing,
                     const CommandLine& line) {
  Progress progress(line.global.quiet);
  FinetuneObserver observer;
  progress.begin("fine-tuning");
  observer.batch = [&](Index epoch, Index epochs, double done) {
    progress.update((static_cast<double>(epoch - 1) + done) / static_cast<double>(epochs));
  };
  observer.epoch = [&](const FinetuneEpoch& e, Index) { progress.line(epoch_line(e, options.task)); };
  observer.notice = [&](const std::string& text) { progress.note(text); };
  FinetuneResult result;
  checkpointing.guard(progress, [&](CheckpointFolder& folder) {
    const auto keeper = folder.keeper(line.command(), identity);
    result = fine_tune(std::move(net), labelled, &validation, options, line.seed(), observer, keeper.get());
  });
  return result;
}

// A task that is named in a file of options, too, is another thing than none.
OptionFields fields_with_open_task(FinetuneOptions& options) {
  options.task.clear();
  OptionFields fields = options.fields();
  const auto task = std::ranges::find(fields, std::string("task"), &OptionField::name);
  task->unset = FinetuneOptions{}.task + ", or what the model of --from learnt";
  return fields;
}

}  // namespace

void run_finetune(std::span<const std::string> arguments) {
  CommandLine line("finetune",
                   "Trains a classifier or, by --task, a net that predicts numbers or a deep autoencoder, from a stack "
                   "(--from), an initializer, or the encoder of an autoencoder.");
  StartOptions start;
  FinetuneOptions options;
  DataOptions data;
  std::string out = "model.safetensors";
  line.add({{.name = "out", .value = &out, .help = "file that the model is written to"}});
  line.add(start.fields());
  Checkpointing checkpointing(line);
  line.add(fields_with_open_task(options));
  line.add(checkpointing.fields());
  line.add(data.fields(), "data");
  if (!line.parse(arguments)) return;

  const bool task_is_named = !options.task.empty();
  if (!task_is_named) options.task = FinetuneOptions{}.task;
  options.validate();
  checkpointing.check(out, {data.data, data.label_file, data.test, data.test_label_file, start.from});
  const From from = read_from(start, line);
  adopt_task(options, from, task_is_named, line);
  data.numeric_labels = task(options.task).outputs == Outputs::targets;
  const TrainingCases cases = load_training_cases(data, line.seed(), from.preprocessing());
  from.check_fits(start.from, options.task, *cases.files.training);
  const bool every_case = learns_inputs(options.task);
  if (!every_case && line.given("code-activation"))
    throw InvalidArgument("--code-activation: has no effect without --task autoencoder; leave the option out");
  if (every_case && line.given("labels"))
    throw InvalidArgument("--labels: an autoencoder learns from every case; leave the option out");
  const PreparedCases chosen = every_case ? cases.training() : cases.labelled(data.labels, line.seed());
  if (every_case && options.loss.empty()) options.loss = loss_of_inputs(from, chosen);
  const auto sizes = net_sizes(start, from, options.task, *cases.files.training);
  const PreparedCases validation = every_case ? cases.validation() : cases.labelled_validation();
  check_fine_tune(sizes, chosen, &validation, options);
  const double bytes = finetune_bytes(sizes, options, chosen.case_count()) + checkpointing.bytes(0);
  check_memory(line, "fine-tuning", bytes,
               start.from.empty() ? "try fewer or smaller --layers, or a smaller --batch"
                                  : "try a smaller --batch, or a smaller net than that of --from");
  if (line.global.dry_run)
    return print(describe_plan(sizes, bytes, fine_tune_work(sizes, options, chosen.case_count())));

  Mlp net = start.from.empty() ? initial_net(start, options.task, sizes, cases.training(), line.seed())
                               : from.net(options, sizes.back(), chosen, line.seed());
  RunIdentity identity = data_identity(line, data, *cases.files.training);
  add_options(identity, start.fields(), {"from"});
  add_options(identity, options.fields(), {"epochs", "min-updates", "on-divergence"});
  identity["starting weights"] = fingerprint(net.tensors());
  const Stopwatch watch;
  FinetuneResult result = train(std::move(net), chosen, validation, options, identity, checkpointing, line);
  const double seconds = watch.seconds();
  const auto names = every_case ? std::vector<std::string>() : output_names(*cases.files.training);
  save_model({result.net, names, cases.preprocessing, line.seed(),
              start.from.empty() ? start.start().method
              : from.stack       ? "stack"
              : from.foreign     ? "import"
                                 : from.model->start,
              result.history, options.task, loss_of(options).name},
             out);
  const TestResult test = evaluate_test(result.net, every_case ? cases.all_test() : cases.test(), options);
  report_finetune(result, test, cases, seconds, out, line);
  if (test.classes) note_only_prediction(*test.classes, names, line.global.quiet);
}
