// Published comparisons of pretrained and random starts, each a comparison of its own with the published errors beside
// it. They differ by their files alone.

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <dbn/core/error.hpp>
#include <dbn/experiment/comparison.hpp>
#include <dbn/experiment/comparison_result.hpp>
#include <dbn/experiment/run_record.hpp>

#include "recipe_table.hpp"
#include "steps.hpp"

namespace dbn::detail {
namespace {

/// The cells of one net and number of labels.
struct Setting {
  std::vector<Index> layers;
  Index labels = 0;
  std::vector<const ComparisonCell*> cells = {};
};

std::vector<Setting> settings_of(const ComparisonResult& result) {
  std::vector<Setting> settings;
  for (const auto& cell : result.cells) {
    const auto& [start, layers, labels] = cell.treatment;
    if (settings.empty() || settings.back().layers != layers || settings.back().labels != labels)
      settings.push_back({.layers = layers, .labels = labels});
    settings.back().cells.push_back(&cell);
  }
  return settings;
}

/// What is published of each setting, in the order of the comparison: 0 where nothing is.
struct Published {
  std::vector<double> pretrained, random;
  std::vector<double> most_error;  ///< percent, of the best pretrained start
  std::vector<double> least_gain;  ///< points, of the best pretrained start over the best random one
  std::vector<std::string> beside;
  std::string tried;

  OptionFields fields() {
    return {
        {.name = "pretrained", .value = &pretrained, .help = "percent, of the best pretrained start by setting"},
        {.name = "random", .value = &random, .help = "percent, of the random start by setting"},
        {.name = "most-error", .value = &most_error, .help = "percent, to be reached by setting; 0: nothing"},
        {.name = "least-gain", .value = &least_gain, .help = "points, to be reached by setting; 0: nothing"},
        {.name = "beside", .value = &beside, .help = "what others came to, in words"},
        {.name = "tried", .value = &tried, .help = "what else was tried for the pretrained starts, in words"},
    };
  }
};

std::optional<double> at(const std::vector<double>& list, std::size_t setting) {
  if (setting >= list.size() || list[setting] == 0) return std::nullopt;
  return list[setting];
}

std::string text_at(const std::vector<double>& list, std::size_t setting) {
  const auto value = at(list, setting);
  return value ? fmt::format("{:g}", *value) : "";
}

class ComparisonRecipe final : public Recipe {
 public:
  std::vector<RecipeSection> options() override {
    return {{"compare", without(options_.fields(), {"seeds"})},
            {"pretrain", without(options_.pretrain.fields(), {"layers", "pretrainer"})},
            {"finetune", options_.finetune.fields()}};
  }
  OptionFields published() override { return published_.fields(); }
  void check(const RecipeRun& run) const override {
    check_labelled_data(run);
    plan_comparison(run.data, run.scale, options_for(run), run.seed);
  }
  double memory(const RecipeRun& run) const override { return comparison_memory(run.data, options_for(run), true); }
  RecipeResult run(const RecipeRun& run) const override {
    const ComparisonRecord record = compare(run);
    const ComparisonResult result = summarize(record);
    RecipeResult found;
    const auto settings = settings_of(result);
    for (std::size_t i = 0; i < settings.size(); ++i) add_rows(found, result, settings[i], i);
    for (const auto& text : published_.beside) found.remarks.push_back("Published: " + text + ".");
    const bool missed = std::any_of(found.rows.begin(), found.rows.end(),
                                    [](const RecipeRow& row) { return row.target && !row.target->met; });
    if (missed && !published_.tried.empty())
      found.remarks.push_back("Tried for the pretrained starts: " + published_.tried + ".");
    found.remarks.push_back(verdict(record, result));
    if (run.folder != nullptr)
      found.remarks.push_back(fmt::format("All runs are in {}, of which dbn report makes a page.", record_path(run)));
    return found;
  }

 private:
  static OptionFields without(OptionFields fields, const std::vector<std::string>& names) {
    std::erase_if(fields, [&](const OptionField& field) {
      return std::find(names.begin(), names.end(), field.name) != names.end();
    });
    return fields;
  }

  ComparisonOptions options_for(const RecipeRun& run) const {
    ComparisonOptions options = options_;
    options.seeds = run.seeds;
    options.binarize = run.binarize;
    return options;
  }

  // The command's name comes first: a folder knows its files by it.
  static std::string kept_name(const RecipeRun& run) { return "reproduce." + run.name; }
  static std::string record_path(const RecipeRun& run) {
    return fmt::format("{}/{}{}", run.folder->path(), kept_name(run), kRecordEnding);
  }

  static ComparisonRecord taken_up(const ComparisonHeader& header, const std::string& path) {
    ComparisonRecord earlier = read_run_record(path);
    try {
      return go_on(header, std::move(earlier));
    } catch (const InvalidArgument& error) {
      throw InvalidArgument(fmt::format("{}: {}; name another --checkpoint", path, error.what()));
    }
  }

  // Finished runs are kept as those of a comparison are, beside the checkpoints of those in training.
  ComparisonRecord compare(const RecipeRun& run) const {
    const ComparisonOptions options = options_for(run);
    ComparisonRecord record{
        .header = plan_comparison(run.data, run.scale, options, run.seed), .trials = {}, .runs = {}};
    std::unique_ptr<RunRecordFile> file;
    if (run.folder != nullptr) {
      run.folder->hold();
      if (run.folder->resumes() && std::filesystem::exists(record_path(run)))
        record = taken_up(record.header, record_path(run));
      file = std::make_unique<RunRecordFile>(record_path(run), record);
    }
    return compare_starts(run.data, run.scale, options, run.seed, observer_for(run, file.get()), run.folder, record,
                          kept_name(run));
  }

  static ComparisonObserver observer_for(const RecipeRun& run, RunRecordFile* file) {
    ComparisonObserver observer;
    observer.stage = run.observer.stage;
    observer.progress = run.observer.progress;
    observer.notice = run.observer.notice;
    observer.trial = [file](const TuningTrial& trial) {
      if (file != nullptr) file->append(trial);
    };
    observer.run = [file, &run](const ComparisonRun& one) {
      if (file != nullptr) file->append(one);
      if (run.observer.line)
        run.observer.line(fmt::format("{}, layers {}, {} labels, seed {}: {}", one.treatment.start,
                                      fmt::join(one.treatment.layers, "-"), one.treatment.labels, one.seed,
                                      one.failed() ? "diverged" : fmt::format("{:.2f} %", one.test_error)));
    };
    return observer;
  }

  void add_rows(RecipeResult& found, const ComparisonResult& result, const Setting& setting, std::size_t place) const {
    const std::string where = fmt::format("{} labels, {}: ", setting.labels, fmt::join(setting.layers, "-"));
    const ComparisonCell* pretrained = result.best(setting.layers, setting.labels, true);
    const ComparisonCell* random = result.best(setting.layers, setting.labels, false);
    for (const auto* cell : setting.cells) {
      if (!cell->test_error) continue;
      const auto& list = cell == pretrained ? published_.pretrained : cell == random ? published_.random : kNothing;
      RecipeRow row = recipe_row(where + cell->treatment.start + ", test error, %", text_at(list, place),
                                 cell->test_errors, cell->pretrain_seconds + cell->finetune_seconds);
      const auto most = at(published_.most_error, place);
      if (cell == pretrained && most) row.target = at_most(*most, row.measured);
      found.rows.push_back(std::move(row));
    }
    if (pretrained != nullptr && random != nullptr) add_gain(found, result, setting, place, *pretrained, *random);
  }

  void add_gain(RecipeResult& found, const ComparisonResult& result, const Setting& setting, std::size_t place,
                const ComparisonCell& pretrained, const ComparisonCell& random) const {
    const auto& [a, b] = std::pair(random.treatment.start, pretrained.treatment.start);
    const auto pair = result.find_pair(a, b, setting.layers, setting.labels);
    if (!pair) return;  // no seed on which both were trained
    RecipeRow row{
        .what = fmt::format("{} labels, {}: {} minus {}, points", setting.labels, fmt::join(setting.layers, "-"), a, b),
        .published = {},
        .measured = pair->errors.difference,
        .values = {}};
    row.measured.interval = pair->joint_interval;  // which holds for the best of several
    if (const auto p = at(published_.pretrained, place), r = at(published_.random, place); p && r)
      row.published = fmt::format("{:.3g}", *r - *p);
    if (const auto least = at(published_.least_gain, place)) {
      const auto& interval = row.measured.interval;
      row.target = {fmt::format("at least {:g}, interval above 0", *least),
                    row.measured.mean >= *least && interval && (*interval)[0] > 0};
    }
    found.rows.push_back(std::move(row));
  }

  inline static const std::vector<double> kNothing{};
  ComparisonOptions options_;
  Published published_;
};

}  // namespace

std::unique_ptr<Recipe> make_comparison_recipe() { return std::make_unique<ComparisonRecipe>(); }

}  // namespace dbn::detail
