#include "finetune_report.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "output.hpp"
#include "reconstruction_report.hpp"
#include "regression_report.hpp"

using namespace dbn;

namespace {

nlohmann::json epochs_json(const std::vector<FinetuneEpoch>& history) {
  nlohmann::json epochs = nlohmann::json::array();
  for (const auto& e : history)
    epochs.push_back({{"epoch", e.epoch},
                      {"train_loss", e.train_loss},
                      {"validation_error", e.validation_error ? nlohmann::json(*e.validation_error) : nlohmann::json()},
                      {"learning_rate", e.learning_rate > 0 ? nlohmann::json(e.learning_rate) : nlohmann::json()},
                      {"seconds", e.seconds}});
  return epochs;
}

nlohmann::json test_json(const TestResult& test) {
  nlohmann::json json{{"test_error", nullptr}, {"test_cross_entropy", nullptr}};
  if (test.classes)
    json.update({{"test_error", test.classes->error}, {"test_cross_entropy", test.classes->cross_entropy}});
  if (const auto& e = test.reconstruction)
    json.update({{"test_error", e->squared_error}, {"test_unexplained", e->unexplained}});
  if (test.reconstruction && test.reconstruction->cross_entropy)
    json["test_cross_entropy"] = *test.reconstruction->cross_entropy;
  if (!test.numbers) return json;
  json.update({{"test_error", test.numbers->error}, {"test_r2", test.numbers->r2}, {"test_rmse", test.numbers->rmse}});
  if (test.numbers->cross_entropy) json["test_cross_entropy"] = *test.numbers->cross_entropy;
  return json;
}

}  // namespace

TestResult evaluate_test(const Mlp& net, const std::optional<PreparedCases>& cases, const FinetuneOptions& options) {
  TestResult result;
  if (!cases) return result;
  switch (task(options.task).outputs) {
    case Outputs::classes:
      result.classes = evaluate(net, *cases);
      break;
    case Outputs::targets:
      result.numbers = evaluate_regression(net, *cases, loss_of(options));
      break;
    case Outputs::inputs:
      result.reconstruction = evaluate_reconstruction(net, *cases, loss_of(options));
  }
  return result;
}

void report_finetune(const FinetuneResult& result, const TestResult& test, const TrainingCases& cases, double seconds,
                     const std::string& out, const CommandLine& line) {
  if (line.global.json) {
    nlohmann::json json{{"command", "finetune"},
                        {"seed", line.seed()},
                        {"data", data_json(cases)},
                        {"epochs", epochs_json(result.history)},
                        {"best_epoch", result.best_epoch},
                        {"seconds", seconds},
                        {"out", out}};
    json.update(test_json(test));
    return print_json(json);
  }
  if (const auto& e = test.classes)
    print(fmt::format("test error {:.2f} % (95 % interval {:.2f} to {:.2f}), cross-entropy {:.4f} nats, {} cases\n",
                      e->error, e->error_interval[0], e->error_interval[1], e->cross_entropy, e->cases));
  if (test.reconstruction) print("test\n" + reconstruction_text(*test.reconstruction));
  if (test.numbers) print("test\n" + regression_text(*test.numbers, output_names(*cases.files.training)));
  print(fmt::format("fine-tuned for {} epochs in {:.1f} s (seed {}): {}\n", result.history.size(), seconds, line.seed(),
                    out));
}
