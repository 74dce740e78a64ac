// dbn predict: a label and, if wanted, probabilities for each case, or the numbers of a regression, written as they are
// made.

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <utility>
#include <variant>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <dbn/core/error.hpp>
#include <dbn/data/csv_writer.hpp>
#include <dbn/io/npy.hpp>
#include <dbn/model/model_file.hpp>
#include <dbn/nn/evaluation.hpp>

#include "cases.hpp"
#include "commands.hpp"
#include "estimate.hpp"
#include "number_table.hpp"
#include "output.hpp"
#include "output_files.hpp"
#include "text_output.hpp"

using namespace dbn;

namespace {

struct PredictOptions {
  bool proba = false;
  Index top = 0;
  std::string out;

  OptionFields fields() {
    return {
        {.name = "proba", .value = &proba, .help = "add the probability of every class as columns p_CLASS"},
        {.name = "top",
         .value = &top,
         .help = "add the N likeliest classes and their probabilities (0: none)",
         .range = {.least = 0}},
        {.name = "out",
         .value = &out,
         .help = "file of the predictions: a name that ends in .npy holds an array of the number of each case's class, "
                 "counted from 0 in the order of the columns p_CLASS (int64), with --proba of a row of probabilities a "
                 "case, of a regression a row of its targets; any other name is CSV",
         .unset = "CSV on stdout"},
    };
  }
};

std::string header(const PredictOptions& options, const std::vector<std::string>& classes) {
  std::string text = "label";
  if (options.proba)
    for (const auto& name : classes) text += ",p_" + csv_field(name);
  for (Index i = 1; i <= options.top; ++i) text += fmt::format(",top{0},p_top{0}", i);
  return text + "\n";
}

// Of equal probabilities the first.
Index likeliest(const ConstVectorRef& p) { return std::max_element(p.begin(), p.end()) - p.begin(); }

/// Labels and what was asked for beside them, as CSV.
class LabelTable {
 public:
  LabelTable(const PredictOptions& options, const std::vector<std::string>& classes)
      : options_(options), text_(options.out) {
    for (const auto& name : classes) names_.push_back(csv_field(name));
    text_.append(header(options, classes));
  }

  void append(const Matrix& probabilities) {
    std::string rows;
    for (Index c = 0; c < probabilities.cols(); ++c) add_row(probabilities.col(c), rows);
    text_.append(rows);
  }
  void commit() { text_.commit(); }

 private:
  void add_row(const ConstVectorRef& p, std::string& text) const {
    const auto name = [&](Index i) -> const std::string& { return names_[static_cast<std::size_t>(i)]; };
    text += name(likeliest(p));
    if (options_.proba)
      for (const Scalar probability : p) fmt::format_to(std::back_inserter(text), ",{}", probability);
    if (options_.top > 0)
      for (const Index i : by_probability(p)) fmt::format_to(std::back_inserter(text), ",{},{}", name(i), p[i]);
    text += '\n';
  }
  // The classes that --top asks for.
  std::vector<Index> by_probability(const ConstVectorRef& p) const {
    std::vector<Index> order = all_cases(p.size());
    std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) { return p[a] > p[b]; });
    order.resize(static_cast<std::size_t>(options_.top));
    return order;
  }

  const PredictOptions& options_;
  std::vector<std::string> names_;  ///< of classes, as fields
  TextOutput text_;
};

/// Numbers of classes, as .npy.
class LabelArray {
 public:
  LabelArray(const std::string& path, Index cases) : file_(path, cases) {}

  void append(const Matrix& probabilities) {
    std::vector<std::int64_t> labels;
    for (Index c = 0; c < probabilities.cols(); ++c) labels.push_back(likeliest(probabilities.col(c)));
    file_.append(labels);
  }
  void commit() { file_.commit(); }

 private:
  NpyIndexWriter file_;
};

/// Where predictions (outputs x cases) go, batch by batch.
using PredictionTable = std::variant<LabelTable, LabelArray, NumberTable>;

bool numeric(const ModelFile& model) { return task(model.task).outputs == Outputs::targets; }

PredictionTable open_table(const PredictOptions& options, const ModelFile& model, Index cases) {
  const bool npy = asks_for(OutputFormat::npy, options.out);
  if (numeric(model) || (npy && options.proba)) {
    std::vector<std::string> names;
    for (const auto& name : model.outputs) names.push_back(csv_field(name));
    return NumberTable(options.out, fmt::format("{}", fmt::join(names, ",")), model.net.output_count(), cases);
  }
  if (npy) return LabelArray(options.out, cases);
  return LabelTable(options, model.outputs);
}

// A case in JSON: its targets, or its label.
nlohmann::json json_of(const ConstVectorRef& predicted, const ModelFile& model) {
  if (numeric(model)) return std::vector<Scalar>(predicted.begin(), predicted.end());
  return model.outputs[static_cast<std::size_t>(likeliest(predicted))];
}

// A batch on its way and its text, and of all cases what one JSON object holds.
double memory(const ModelFile& model, Index cases, const PredictOptions& options, bool json) {
  constexpr double kJson = 64;  // a value, and its text that is copied to where there is more room
  const Index outputs = model.net.output_count();
  const Index columns = numeric(model) ? outputs : 1 + 2 * options.top + (options.proba ? outputs : 0);
  return evaluation_memory(sizes_of(model.net)) + table_memory(options.out, columns, cases) +
         (json ? kJson * static_cast<double>(numeric(model) ? outputs : 1) * static_cast<double>(cases) : 0);
}

void check_fits(const PredictOptions& options, const ModelFile& model) {
  if (task(model.task).outputs == Outputs::inputs)
    throw InvalidArgument(
        "predict: expected a model that predicts classes or targets, found an autoencoder; try dbn reconstruct or dbn "
        "encode");
  if (numeric(model) && (options.proba || options.top > 0))
    throw InvalidArgument(fmt::format(
        "--proba, --top: the model's task is {}, which has no classes; leave them out to get its predictions",
        model.task));
  if (options.top > model.net.output_count())
    throw InvalidArgument(
        fmt::format("--top: expected at most {} classes, found {}", model.net.output_count(), options.top));
}

void check_request(const PredictOptions& options, const std::string& path, const DataOptions& data,
                   const CommandLine& line) {
  if (!options.out.empty())
    check_output(options.out, {path, data.data, data.label_file, data.test, data.test_label_file},
                 line.global.force || line.global.dry_run);
  if (options.top > 0 && asks_for(OutputFormat::npy, options.out))
    throw InvalidArgument(
        fmt::format("--top: expected predictions as CSV, which holds names of classes, found {}", options.out));
  if (!line.given("data") && !line.given("test"))
    throw InvalidArgument("predict: expected --data or --test, the cases to predict; see dbn predict --help");
}

}  // namespace

void run_predict(std::span<const std::string> arguments) {
  CommandLine line("predict", "Writes one row a case: its label and, if wanted, probabilities; or its targets.");
  std::string path;
  PredictOptions options;
  DataOptions data;
  line.add_argument("MODEL", &path, "model file made by dbn finetune");
  line.add(options.fields());
  line.add(model_data_fields(data), "data");
  if (!line.parse(arguments)) return;

  check_options(options.fields());
  check_request(options, path, data, line);
  const ModelFile model = load_model(path);
  check_fits(options, model);
  const PreparedCases cases = load_model_cases(data, model);

  check_memory(line, "prediction", memory(model, cases.case_count(), options, line.global.json),
               "try fewer cases (--limit)");
  if (line.global.dry_run) return print(fmt::format("{} cases to predict\n", cases.case_count()));

  // Stdout is for the table or for JSON.
  std::optional<PredictionTable> table;
  if (!options.out.empty() || !line.global.json) table.emplace(open_table(options, model, cases.case_count()));
  nlohmann::json rows = nlohmann::json::array();
  for_each_prediction(model.net, cases, loss(model.loss), [&](Index, const Matrix& predictions) {
    if (table) std::visit([&](auto& target) { target.append(predictions); }, *table);
    if (line.global.json)
      for (Index c = 0; c < predictions.cols(); ++c) rows.push_back(json_of(predictions.col(c), model));
  });
  if (table) std::visit([](auto& target) { target.commit(); }, *table);
  if (line.global.json)
    print_json({{"command", "predict"},
                {"cases", cases.case_count()},
                {numeric(model) ? "predictions" : "labels", std::move(rows)},
                {"out", options.out}});
}
