// dbn data: look at data sets, make, convert and split them.

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <dbn/core/error.hpp>
#include <dbn/data/csv_writer.hpp>
#include <dbn/data/source.hpp>
#include <dbn/data/split.hpp>
#include <dbn/io/file.hpp>

#include "cases.hpp"
#include "commands.hpp"
#include "output.hpp"

using namespace dbn;
using nlohmann::json;

namespace {

json describe(const Dataset& dataset) {
  std::map<std::string, Index> counts;
  for (const auto& name : dataset.classes) counts[name] = 0;
  Index unlabelled = dataset.labelled() ? 0 : dataset.case_count();
  for (const int label : dataset.labels)
    if (label == kUnlabelled)
      ++unlabelled;
    else
      ++counts[dataset.classes[static_cast<std::size_t>(label)]];
  double least = 0;
  double most = 0;
  std::visit(
      [&](const auto& features) {
        if (features.size() == 0) return;
        least = static_cast<double>(features.minCoeff());
        most = static_cast<double>(features.maxCoeff());
      },
      dataset.features);
  const bool bytes = std::holds_alternative<Dataset::Bytes>(dataset.features);
  return {{"name", dataset.name},
          {"cases", dataset.case_count()},
          {"features", dataset.feature_count()},
          {"shape", dataset.shape},
          {"type", bytes ? "bytes" : "numbers"},
          {"least", least},
          {"most", most},
          {"classes", counts},
          {"unlabelled", unlabelled},
          {"advice", least < 0 ? "--visible gaussian --scale standardize" : "--visible bernoulli --scale auto"}};
}

std::string as_text(const char* part, const json& d) {
  std::string text = fmt::format("{}  {}\n", part, d["name"].get<std::string>());
  for (const char* key : {"cases", "features", "shape", "type", "least", "most", "unlabelled"})
    text += fmt::format("  {:<11} {}\n", key, d[key].dump());
  text += "  classes     ";
  for (const auto& [name, count] : d["classes"].items()) text += fmt::format("{}: {}  ", name, count.dump());
  return text + fmt::format("\n  advice      {}\n", d["advice"].get<std::string>());
}

void run_info(CommandLine& line, DataOptions& data, std::span<const std::string> arguments) {
  if (!line.parse(arguments)) return;
  const DataFiles files = open_data(data);
  json result{{"command", "data info"}, {"training", describe(*files.training)}, {"test", nullptr}};
  if (files.test) result["test"] = describe(*files.test);
  if (line.global.json) return print_json(result);
  print(as_text("training", result["training"]));
  if (files.test) print(as_text("test", result["test"]));
}

// The named cases of a dataset as one of its own.
Dataset subset(const Dataset& dataset, const std::vector<Index>& cases) {
  Dataset part{.name = dataset.name, .features = {}, .labels = {}, .classes = dataset.classes, .shape = dataset.shape};
  std::visit([&](const auto& features) { part.features = features(Eigen::all, cases).eval(); }, dataset.features);
  for (const Index i : cases)
    if (dataset.labelled()) part.labels.push_back(dataset.labels[static_cast<std::size_t>(i)]);
  return part;
}

void write_csv(const Dataset& dataset, const std::string& path) { write_file(path, to_csv(dataset)); }

// convert and make: all training cases, and the test cases when a file is named for them.
void run_convert(CommandLine& line, DataOptions& data, std::span<const std::string> arguments) {
  std::string out = "data.csv";
  std::string test_out;
  line.add({{.name = "out", .value = &out, .help = "CSV file for the training cases"},
            {.name = "test-out", .value = &test_out, .help = "CSV file for the test cases", .unset = "none"}});
  if (!line.parse(arguments)) return;
  const bool overwrite = line.global.force || line.global.dry_run;
  const std::vector<std::string> inputs{data.data, data.label_file, data.test, data.test_label_file};
  check_output(out, inputs, overwrite);
  if (!test_out.empty()) check_output(test_out, inputs, overwrite);
  if (!test_out.empty() && same_file(out, test_out))
    throw InvalidArgument("--test-out: expected another file than --out");
  const DataFiles files = open_data(data);
  if (!test_out.empty() && !files.test) throw InvalidArgument("--test-out: there are no test cases");
  if (line.global.dry_run) return print(fmt::format("{} cases for {}\n", files.training->case_count(), out));
  write_csv(*files.training, out);
  if (!test_out.empty()) write_csv(*files.test, test_out);
  if (line.global.json)
    return print_json({{"command", "data convert"}, {"cases", files.training->case_count()}, {"out", out}});
  print(fmt::format("{} cases: {}\n", files.training->case_count(), out));
}

void run_split(CommandLine& line, DataOptions& data, std::span<const std::string> arguments) {
  std::string out = "train.csv";
  std::string held_out = "held-out.csv";
  data.validation = "0.2";
  line.add({{.name = "out", .value = &out, .help = "CSV file for the cases that stay"},
            {.name = "held-out", .value = &held_out, .help = "CSV file for the --validation cases"}});
  if (!line.parse(arguments)) return;
  for (const auto* path : {&out, &held_out})
    check_output(*path, {data.data, data.label_file}, line.global.force || line.global.dry_run);
  if (same_file(out, held_out)) throw InvalidArgument("--held-out: expected another file than --out");
  const DataFiles files = open_data(data);
  const Split split = split_validation(*files.training, data.validation, line.seed());
  if (!line.global.dry_run) {
    write_csv(subset(*files.training, split.training), out);
    write_csv(subset(*files.training, split.validation), held_out);
  }
  if (line.global.json)
    return print_json({{"command", "data split"},
                       {"cases", {split.training.size(), split.validation.size()}},
                       {"out", {out, held_out}}});
  print(fmt::format("{} cases: {}\n{} cases: {}\n", split.training.size(), out, split.validation.size(), held_out));
}

struct Action {
  const char* name;
  const char* summary;
  void (*run)(CommandLine&, DataOptions&, std::span<const std::string>);
};

constexpr Action kActions[] = {
    {"info", "Shape, range and classes of a data set, with advice.", &run_info},
    {"make", "Writes a synthetic data set as CSV.", &run_convert},
    {"convert", "Writes a data set of any known format as CSV.", &run_convert},
    {"split", "Splits a data set by seed into two CSV files.", &run_split},
};

}  // namespace

void run_data(std::span<const std::string> arguments) {
  std::string overview = "usage: dbn data ACTION [options]\n\n";
  for (const auto& action : kActions) overview += fmt::format("  {:<8} {}\n", action.name, action.summary);
  if (!arguments.empty() && arguments.front() == "--help") return print(overview);
  for (const auto& action : kActions) {
    if (arguments.empty() || arguments.front() != action.name) continue;
    CommandLine line(fmt::format("data {}", action.name), action.summary);
    DataOptions data;
    line.add(data.fields(), "data");
    return action.run(line, data, arguments.subspan(1));
  }
  throw InvalidArgument(fmt::format("data: expected info, make, convert or split, found '{}'; see dbn data --help",
                                    arguments.empty() ? "nothing" : arguments.front()));
}
