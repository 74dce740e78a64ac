// dbn compare: the question that dbn is for.

#include <filesystem>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dbn/core/error.hpp>
#include <dbn/core/stopwatch.hpp>
#include <dbn/experiment/comparison.hpp>
#include <dbn/experiment/comparison_result.hpp>
#include <dbn/experiment/report.hpp>
#include <dbn/experiment/run_record.hpp>
#include <dbn/io/file.hpp>

#include "cases.hpp"
#include "checkpointing.hpp"
#include "commands.hpp"
#include "compare_report.hpp"
#include "estimate.hpp"
#include "output.hpp"
#include "progress.hpp"

using namespace dbn;
using nlohmann::json;

namespace {

constexpr const char* kNone = "none";

/// Where the results go; empty for those that are not wanted.
struct Outputs {
  std::string record = "runs.jsonl";
  std::string report = "report.html";

  OptionFields fields() {
    return {
        {.name = "out",
         .value = &record,
         .help = "one JSON object a run, as they finish; the same command goes on from what is there; none: nowhere"},
        {.name = "report", .value = &report, .help = "the report, one HTML page; none: no report"}};
  }
  void drop_unwanted() {
    for (auto* path : {&record, &report})
      if (*path == kNone) path->clear();
  }
};

// What an earlier command has left in the file: nothing where there is no such file, or it is to be replaced.
ComparisonRecord earlier_record(const std::string& path, bool replace) {
  std::error_code none;
  if (path.empty() || replace || !std::filesystem::is_regular_file(path, none)) return {};
  try {
    return read_run_record(path);
  } catch (const DataError& error) {
    throw IoError(
        fmt::format("{}: exists and is no record of a comparison ({}); --force replaces it", path, error.what()));
  }
}

ComparisonRecord taken_up(const ComparisonHeader& header, ComparisonRecord earlier, const std::string& path) {
  try {
    return go_on(header, std::move(earlier));
  } catch (const InvalidArgument& error) {
    throw IoError(fmt::format("{}: exists, and {}; name another --out, or --force replaces it", path, error.what()));
  }
}

// A page that an earlier command made may be made again; no other file is replaced unasked.
bool is_report(const std::string& path) {
  constexpr std::size_t kHead = 4096;
  std::error_code none;
  if (!std::filesystem::is_regular_file(path, none)) return false;
  const ByteBuffer head = read_beginning(path, kHead);
  return std::string_view(reinterpret_cast<const char*>(head.data()), head.size()).find(kReportMark) !=
         std::string_view::npos;
}

// How long the trials and runs that are still to be made will take, judged by those that were.
class TimeLeft {
 public:
  explicit TimeLeft(Index nets) : left_(nets) {}
  std::string after_another() {
    ++done_;
    if (--left_ <= 0) return "";
    const double seconds = watch_.seconds() / static_cast<double>(done_) * static_cast<double>(left_);
    return seconds < 90 ? fmt::format(", about {:.0f} s left", seconds)
                        : fmt::format(", about {:.0f} min left", seconds / 60);
  }

 private:
  Stopwatch watch_;
  Index done_ = 0;
  Index left_;
};

ComparisonObserver observer_for(Progress& progress, TimeLeft& time, RunRecordFile* file, bool verbose) {
  ComparisonObserver observer;
  observer.stage = [&progress, verbose](const std::string& what) {
    progress.begin(what);
    if (verbose) progress.line(what);
  };
  observer.progress = [&progress](double done) { progress.update(done); };
  observer.trial = [&progress, &time, file](const TuningTrial& t) {
    if (file != nullptr) file->append(t);
    progress.line(fmt::format(
        "trial {:<3} {} labels  {:<12} validation error {}{}", t.trial, t.treatment.labels, t.treatment.start,
        t.validation_error ? fmt::format("{:.2f} %", *t.validation_error) : "diverged", time.after_another()));
  };
  observer.run = [&progress, &time, file](const ComparisonRun& r) {
    if (file != nullptr) file->append(r);
    const std::string outcome = r.failed() ? "diverged" : fmt::format("test error {:.2f} %", r.test_error);
    progress.line(fmt::format("seed {}  {} labels  {:<12} {}  {:.1f} s{}", r.seed, r.treatment.labels,
                              r.treatment.start, outcome, r.pretrain_seconds + r.finetune_seconds,
                              time.after_another()));
  };
  observer.notice = [&progress](const std::string& text) { progress.note(text); };
  return observer;
}

// The data options without those that a comparison has in its own way.
OptionFields data_fields(DataOptions& data) {
  OptionFields fields = data.fields();
  std::erase_if(fields, [](const OptionField& field) { return field.name == "labels" || field.name == "validation"; });
  return fields;
}

// Training options under a prefix, without those that a comparison has once for all, or by start.
OptionFields of_runs(OptionFields fields) {
  std::erase_if(fields, [](const OptionField& field) {
    return field.name == "layers" || field.name == "on-divergence" || field.name == "pretrainer";
  });
  return fields;
}

// The largest net of several.
std::string plan(const DataFiles& files, const ComparisonOptions& options, const ComparisonHeader& header) {
  std::vector<Index> largest;
  for (const auto& treatment : header.treatments) {
    std::vector<Index> sizes{header.features};
    sizes.insert(sizes.end(), treatment.layers.begin(), treatment.layers.end());
    sizes.push_back(std::ssize(header.classes));
    if (largest.empty() || parameter_count(sizes) > parameter_count(largest)) largest = std::move(sizes);
  }
  const Index treatments = std::ssize(header.treatments);
  return fmt::format("nets        {} runs, {} trials of tuning: {} starts, nets and label counts, {} seeds\n",
                     treatments * header.seeds, treatments * header.tuning_trials, treatments, header.seeds) +
         describe_plan(largest, comparison_memory(files, options), comparison_work(files, options));
}

/// One call of the command.
struct Comparison {
  CommandLine& line;
  ComparisonOptions options = {};
  DataOptions data = {};
  Outputs outputs = {};
  Checkpointing checkpointing{line};

  ComparisonRecord run(const DataFiles& files, ComparisonRecord record) {
    const Index all = (record.header.seeds + record.header.tuning_trials) * std::ssize(record.header.treatments);
    Progress progress(line.global.quiet);
    TimeLeft time(all - std::ssize(record.runs) - std::ssize(record.trials));
    checkpointing.guard(progress, [&](CheckpointFolder& folder) {
      std::unique_ptr<RunRecordFile> file;
      if (!outputs.record.empty()) file = std::make_unique<RunRecordFile>(outputs.record, record);
      const auto observer = observer_for(progress, time, file.get(), line.global.verbose);
      const ComparisonHeader header = record.header;
      record = compare_starts(files, data.scale, options, line.seed(), observer, &folder, record);
      record.header = header;
    });
    return record;
  }

  void write(const ComparisonRecord& record) const {
    if (!outputs.record.empty()) write_file(outputs.record, to_json_lines(record));
    if (!outputs.report.empty()) write_file(outputs.report, report_html(record));
  }

  void tell(const ComparisonRecord& record) const {
    const ComparisonResult result = summarize(record);
    if (!line.global.json) {
      const std::string where = outputs.report.empty() ? "" : fmt::format("\nreport: {}\n", outputs.report);
      return print(fmt::format("{}\n{}\n{}", comparison_table(record, result), verdict(record, result), where));
    }
    json all{{"command", "compare"},
             {"seed", line.seed()},
             {"out", outputs.record.empty() ? json() : json(outputs.record)},
             {"report", outputs.report.empty() ? json() : json(outputs.report)}};
    all.update(comparison_json(record, result));
    print_json(all);
  }
};

}  // namespace

void run_compare(std::span<const std::string> arguments) {
  CommandLine line("compare", "Trains the same net from several starts over seeds, and says which start to use here.");
  Comparison comparison{.line = line};
  auto& [unused, options, data, outputs, checkpointing] = comparison;
  std::string on_divergence = "stop";
  line.add(options.fields());
  line.add({on_divergence_field(&on_divergence)});
  line.add(checkpointing.fields());
  line.add(outputs.fields());
  line.add(data_fields(data), "data");
  line.add(of_runs(options.pretrain.fields()), "", "pretrain.");
  line.add(of_runs(options.finetune.fields()), "", "finetune.");
  if (!line.parse(arguments)) return;

  outputs.drop_unwanted();
  options.pretrain.on_divergence = options.finetune.on_divergence = on_divergence;
  options.binarize = data.binarize;
  options.validate();
  const bool replace = line.global.force || line.global.dry_run;
  const std::vector<std::string> inputs{data.data, data.label_file, data.test, data.test_label_file};
  ComparisonRecord record = earlier_record(outputs.record, replace);
  const bool goes_on = !record.header.treatments.empty();
  checkpointing.check(outputs.record, inputs, goes_on);
  if (!outputs.report.empty())
    check_output(outputs.report, inputs, replace || (goes_on && is_report(outputs.report)), "--report");
  if (!outputs.report.empty() && !outputs.record.empty() && same_file(outputs.report, outputs.record))
    throw InvalidArgument("--report: expected another file than --out");
  const DataFiles files = open_data(data);
  ComparisonHeader header = plan_comparison(files, data.scale, options, line.seed());
  header.command = line.repeated({});
  record = taken_up(header, std::move(record), outputs.record);
  check_memory(line, "the comparison", comparison_memory(files, options, true) + checkpointing.bytes(0),
               "try fewer or smaller --layers, a smaller --pretrain.batch or --finetune.batch, or fewer --threads");
  if (line.global.dry_run) return print(plan(files, options, record.header));

  record = comparison.run(files, std::move(record));
  comparison.write(record);
  comparison.tell(record);
}
