// dbn compare: the question that dbn is for.

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <dbn/core/error.hpp>
#include <dbn/experiment/comparison.hpp>
#include <dbn/io/file.hpp>

#include "cases.hpp"
#include "checkpointing.hpp"
#include "commands.hpp"
#include "estimate.hpp"
#include "output.hpp"
#include "progress.hpp"

using namespace dbn;
using nlohmann::json;

namespace {

std::string estimate_text(const MeanEstimate& e) {
  if (!e.interval) return fmt::format("{:6.2f}", e.mean);
  return fmt::format("{:6.2f} ± {:.2f}", e.mean, ((*e.interval)[1] - (*e.interval)[0]) / 2);
}

// He is what people use today; without it, the last start that was named.
std::string reference_start(const ComparisonResult& result) {
  for (const auto& cell : result.cells)
    if (cell.start.name == "he") return "he";
  return result.cells.back().start.name;
}

std::string arrival_text(const ComparisonCell& cell) {
  if (!cell.epochs_to_target) return "never";
  const auto runs = static_cast<Index>(cell.test_errors.size());
  const std::string some = cell.arrived < runs ? fmt::format(" ({} of {})", cell.arrived, runs) : "";
  return fmt::format("{:g}{}", *cell.epochs_to_target, some);
}

// Pads by characters, not bytes: the plus-minus sign is two bytes long.
std::string padded(const std::string& text, std::size_t width) {
  std::size_t characters = 0;
  for (const char c : text) characters += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return text + std::string(characters < width ? width - characters : 1, ' ');
}

std::string table(const ComparisonResult& result, double target) {
  const std::string reference = reference_start(result);
  std::string text;
  Index labels = -1;
  for (const auto& cell : result.cells) {
    if (cell.labels != labels) {
      labels = cell.labels;
      text += fmt::format("\n{} labels, {} seeds\n", labels, cell.test_errors.size());
      text += padded("start", 16) + padded("activation", 12) + padded("test error % (mean ± 95 %)", 28) +
              padded(fmt::format("vs {} (paired)", reference), 20) +
              padded(fmt::format("epochs to {:g} %", target), 18) + "pretrain s  fine-tune s\n";
    }
    const bool is_reference = cell.start.name == reference;
    const std::string versus =
        is_reference ? "-" : estimate_text(result.pair(cell.start.name, reference, labels).difference);
    text += padded(cell.start.name, 16) + padded(cell.start.activation, 12) +
            padded(estimate_text(cell.test_error), 28) + padded(versus, 20) + padded(arrival_text(cell), 18) +
            fmt::format("{:<11.1f} {:.1f}\n", cell.pretrain_seconds, cell.finetune_seconds);
  }
  return text;
}

json interval_json(const MeanEstimate& e) { return e.interval ? json(*e.interval) : json(); }

json starts_json(const ComparisonResult& result) {
  json starts = json::array();
  for (const auto& cell : result.cells)
    starts.push_back(
        {{"start", cell.start.name},
         {"activation", cell.start.activation},
         {"labels", cell.labels},
         {"test_error",
          {{"mean", cell.test_error.mean}, {"interval", interval_json(cell.test_error)}, {"runs", cell.test_errors}}},
         {"epochs_to_target", cell.epochs_to_target ? json(*cell.epochs_to_target) : json()},
         {"pretrain_seconds", cell.pretrain_seconds},
         {"finetune_seconds", cell.finetune_seconds}});
  return starts;
}

json pairs_json(const ComparisonResult& result) {
  json pairs = json::array();
  for (const auto& pair : result.pairs)
    pairs.push_back({{"a", pair.a},
                     {"b", pair.b},
                     {"labels", pair.labels},
                     {"difference", pair.difference.mean},
                     {"interval", interval_json(pair.difference)},
                     {"p_wilcoxon", pair.p_wilcoxon},
                     {"p_holm", pair.p_holm}});
  return pairs;
}

json run_json(const ComparisonRun& run) {
  json epochs = json::array();
  for (const auto& e : run.history)
    epochs.push_back({{"epoch", e.epoch},
                      {"train_loss", e.train_loss},
                      {"validation_error", e.validation_error ? json(*e.validation_error) : json()},
                      {"seconds", e.seconds}});
  return {{"v", 1},
          {"event", "run"},
          {"start", run.start},
          {"labels", run.labels},
          {"seed", run.seed},
          {"test_error", run.test_error},
          {"test_cross_entropy", run.test_cross_entropy},
          {"epochs_to_target", run.epochs_to_target ? json(*run.epochs_to_target) : json()},
          {"pretrain_seconds", run.pretrain_seconds},
          {"finetune_seconds", run.finetune_seconds},
          {"epochs", epochs}};
}

void write_runs(const ComparisonResult& result, const std::string& path) {
  std::string lines;
  for (const auto& run : result.runs) lines += run_json(run).dump() + "\n";
  write_file(path, lines);
}

ComparisonResult run(const DataFiles& files, const DataOptions& data, const ComparisonOptions& options,
                     Checkpointing& checkpointing, const CommandLine& line) {
  Progress progress(line.global.quiet);
  ComparisonObserver observer;
  observer.stage = [&](const std::string& what) {
    progress.begin(what);
    if (line.global.verbose) progress.line(what);
  };
  observer.progress = [&](double done) { progress.update(done); };
  observer.run = [&](const ComparisonRun& r) {
    progress.line(fmt::format("seed {}  {} labels  {:<12} test error {:.2f} %  {:.1f} s", r.seed, r.labels, r.start,
                              r.test_error, r.pretrain_seconds + r.finetune_seconds));
  };
  observer.notice = [&](const std::string& text) { progress.note(text); };
  ComparisonResult result;
  checkpointing.guard(progress, [&](CheckpointFolder& folder) {
    result = compare_starts(files, data.scale, options, line.seed(), observer, &folder);
  });
  return result;
}

std::string plan(const DataFiles& files, const ComparisonOptions& options) {
  std::vector<Index> sizes{files.training->feature_count()};
  sizes.insert(sizes.end(), options.pretrain.layers.begin(), options.pretrain.layers.end());
  const Index cases = files.training->case_count();
  double work = 0;
  for (const auto& start : options.starts)
    if (parse_start(start, options.pretrain).pretrained) work += pretrain_work(sizes, options.pretrain, cases);
  sizes.push_back(static_cast<Index>(files.training->classes.size()));
  for (const auto& labels : options.labels)
    work += static_cast<double>(options.starts.size()) *
            finetune_work(sizes, options.finetune, labels == "all" ? cases : parse_integer(labels, "--labels"));
  return describe_plan(sizes, comparison_memory(files, options), work * static_cast<double>(options.seeds));
}

// The data options without those that a comparison has in its own way.
OptionFields data_fields(DataOptions& data) {
  OptionFields fields = data.fields();
  std::erase_if(fields, [](const OptionField& field) { return field.name == "labels" || field.name == "validation"; });
  return fields;
}

// Training options under a prefix, without those that a comparison has once for all.
OptionFields without_shared(OptionFields fields) {
  std::erase_if(fields,
                [](const OptionField& field) { return field.name == "layers" || field.name == "on-divergence"; });
  return fields;
}

}  // namespace

void run_compare(std::span<const std::string> arguments) {
  CommandLine line("compare", "Trains the same net from several starts over seeds, and says which start to use here.");
  ComparisonOptions options;
  DataOptions data;
  std::string out;
  Checkpointing checkpointing(line);
  std::string on_divergence = "stop";
  line.add(options.fields());
  line.add({on_divergence_field(&on_divergence)});
  line.add(checkpointing.fields());
  line.add({{.name = "out", .value = &out, .help = "write one JSON object a run to this file", .unset = "none"}});
  line.add(data_fields(data), "data");
  line.add(without_shared(options.pretrain.fields()), "", "pretrain.");
  line.add(options.finetune.fields(), "", "finetune.");
  if (!line.parse(arguments)) return;

  options.pretrain.on_divergence = options.finetune.on_divergence = on_divergence;
  options.binarize = data.binarize;
  options.validate();
  checkpointing.check(out, {data.data, data.label_file, data.test, data.test_label_file});
  const DataFiles files = open_data(data);
  check_comparison(files, options, line.seed());
  check_memory(line, "the comparison", comparison_memory(files, options, true) + checkpointing.bytes(0),
               "try fewer or smaller --layers, a smaller --pretrain.batch or --finetune.batch, or fewer --threads");
  if (line.global.dry_run) return print(plan(files, options));

  const ComparisonResult result = run(files, data, options, checkpointing, line);
  if (!out.empty()) write_runs(result, out);
  if (line.global.json)
    print_json({{"command", "compare"},
                {"seed", line.seed()},
                {"starts", starts_json(result)},
                {"pairs", pairs_json(result)},
                {"verdict", verdict(result)},
                {"report", nullptr}});
  else
    print(fmt::format("{}\n{}\n", table(result, options.target), verdict(result)));
}
