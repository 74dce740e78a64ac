// dbn reproduce: a published result, run again and printed beside ours.

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dbn/core/error.hpp>
#include <dbn/core/stopwatch.hpp>
#include <dbn/experiment/recipe.hpp>

#include "checkpointing.hpp"
#include "command_line.hpp"
#include "commands.hpp"
#include "estimate.hpp"
#include "log_chart.hpp"
#include "nearest.hpp"
#include "output.hpp"
#include "progress.hpp"
#include "recipe_file.hpp"
#include "text_table.hpp"

using namespace dbn;
using nlohmann::json;

namespace {

constexpr const char* kSummary =
    "Runs a published result again and prints it beside ours. Numbers come from the\n"
    "recipe's file, data/recipes/NAME.ini, which is part of the tool; options, which\n"
    "`dbn reproduce NAME --help` lists, change them. A recipe that a signal stops keeps\n"
    "what it has finished and goes on with --resume; with --checkpoint DIR it also\n"
    "outlives kill -9.";

void list(bool as_json) {
  json all = json::array();
  std::vector<std::vector<std::string>> rows{{"name", "minutes", "what"}};
  for (const auto& kind : recipes()) {
    const RecipeFile file = read_recipe(kind.name);
    rows.push_back({kind.name, fmt::format("{:g}", file.minutes), kind.summary});
    all.push_back({{"name", kind.name}, {"summary", kind.summary}, {"minutes", file.minutes}, {"source", file.source}});
  }
  if (as_json) return print_json({{"command", "reproduce"}, {"recipes", all}});
  print(text_table(rows) + "\nMinutes are for all seeds of a recipe on two cores.\n");
}

// The recipe that the arguments name, before all options, which follow from it. Empty when they name none.
std::string recipe_named_in(std::span<const std::string> arguments) {
  if (arguments.empty()) return "";
  const std::string& first = arguments.front();
  const auto known = recipe_names();
  const auto is_recipe = [&](const std::string& text) {
    return std::find(known.begin(), known.end(), text) != known.end();
  };
  if (is_recipe(first)) return first;
  if (!first.starts_with("-")) {
    const std::string guess = nearest(first, known);
    throw InvalidArgument(fmt::format("unknown recipe '{}'{}; see dbn reproduce --list", first,
                                      guess.empty() ? "" : fmt::format(", did you mean {}?", guess)));
  }
  const auto later = std::find_if(arguments.begin(), arguments.end(), is_recipe);
  if (later != arguments.end())
    throw InvalidArgument(fmt::format("expected the recipe before its options, found '{}'; try dbn reproduce {} {} ...",
                                      first, *later, first));
  return "";
}

// The data options that leave a recipe what it is.
OptionFields data_fields(DataOptions& data) {
  OptionFields fields = data.fields();
  std::erase_if(fields, [](const OptionField& field) { return field.name == "labels" || field.name == "validation"; });
  return fields;
}

// A name in a recipe's file is that of a folder where data sets are kept.
void find_data(DataOptions& data, bool given) {
  const std::string name = data.data;
  if (given || name.starts_with("synthetic:")) return;
  const char* folder = std::getenv("DBN_DATA_DIR");
  if (folder != nullptr && *folder != '\0') data.data = (std::filesystem::path(folder) / name).string();
  std::error_code none;
  if (!std::filesystem::exists(data.data, none))
    throw IoError(
        fmt::format("{}: not found; data/fetch.sh {} gets it, then name it with --data, or the folder that "
                    "holds it by DBN_DATA_DIR",
                    data.data, name));
}

RecipeResult run(const std::string& name, RecipeFile& file, const RecipeRun& prepared, Checkpointing& checkpointing,
                 const CommandLine& line) {
  Progress progress(line.global.quiet);
  RecipeRun run = prepared;
  run.observer.stage = [&](const std::string& what) {
    progress.begin(what);
    if (line.global.verbose) progress.line(what);
  };
  run.observer.progress = [&](double done) { progress.update(done); };
  run.observer.line = [&](const std::string& text) { progress.line(text); };
  run.observer.notice = [&](const std::string& text) { progress.note(text); };
  RecipeResult result;
  checkpointing.guard(progress, [&](CheckpointFolder& folder) {
    run.folder = &folder;
    result = reproduce(name, *file.recipe, run);
  });
  return result;
}

std::string target_text(const RecipeRow& row) {
  return row.target ? fmt::format("{}: {}", row.target->text, row.target->met ? "yes" : "NO") : "";
}

std::string report(const RecipeFile& file, const RecipeResult& result, const RecipeRun& run, double seconds) {
  std::vector<std::vector<std::string>> rows{
      {"", "published", fmt::format("measured ({} {}, mean ± 95 %)", run.seeds, run.seeds == 1 ? "seed" : "seeds"),
       "seconds", "target"}};
  for (const auto& row : result.rows)
    rows.push_back({row.what, row.published.empty() ? "-" : row.published, estimate_text(row.measured),
                    fmt::format("{:.3g}", row.seconds), target_text(row)});
  std::string text = fmt::format("{}\n{}\n\n{}\n", file.title, file.source, text_table(rows));
  for (const auto& chart : result.charts) text += log_chart(chart) + "\n";
  for (const auto& remark : result.remarks) text += remark + "\n";
  return text + fmt::format("seeds {} to {}, {:.1f} s in all\n", run.seed,
                            run.seed + static_cast<std::uint64_t>(run.seeds) - 1, seconds);
}

json row_json(const RecipeRow& row) {
  return {{"what", row.what},
          {"published", row.published.empty() ? json() : json(row.published)},
          {"mean", row.measured.mean},
          {"deviation", row.measured.deviation},
          {"interval", row.measured.interval ? json(*row.measured.interval) : json()},
          {"values", row.values},
          {"seconds", row.seconds},
          {"target", row.target ? json(row.target->text) : json()},
          {"met", row.target ? json(row.target->met) : json()}};
}

json chart_json(const RecipeChart& chart) {
  json curves = json::object();
  for (const auto& curve : chart.curves) curves[curve.name] = curve.values;
  return {{"title", chart.title}, {"curves", curves}};
}

json report_json(const std::string& name, const RecipeFile& file, const RecipeResult& result, const RecipeRun& run,
                 double seconds) {
  json rows = json::array();
  for (const auto& row : result.rows) rows.push_back(row_json(row));
  json charts = json::array();
  for (const auto& chart : result.charts) charts.push_back(chart_json(chart));
  return {{"command", "reproduce"}, {"recipe", name},     {"title", file.title}, {"source", file.source},
          {"seed", run.seed},       {"seeds", run.seeds}, {"rows", rows},        {"remarks", result.remarks},
          {"charts", charts},       {"seconds", seconds}};
}

std::string plan(const RecipeFile& file, const RecipeRun& run, double minutes, double bytes) {
  std::string text = file.title + "\n";
  if (run.data.training)
    text += fmt::format("{}: {} training and {} test cases of {} features\n", run.data.training->name,
                        run.data.training->case_count(), run.data.test ? run.data.test->case_count() : 0,
                        run.data.training->feature_count());
  return text + fmt::format(
                    "{} seeds, about {:.1f} MB of memory; as in the recipe's file about {:.2g} minutes on two "
                    "cores\n",
                    run.seeds, bytes / 1e6, minutes);
}

void add_options(CommandLine& line, RecipeFile& file, Checkpointing& checkpointing) {
  line.add({{.name = "seeds", .value = &file.seeds, .help = "repetitions", .range = {1, 1000}}});
  line.add(checkpointing.fields());
  if (file.reads_data) line.add(data_fields(file.data), "data");
  for (auto& [section, fields] : file.recipe->options()) line.add(std::move(fields), "", section + ".");
}

}  // namespace

void run_reproduce(std::span<const std::string> arguments) {
  CommandLine line("reproduce", kSummary);
  bool only_list = false;
  line.add({{.name = "list", .value = &only_list, .help = "list the recipes and stop"}});
  std::string name = recipe_named_in(arguments);
  Checkpointing checkpointing(line, name.empty() ? "" : "reproduce." + name);
  RecipeFile file;
  if (!name.empty()) {
    file = read_recipe(name);
    add_options(line, file, checkpointing);
  }
  const double minutes_a_seed = file.minutes / static_cast<double>(file.seeds);
  if (std::find(arguments.begin(), arguments.end(), "--list") == arguments.end())
    line.add_argument("NAME", &name, "the recipe; --list names them");
  if (!line.parse(arguments)) return;
  if (only_list) return list(line.global.json);

  if (file.reads_data) find_data(file.data, line.given("data"));
  checkpointing.check("", {file.data.data});
  RecipeRun prepared{.data = file.reads_data ? open_data(file.data) : DataFiles{},
                     .scale = file.data.scale,
                     .binarize = file.data.binarize,
                     .seed = line.seed(),
                     .seeds = file.seeds};
  file.recipe->check(prepared);
  const double bytes = file.recipe->memory(prepared);
  check_memory(line, "the recipe", bytes + checkpointing.bytes(0), "try fewer --threads or smaller layers");
  if (line.global.dry_run) return print(plan(file, prepared, minutes_a_seed * static_cast<double>(file.seeds), bytes));

  const Stopwatch watch;
  const RecipeResult result = run(name, file, prepared, checkpointing, line);
  if (line.global.json) return print_json(report_json(name, file, result, prepared, watch.seconds()));
  print(report(file, result, prepared, watch.seconds()));
}
