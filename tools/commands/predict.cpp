// dbn predict: a label and, if wanted, probabilities for each case, or the numbers of a regression, as CSV.

#include <algorithm>
#include <numeric>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <dbn/core/error.hpp>
#include <dbn/data/csv_writer.hpp>
#include <dbn/io/file.hpp>
#include <dbn/model/model_file.hpp>
#include <dbn/nn/evaluation.hpp>

#include "cases.hpp"
#include "commands.hpp"
#include "output.hpp"

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
        {.name = "out", .value = &out, .help = "write to this CSV file", .unset = "stdout"},
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

std::string row(const PredictOptions& options, const std::vector<std::string>& classes, const ConstVectorRef& p) {
  std::vector<Index> order(static_cast<std::size_t>(p.size()));
  std::iota(order.begin(), order.end(), Index{0});
  std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) { return p[a] > p[b]; });
  const auto name = [&](Index i) { return csv_field(classes[static_cast<std::size_t>(i)]); };
  std::string text = name(order.front());
  if (options.proba)
    for (Index i = 0; i < p.size(); ++i) text += fmt::format(",{}", p[i]);
  for (Index i = 0; i < options.top; ++i) {
    const Index index = order[static_cast<std::size_t>(i)];
    text += fmt::format(",{},{}", name(index), p[index]);
  }
  return text + "\n";
}

std::string numbers_row(const ConstVectorRef& values) {
  return fmt::format("{}\n", fmt::join(values.begin(), values.end(), ","));
}

// A table of predictions, its rows made from what the net predicts for a case.
class Predictions {
 public:
  Predictions(const ModelFile& model, const PredictOptions& options)
      : model_(model), options_(options), numeric_(task(model.task).outputs == Outputs::targets) {}

  std::string first_line() const {
    if (!numeric_) return header(options_, model_.outputs);
    std::vector<std::string> names;
    for (const auto& name : model_.outputs) names.push_back(csv_field(name));
    return fmt::format("{}\n", fmt::join(names, ","));
  }
  std::string line(const ConstVectorRef& predicted) const {
    return numeric_ ? numbers_row(predicted) : row(options_, model_.outputs, predicted);
  }
  nlohmann::json json(const ConstVectorRef& predicted) const {
    if (numeric_) return std::vector<Scalar>(predicted.begin(), predicted.end());
    Index best = 0;
    predicted.maxCoeff(&best);
    return model_.outputs[static_cast<std::size_t>(best)];
  }
  const char* json_key() const { return numeric_ ? "predictions" : "labels"; }

 private:
  const ModelFile& model_;
  const PredictOptions& options_;
  bool numeric_;
};

void check_fits(const PredictOptions& options, const ModelFile& model) {
  if (task(model.task).outputs == Outputs::inputs)
    throw InvalidArgument(
        "predict: expected a model that predicts classes or targets, found an autoencoder; try dbn reconstruct or dbn "
        "encode");
  if (task(model.task).outputs == Outputs::targets && (options.proba || options.top > 0))
    throw InvalidArgument(fmt::format(
        "--proba, --top: the model's task is {}, which has no classes; leave them out to get its predictions",
        model.task));
  if (options.top > model.net.output_count())
    throw InvalidArgument(
        fmt::format("--top: expected at most {} classes, found {}", model.net.output_count(), options.top));
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
  if (!options.out.empty())
    check_output(options.out, {path, data.data, data.label_file, data.test, data.test_label_file},
                 line.global.force || line.global.dry_run);
  if (!line.given("data") && !line.given("test"))
    throw InvalidArgument("predict: expected --data or --test, the cases to predict; see dbn predict --help");
  const ModelFile model = load_model(path);
  check_fits(options, model);
  const PreparedCases cases = load_model_cases(data, model);

  if (line.global.dry_run) return print(fmt::format("{} cases to predict\n", cases.case_count()));
  const Predictions table(model, options);
  std::string text = table.first_line();
  nlohmann::json rows = nlohmann::json::array();
  const bool to_file = !options.out.empty();
  for_each_prediction(model.net, cases, loss(model.loss), [&](Index, const Matrix& predictions) {
    for (Index c = 0; c < predictions.cols(); ++c) {
      text += table.line(predictions.col(c));
      if (line.global.json) rows.push_back(table.json(predictions.col(c)));
    }
    if (to_file || line.global.json) return;
    print(text);
    text.clear();
  });
  if (to_file) write_file(options.out, text);
  if (line.global.json)
    print_json({{"command", "predict"}, {"cases", cases.case_count()}, {table.json_key(), rows}, {"out", options.out}});
}
