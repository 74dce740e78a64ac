// dbn data: look at data sets, make, convert and split them.

#include <algorithm>
#include <iterator>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dbn/core/error.hpp>
#include <dbn/data/case_output.hpp>
#include <dbn/data/case_source.hpp>
#include <dbn/data/description.hpp>
#include <dbn/data/source.hpp>
#include <dbn/data/split.hpp>
#include <dbn/data/synthetic.hpp>
#include <dbn/io/file.hpp>

#include "cases.hpp"
#include "commands.hpp"
#include "data_report.hpp"
#include "output.hpp"
#include "printable.hpp"
#include "progress.hpp"

using namespace dbn;
using nlohmann::json;

namespace {

constexpr const char* kRegression = "regression";

/// Options that all actions have. Raw cases go in and out, so that those about their use are not among them.
struct RawData {
  DataOptions data;
  std::string task = "classification";

  OptionFields fields(bool splits) {
    OptionFields all = data.fields();
    std::erase_if(all, [=](const OptionField& field) {
      return field.name == "labels" || field.name == "scale" || field.name == "binarize" ||
             (field.name == "validation" && !splits);
    });
    all.push_back({.name = "task",
                   .value = &task,
                   .help = "what labels are: classes, or with regression numbers to predict",
                   .choices = {task, kRegression}});
    return all;
  }

  DataFiles open() {
    data.numeric_labels = task == kRegression;
    return open_data(data);
  }

  std::vector<std::string> inputs() const { return {data.data, data.label_file, data.test, data.test_label_file}; }
};

void run_info(CommandLine& line, RawData& raw, std::span<const std::string> arguments) {
  line.add(raw.fields(false), "data");
  if (!line.parse(arguments)) return;
  const DataFiles files = raw.open();
  json result{{"command", "data info"}, {"training", nullptr}, {"test", nullptr}};
  std::string text;
  for (const auto& [part, dataset] : {std::pair("training", files.training), std::pair("test", files.test)}) {
    if (!dataset) continue;
    const DataDescription description = describe(*dataset);
    result[part] = description_json(*dataset, description);
    text += description_text(part, *dataset, description);
  }
  if (line.global.json) return print_json(result);
  print(text);
}

/// Cases for a file or two, which options name.
struct Target {
  std::string option;
  CasePaths paths = {};
  std::shared_ptr<const Dataset> dataset = {};
  std::vector<Index> cases = {};

  bool has_label_file() const { return !paths.labels.empty() && paths.labels != "none"; }

  OptionFields fields(const std::string& what, const std::string& unset) {
    return {{.name = option,
             .value = &paths.cases,
             .help = fmt::format("file for {}: CSV, TSV, LIBSVM, NPY, NPZ or IDX by its name (.csv .tsv .libsvm .svm "
                                 ".npy .idx -ubyte, each also .gz, .npz)",
                                 what),
             .unset = unset},
            {.name = paths.label_option,
             .value = &paths.labels,
             .help = fmt::format("file for the labels of {}, for NPY and IDX, which hold none; none leaves labels out",
                                 what),
             .unset = "in the same file"}};
  }
};

void check_paths(const std::vector<const Target*>& targets, const std::vector<std::string>& inputs, bool overwrite) {
  std::vector<std::pair<std::string, std::string>> outputs;  // option and path
  for (const Target* target : targets) {
    check_case_paths(target->paths);
    outputs.emplace_back("--" + target->option, target->paths.cases);
    if (target->has_label_file()) outputs.emplace_back("--" + target->paths.label_option, target->paths.labels);
  }
  for (auto output = outputs.begin(); output != outputs.end(); ++output) {
    check_output(output->second, inputs, overwrite, output->first);
    for (auto other = outputs.begin(); other != output; ++other)
      if (same_file(other->second, output->second))
        throw InvalidArgument(
            fmt::format("{}: {} is also that of {}; name another file", output->first, output->second, other->first));
  }
}

/// What a reader of these files must know, and cannot see.
void note_output(const Target& target, const CaseOutput& output, bool quiet) {
  Progress progress(quiet);
  if (output.numbered_classes()) {
    constexpr std::size_t kMost = 20;
    const auto& classes = target.dataset->classes;
    std::string names;
    for (std::size_t i = 0; i < std::min(kMost, classes.size()); ++i)
      names += fmt::format("{}{} is '{}'", i == 0 ? "" : ", ", i, printable(classes[i]));
    progress.line(fmt::format("dbn: note: {}: numbers stand for classes whose names the format cannot hold: {}{}",
                              target.has_label_file() ? target.paths.labels : target.paths.cases, names,
                              classes.size() > kMost ? ", ..." : ""));
  }
  const CaseFormat& format = case_format(target.paths.cases);
  if (format.name == "csv" || format.name == "tsv") {
    const std::string options =
        quiet ? ""
              : reading_options(target.paths.cases, *target.dataset, std::ssize(target.cases), output.with_labels());
    if (!options.empty())
      return progress.line(fmt::format("dbn: note: {} does not show by itself what its columns hold; read it with {}",
                                       target.paths.cases, options));
  }
  if (!output.with_labels() && format.expects_labels)
    progress.line(fmt::format("dbn: note: {} holds no labels; read it with --label-column none", target.paths.cases));
}

/// All files appear, or none does before all are written.
void write_targets(const std::vector<const Target*>& targets, const CommandLine& line) {
  for (const Target* target : targets) check_case_output(*target->dataset, target->cases, target->paths);
  if (line.global.dry_run) return;
  std::vector<CaseOutput> outputs;
  for (const Target* target : targets) outputs.emplace_back(*target->dataset, target->cases, target->paths);
  for (CaseOutput& output : outputs) output.commit();
  for (std::size_t i = 0; i < targets.size(); ++i) note_output(*targets[i], outputs[i], line.global.quiet);
}

std::string files_text(const std::vector<const Target*>& targets) {
  std::string text;
  for (const Target* target : targets) {
    text += fmt::format("{} cases: {}", target->cases.size(), target->paths.cases);
    if (target->has_label_file()) text += fmt::format(", labels: {}", target->paths.labels);
    text += '\n';
  }
  return text;
}

void take_all(Target& target, std::shared_ptr<const Dataset> dataset) {
  target.cases = all_cases(dataset->case_count());
  target.dataset = std::move(dataset);
}

/// The options of `data make`, which reads no file.
OptionFields made_fields(RawData& raw) {
  OptionFields fields = raw.fields(false);
  std::erase_if(fields, [](const OptionField& field) {
    constexpr std::string_view kOfFiles[] = {"label-file", "label-column",    "categorical",
                                             "test",       "test-label-file", "task"};
    return std::ranges::find(kOfFiles, field.name) != std::end(kOfFiles);
  });
  return fields;
}

/// --seed is that of the cases that are made.
void check_made(RawData& raw, const CommandLine& line) {
  std::string& spec = raw.data.data;
  if (!SyntheticSpec::is(spec))
    throw InvalidArgument(
        fmt::format("--data: expected synthetic:NAME, found '{}'; dbn data convert writes the cases of files", spec));
  if (!line.given("seed")) return;
  if (spec.find(",seed=") != spec.npos)
    throw InvalidArgument(fmt::format("--seed: {} has a seed of its own; leave one of them out", spec));
  spec += fmt::format(",seed={}", line.seed());
}

// convert and make: all training cases, and the test cases when a file is named for them.
void run_convert(CommandLine& line, RawData& raw, std::span<const std::string> arguments) {
  Target out{.option = "out", .paths = {.cases = "data.csv", .labels = {}}};
  Target test{.option = "test-out", .paths = {.cases = {}, .labels = {}, .label_option = "test-label-out"}};
  const bool makes = line.command() == "data make";
  line.add(makes ? made_fields(raw) : raw.fields(false), "data");
  line.add(out.fields("the training cases", ""));
  line.add(test.fields("the test cases", "none"));
  if (!line.parse(arguments)) return;
  if (makes) check_made(raw, line);
  std::vector<const Target*> targets{&out};
  if (!test.paths.cases.empty())
    targets.push_back(&test);
  else if (!test.paths.labels.empty())
    throw InvalidArgument("--test-label-out: expected --test-out, the file of the test cases, too");
  check_paths(targets, raw.inputs(), line.global.force || line.global.dry_run);
  const DataFiles files = raw.open();
  take_all(out, files.training);
  if (targets.size() > 1) {
    if (!files.test) throw InvalidArgument("--test-out: there are no test cases");
    take_all(test, files.test);
  }
  write_targets(targets, line);
  if (line.global.json)
    return print_json({{"command", line.command()},
                       {"cases", out.cases.size()},
                       {"out", out.paths.cases},
                       {"label_out", out.has_label_file() ? json(out.paths.labels) : json(nullptr)},
                       {"classes", out.dataset->classes},
                       {"test_cases", test.cases.size()},
                       {"test_out", targets.size() > 1 ? json(test.paths.cases) : json(nullptr)}});
  print(files_text(targets));
}

void run_split(CommandLine& line, RawData& raw, std::span<const std::string> arguments) {
  Target out{.option = "out", .paths = {.cases = "train.csv", .labels = {}}};
  Target held_out{.option = "held-out",
                  .paths = {.cases = "held-out.csv", .labels = {}, .label_option = "held-out-labels"}};
  raw.data.validation = "0.2";
  line.add(raw.fields(true), "data");
  line.add(out.fields("the cases that stay", ""));
  line.add(held_out.fields("the --validation cases", ""));
  if (!line.parse(arguments)) return;
  check_paths({&out, &held_out}, raw.inputs(), line.global.force || line.global.dry_run);
  out.dataset = held_out.dataset = raw.open().training;
  Split split = split_validation(*out.dataset, raw.data.validation, line.seed());
  out.cases = std::move(split.training);
  held_out.cases = std::move(split.validation);
  write_targets({&out, &held_out}, line);
  if (line.global.json)
    return print_json({{"command", "data split"},
                       {"cases", {out.cases.size(), held_out.cases.size()}},
                       {"out", {out.paths.cases, held_out.paths.cases}},
                       {"classes", out.dataset->classes}});
  print(files_text({&out, &held_out}));
}

struct Action {
  const char* name;
  const char* summary;
  void (*run)(CommandLine&, RawData&, std::span<const std::string>);
};

constexpr Action kActions[] = {
    {"info", "Shape, values, classes or targets of a data set, and which units and scaling suit it.", &run_info},
    {"make", "Writes a synthetic data set as a file of any known format.", &run_convert},
    {"convert", "Writes a data set of any known format as another.", &run_convert},
    {"split", "Splits a data set by seed into two files.", &run_split},
};

}  // namespace

void run_data(std::span<const std::string> arguments) {
  std::string overview = "usage: dbn data ACTION [options]\n\n";
  for (const auto& action : kActions) overview += fmt::format("  {:<8} {}\n", action.name, action.summary);
  if (!arguments.empty() && arguments.front() == "--help") return print(overview);
  for (const auto& action : kActions) {
    if (arguments.empty() || arguments.front() != action.name) continue;
    CommandLine line(fmt::format("data {}", action.name), action.summary);
    RawData raw;
    return action.run(line, raw, arguments.subspan(1));
  }
  throw InvalidArgument(fmt::format("data: expected info, make, convert or split, found '{}'; see dbn data --help",
                                    arguments.empty() ? "nothing" : arguments.front()));
}
