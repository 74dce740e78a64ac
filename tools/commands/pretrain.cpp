// dbn pretrain: data in, stack out.

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <dbn/core/parallel.hpp>
#include <dbn/core/stopwatch.hpp>
#include <dbn/model/stack_file.hpp>
#include <dbn/pretrain/doctor.hpp>
#include <dbn/pretrain/pretrain.hpp>
#include <dbn/pretrain/visible_units.hpp>

#include "cases.hpp"
#include "checkpointing.hpp"
#include "commands.hpp"
#include "doctor_report.hpp"
#include "estimate.hpp"
#include "output.hpp"
#include "progress.hpp"

using namespace dbn;

namespace {

std::vector<std::string> tasks_with_labels() {
  std::vector<std::string> names;
  for (const auto& row : tasks())
    if (row.outputs != Outputs::inputs) names.push_back(row.name);
  return names;
}

std::string epoch_line(const PretrainEpoch& e) {
  const std::string gap = e.free_energy_gap ? fmt::format("  free-energy gap {:.3f}", *e.free_energy_gap) : "";
  return fmt::format("layer {}  epoch {:>3}  reconstruction error {:.4f}{}  {:.2f} s", e.layer, e.epoch,
                     e.reconstruction_error, gap, e.seconds);
}

nlohmann::json layers_json(const PretrainResult& result) {
  nlohmann::json layers = nlohmann::json::array();
  for (std::size_t i = 0; i < result.history.size(); ++i) {
    nlohmann::json epochs = nlohmann::json::array();
    for (const auto& e : result.history[i])
      epochs.push_back({{"epoch", e.epoch},
                        {"reconstruction_error", e.reconstruction_error},
                        {"free_energy_gap", e.free_energy_gap ? nlohmann::json(*e.free_energy_gap) : nlohmann::json()},
                        {"seconds", e.seconds}});
    layers.push_back({{"visible", visible_count(result.stack.layers[i])},
                      {"hidden", hidden_count(result.stack.layers[i])},
                      {"epochs", epochs}});
  }
  return layers;
}

PretrainResult train(const TrainingCases& cases, const PretrainOptions& options, const RunIdentity& identity,
                     Checkpointing& checkpointing, const CommandLine& line) {
  Progress progress(line.global.quiet);
  PretrainObserver observer;
  observer.batch = [&, layer = Index{0}, epoch = Index{0}](Index at_layer, Index at_epoch, double done) mutable {
    if (at_layer != layer || at_epoch != epoch) progress.begin(fmt::format("layer {} epoch {}", at_layer, at_epoch));
    layer = at_layer;
    epoch = at_epoch;
    progress.update(done);
  };
  observer.epoch = [&](const PretrainEpoch& e) { progress.line(epoch_line(e)); };
  observer.notice = [&](const std::string& text) { progress.note(text); };
  const PreparedCases validation = cases.validation();
  PretrainResult result;
  checkpointing.guard(progress, [&](CheckpointFolder& folder) {
    const auto keeper = folder.keeper(line.command(), identity);
    result = pretrain(cases.training(), &validation, options, line.seed(), observer, keeper.get());
  });
  return result;
}

}  // namespace

void run_pretrain(std::span<const std::string> arguments) {
  CommandLine line("pretrain", "Trains a stack layer by layer, without labels, and writes it to --out.");
  PretrainOptions options;
  DataOptions data;
  data.validation = "0.05";
  std::string out = "stack.safetensors";
  std::string goal = "classification";
  line.add({{.name = "out", .value = &out, .help = "file that the stack is written to"}});
  line.add({{.name = "task",
             .value = &goal,
             .help = "what the label columns, which are not read as features, hold: classes, or numbers",
             .choices = tasks_with_labels()}});
  Checkpointing checkpointing(line);
  line.add(options.fields());
  line.add(checkpointing.fields());
  line.add(data.fields(), "data");
  if (!line.parse(arguments)) return;

  options.validate();
  data.numeric_labels = task(goal).outputs == Outputs::targets;
  checkpointing.check(out, {data.data, data.label_file, data.test, data.test_label_file});
  const TrainingCases cases = load_training_cases(data, line.seed(), nullptr);
  options.visible = visible_units(options, cases.training());
  std::vector<Index> sizes{cases.files.training->feature_count()};
  sizes.insert(sizes.end(), options.layers.begin(), options.layers.end());
  const auto count = static_cast<Index>(cases.split.training.size());
  const double bytes = pretrain_bytes(sizes, options, count, static_cast<Index>(cases.split.validation.size())) +
                       checkpointing.bytes(2 * stack_memory(sizes.front(), options));
  check_memory(line, "pretraining", bytes, "try fewer or smaller --layers, a smaller --batch, or fewer --chains");
  if (line.global.dry_run) return print(describe_plan(sizes, bytes, pretrain_work(sizes, options, count)));
  RunIdentity identity = data_identity(line, data, *cases.files.training);
  add_options(identity, options.fields(), {"epochs", "on-divergence"});
  identity.erase("--labels");
  const Stopwatch watch;
  const PretrainResult result = train(cases, options, identity, checkpointing, line);
  const double seconds = watch.seconds();
  save_stack({result.stack, cases.preprocessing, line.seed(), result.history}, out);
  const PreparedCases training = cases.training();
  const auto findings = examine(result.stack, &training, result.history, result.evidence);
  if (line.global.json)
    print_json({{"command", "pretrain"},
                {"seed", line.seed()},
                {"threads", thread_count()},
                {"data", data_json(cases)},
                {"layers", layers_json(result)},
                {"findings", findings_json(findings)},
                {"seconds", seconds},
                {"out", out}});
  else
    print(fmt::format("pretrained {} on {} cases in {:.1f} s (seed {}): {}\n", fmt::join(sizes, "-"),
                      cases.split.training.size(), seconds, line.seed(), out) +
          findings_text(findings));
}
