// dbn finetune: a stack or an initializer in, a classifier or a net that predicts numbers out.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <dbn/core/error.hpp>
#include <dbn/core/stopwatch.hpp>
#include <dbn/data/fingerprint.hpp>
#include <dbn/experiment/start.hpp>
#include <dbn/model/model_file.hpp>
#include <dbn/model/stack_file.hpp>
#include <dbn/nn/initializer.hpp>
#include <dbn/nn/lsuv.hpp>
#include <dbn/nn/target_scaling.hpp>
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
  InitializerOptions initial;

  /// The initializer and activation that were meant.
  Start start() const { return parse_start(activation.empty() ? init : init + "@" + activation, {}); }

  OptionFields fields() {
    auto choices = initializer_names();
    choices.emplace_back(kAutoInitializer);
    OptionFields list{
        {.name = "from", .value = &from, .help = "stack (or model) file to start from", .unset = "start from --init"},
        {.name = "init",
         .value = &init,
         .help = "initializer, without --from; auto is the one recommended for --activation",
         .choices = choices},
        {.name = "layers", .value = &layers, .help = "hidden layers, without --from", .range = {1, 1e9}},
        {.name = "activation",
         .value = &activation,
         .help = "activation of the hidden layers, without --from",
         .choices = activation_names(),
         .unset =
             "the one that --init is meant for: relu for he and auto, selu for lecun, tanh for orthogonal, sigmoid "
             "for xavier"},
    };
    for (auto& field : initial.fields()) list.push_back(std::move(field));
    return list;
  }
};

// A file's contents, read before the data so that its scaling is used again.
struct From {
  std::optional<StackFile> stack;
  std::optional<ModelFile> model;

  const Preprocessing* preprocessing() const {
    return stack ? &stack->preprocessing : model ? &model->preprocessing : nullptr;
  }
  /// The model's net as it goes on to learn from these cases.
  Mlp model_net(const PreparedCases& labelled) const {
    Mlp net = model->net;
    if (task(model->task).numeric) unfold_target_scaling(net, fit_target_scaling(labelled, loss(model->loss)));
    return net;
  }
  /// Throws DataError when the file's net was made for other data.
  void check_fits(const std::string& path, const Dataset& dataset) const {
    if (!stack && !model) return;
    const Index features = stack ? stack->stack.feature_count() : model->net.feature_count();
    if (features != dataset.feature_count())
      throw DataError(
          fmt::format("{}: expects {} features, {} has {}", path, features, dataset.name, dataset.feature_count()));
    if (model && !dataset.has_targets() && model->outputs != dataset.classes)
      throw DataError(fmt::format("{}: its classes are not those of {}", path, dataset.name));
    if (model && dataset.has_targets() && model->outputs.size() != dataset.target_names.size())
      throw DataError(fmt::format("{}: predicts {} targets, {} has {}; see --label-column", path, model->outputs.size(),
                                  dataset.name, dataset.target_names.size()));
  }
};

From read_from(const StartOptions& start, const CommandLine& line) {
  From from;
  if (start.from.empty()) return from;
  for (const char* option : {"init", "layers", "activation", "scale", "binarize", "init-gain", "init-scale",
                             "init-connections", "init-output"})
    if (line.given(option))
      throw InvalidArgument(fmt::format("--{}: has no effect with --from, whose file decides it", option));
  if (file_kind(start.from) == "dbn-model")
    from.model = load_model(start.from);
  else
    from.stack = load_stack(start.from);
  return from;
}

// A model goes on with what it learnt.
void adopt_task(FinetuneOptions& options, const From& from, const CommandLine& line) {
  if (!from.model) return;
  const auto adopt = [&](const char* option, std::string& value, const std::string& of_model) {
    if (line.given(option) && value != of_model)
      throw InvalidArgument(fmt::format("--{}: the model of --from was trained by {}, found {}; leave the option out",
                                        option, of_model, value));
    value = of_model;
  };
  adopt("task", options.task, from.model->task);
  adopt("loss", options.loss, from.model->loss);
}

// Features, hidden layers, classes or targets; of --init too, before there is a net.
std::vector<Index> net_sizes(const StartOptions& start, const From& from, const Dataset& dataset) {
  if (from.model) return sizes_of(from.model->net);
  std::vector<Index> sizes{dataset.feature_count()};
  if (from.stack)
    sizes = from.stack->stack.sizes();
  else
    sizes.insert(sizes.end(), start.layers.begin(), start.layers.end());
  sizes.push_back(static_cast<Index>(output_names(dataset).size()));
  return sizes;
}

Mlp start_net(const StartOptions& start, const From& from, const std::vector<Index>& sizes, const CaseSource& cases,
              std::uint64_t seed) {
  if (from.stack) return unroll(from.stack->stack, sizes.back(), seed);
  const Start meant = start.start();
  Mlp net = make_mlp(sizes, meant.activation, meant.method, seed, start.initial);
  fit_start(net, initializer(meant.method), cases);
  return net;
}

std::string epoch_line(const FinetuneEpoch& e) {
  const std::string validation =
      e.validation_error ? fmt::format("  validation error {:.2f} %", *e.validation_error) : "";
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
  observer.epoch = [&](const FinetuneEpoch& e, Index) { progress.line(epoch_line(e)); };
  observer.notice = [&](const std::string& text) { progress.note(text); };
  FinetuneResult result;
  checkpointing.guard(progress, [&](CheckpointFolder& folder) {
    const auto keeper = folder.keeper(line.command(), identity);
    result = fine_tune(std::move(net), labelled, &validation, options, line.seed(), observer, keeper.get());
  });
  return result;
}

}  // namespace

void run_finetune(std::span<const std::string> arguments) {
  CommandLine line("finetune",
                   "Trains a classifier or, by --task regression, a net that predicts numbers, from a stack (--from) "
                   "or an initializer.");
  StartOptions start;
  FinetuneOptions options;
  DataOptions data;
  std::string out = "model.safetensors";
  line.add({{.name = "out", .value = &out, .help = "file that the model is written to"}});
  line.add(start.fields());
  Checkpointing checkpointing(line);
  line.add(options.fields());
  line.add(checkpointing.fields());
  line.add(data.fields(), "data");
  if (!line.parse(arguments)) return;

  options.validate();
  checkpointing.check(out, {data.data, data.label_file, data.test, data.test_label_file, start.from});
  const From from = read_from(start, line);
  adopt_task(options, from, line);
  data.numeric_labels = task(options.task).numeric;
  const TrainingCases cases = load_training_cases(data, line.seed(), from.preprocessing());
  from.check_fits(start.from, *cases.files.training);
  const PreparedCases labelled = cases.labelled(data.labels, line.seed());
  const auto sizes = net_sizes(start, from, *cases.files.training);
  const PreparedCases validation = cases.labelled_validation();
  check_fine_tune(sizes, labelled, &validation, options);
  const double bytes = finetune_bytes(sizes, options, labelled.case_count()) + checkpointing.bytes(0);
  check_memory(line, "fine-tuning", bytes,
               start.from.empty() ? "try fewer or smaller --layers, or a smaller --batch"
                                  : "try a smaller --batch, or a smaller net than that of --from");
  if (line.global.dry_run)
    return print(describe_plan(sizes, bytes, finetune_work(sizes, options, labelled.case_count())));

  Mlp net = from.model ? from.model_net(labelled) : start_net(start, from, sizes, cases.training(), line.seed());
  RunIdentity identity = data_identity(line, data, *cases.files.training);
  add_options(identity, start.fields(), {"from"});
  add_options(identity, options.fields(), {"epochs", "min-updates", "on-divergence"});
  identity["starting weights"] = fingerprint(net.tensors());
  const Stopwatch watch;
  FinetuneResult result = train(std::move(net), labelled, validation, options, identity, checkpointing, line);
  const double seconds = watch.seconds();
  const auto& names = output_names(*cases.files.training);
  const TestResult test = evaluate_test(result.net, cases.test(), options);
  save_model({result.net, names, cases.preprocessing, line.seed(),
              start.from.empty() ? start.start().method
              : from.stack       ? "stack"
                                 : from.model->start,
              result.history, options.task, loss_of(options).name},
             out);
  report_finetune(result, test, cases, seconds, out, line);
  if (test.classes) note_only_prediction(*test.classes, names, line.global.quiet);
}
