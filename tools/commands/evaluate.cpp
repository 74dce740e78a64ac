// dbn evaluate: how good a model is on labelled cases.

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dbn/core/error.hpp>
#include <dbn/model/model_file.hpp>
#include <dbn/nn/evaluation.hpp>
#include <dbn/nn/reconstruction_evaluation.hpp>
#include <dbn/nn/regression_evaluation.hpp>

#include "cases.hpp"
#include "commands.hpp"
#include "notes.hpp"
#include "output.hpp"
#include "reconstruction_report.hpp"
#include "regression_report.hpp"

using namespace dbn;

namespace {

std::string confusion_text(const Evaluation& e, const std::vector<std::string>& classes) {
  std::string text = "confusion (row: true class, column: predicted class)\n" + fmt::format("{:>10}", "");
  for (const auto& name : classes) text += fmt::format(" {:>6}", name);
  for (std::size_t i = 0; i < classes.size(); ++i) {
    text += fmt::format("\n{:>10}", classes[i]);
    for (const Index count : e.confusion[i]) text += fmt::format(" {:>6}", count);
  }
  return text + "\n";
}

void report(const ModelFile& model, const PreparedCases& cases, const CommandLine& line) {
  const Evaluation e = evaluate(model.net, cases);
  note_only_prediction(e, model.outputs, line.global.quiet);
  if (line.global.json)
    return print_json({{"command", "evaluate"},
                       {"data", cases.dataset().name},
                       {"cases", e.cases},
                       {"error", e.error},
                       {"error_interval", e.error_interval},
                       {"cross_entropy", e.cross_entropy},
                       {"calibration_error", e.calibration_error},
                       {"confusion", e.confusion}});
  print(fmt::format(
      "data               {}\ncases              {}\nerror              {:.2f} % (95 % interval {:.2f} to {:.2f})\n"
      "cross-entropy      {:.4f} nats\ncalibration error  {:.2f} %\n{}",
      cases.dataset().name, e.cases, e.error, e.error_interval[0], e.error_interval[1], e.cross_entropy,
      e.calibration_error, confusion_text(e, model.outputs)));
}

void report_regression(const ModelFile& model, const PreparedCases& cases, const CommandLine& line) {
  const RegressionEvaluation e = evaluate_regression(model.net, cases, loss(model.loss));
  nlohmann::json json{{"command", "evaluate"}, {"data", cases.dataset().name}};
  json.update(regression_json(e, model.outputs));
  if (line.global.json) return print_json(json);
  print(fmt::format("data           {}\n{}", cases.dataset().name, regression_text(e, model.outputs)));
}

void report_reconstruction(const ModelFile& model, const PreparedCases& cases, const CommandLine& line) {
  const ReconstructionEvaluation e = evaluate_reconstruction(model.net, cases, loss(model.loss));
  nlohmann::json json{{"command", "evaluate"}, {"data", cases.dataset().name}};
  json.update(reconstruction_json(e));
  if (line.global.json) return print_json(json);
  print(fmt::format("data           {}\n{}", cases.dataset().name, reconstruction_text(e)));
}

}  // namespace

void run_evaluate(std::span<const std::string> arguments) {
  CommandLine line("evaluate",
                   "Error rate with 95 % interval, cross-entropy, calibration and confusion of a model; R2 and errors "
                   "of a regression; how well an autoencoder gives back cases.");
  std::string path;
  DataOptions data;
  line.add_argument("MODEL", &path, "model file made by dbn finetune");
  line.add(model_data_fields(data), "data");
  if (!line.parse(arguments)) return;

  if (!line.given("data") && !line.given("test"))
    throw InvalidArgument("evaluate: expected --data or --test, the cases to evaluate on; see dbn evaluate --help");
  const ModelFile model = load_model(path);
  const PreparedCases cases = load_model_cases(data, model);
  const Outputs outputs = task(model.task).outputs;
  if (outputs == Outputs::inputs) return report_reconstruction(model, cases, line);
  if (!cases.dataset().labelled() && !cases.dataset().has_targets())
    throw DataError(
        fmt::format("{}: expected labels, found none; see --label-file and --label-column", cases.dataset().name));
  outputs == Outputs::targets ? report_regression(model, cases, line) : report(model, cases, line);
}
