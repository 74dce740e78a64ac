#include <dbn/experiment/run_record.hpp>

#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dbn/io/file.hpp>
#include <dbn/io/line_file.hpp>

#include "run_record_keys.hpp"

namespace dbn {
namespace {

// Keys stay in the order in which they are written.
using Json = nlohmann::ordered_json;

Json number(double x) { return std::isfinite(x) ? Json(x) : Json(); }

template <typename T>
Json optional(const std::optional<T>& x) {
  return x ? Json(*x) : Json();
}

std::string hexadecimal(const std::vector<std::uint8_t>& bytes) {
  std::string text;
  for (const auto byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

Json start_json(const Start& start) {
  return {{"name", start.name},
          {"method", start.method},
          {"activation", start.activation},
          {"pretrained", start.pretrained},
          {"control", control_name(start.control)}};
}

void add_treatment(Json& row, const Treatment& treatment) {
  row["start"] = treatment.start;
  row["layers"] = treatment.layers;
  row["labels"] = treatment.labels;
}

Json header_json(const ComparisonHeader& header) {
  Json row{{"v", detail::kRecordVersion}, {"event", "comparison"}};
  row["version"] = header.version;
  row["command"] = header.command;
  row["seed"] = header.seed;
  row["seeds"] = header.seeds;
  row["target"] = header.target;
  row["training"] = header.training;
  row["test"] = header.test;
  row["training_cases"] = header.training_cases;
  row["test_cases"] = header.test_cases;
  row["features"] = header.features;
  row["classes"] = header.classes;
  row["tuning_trials"] = header.tuning_trials;
  row["starts"] = Json::array();
  for (const auto& start : header.starts) row["starts"].push_back(start_json(start));
  row["treatments"] = Json::array();
  for (const auto& treatment : header.treatments) add_treatment(row["treatments"].emplace_back(), treatment);
  row["identity"] = Json::object();
  for (const auto& [name, value] : header.identity) row["identity"][name] = value;
  return row;
}

Json trial_json(const TuningTrial& trial) {
  Json row{{"v", detail::kRecordVersion}, {"event", "trial"}};
  add_treatment(row, trial.treatment);
  row["trial"] = trial.trial;
  row["settings"] = Json::object();
  for (const auto& [name, value] : trial.settings) row["settings"][name] = value;
  row["validation_error"] = optional(trial.validation_error);
  row["updates"] = trial.updates;
  row["seconds"] = trial.seconds;
  return row;
}

Json profile_json(const std::vector<LayerProfile>& profile) {
  Json layers = Json::array();
  for (const auto& layer : profile) {
    Json& row = layers.emplace_back(Json{{"units", layer.units}});
    for (const auto& [name, value] : detail::kProfileNumbers) row[name] = number(layer.*value);
  }
  return layers;
}

Json epochs_json(const std::vector<FinetuneEpoch>& history) {
  Json epochs = Json::array();
  for (const auto& e : history)
    epochs.push_back({{"epoch", e.epoch},
                      {"train_loss", number(e.train_loss)},
                      {"validation_error", optional(e.validation_error)},
                      {"learning_rate", e.learning_rate},
                      {"seconds", e.seconds}});
  return epochs;
}

Json pictures_json(const Pictures& pictures) {
  Json pixels = Json::array();
  for (const auto& picture : pictures.pixels) pixels.push_back(hexadecimal(picture));
  return {{"height", pictures.height}, {"width", pictures.width}, {"pixels", pixels}};
}

Json run_json(const ComparisonRun& run, double target) {
  Json row{{"v", detail::kRecordVersion}, {"event", "run"}};
  add_treatment(row, run.treatment);
  row["seed"] = run.seed;
  row["failure"] = run.failed() ? Json(run.failure) : Json();
  row["test_error"] = run.test_error;
  row["test_cross_entropy"] = number(run.test_cross_entropy);
  row["epochs_to_target"] = optional(epochs_to_target(run, target));
  row["updates"] = run.updates;
  row["pretrain_updates"] = run.pretrain_updates;
  row["pretrain_seconds"] = run.pretrain_seconds;
  row["finetune_seconds"] = run.finetune_seconds;
  row["epochs"] = epochs_json(run.history);
  row["wrong"] = run.wrong;
  if (run.profile)
    row["profile"] = {{"at_start", profile_json(run.profile->at_start)},
                      {"after_epoch", profile_json(run.profile->after_epoch)}};
  for (const auto& [name, pictures] : detail::kRunPictures)
    if (run.*pictures) row[name] = pictures_json(*(run.*pictures));
  return row;
}

// Names of files may hold bytes that are no UTF-8: they are replaced, not refused.
std::string line_of(const Json& row) { return row.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace

std::string to_json_lines(const ComparisonRecord& record) {
  std::string text = line_of(header_json(record.header)) + "\n";
  for (const auto& trial : record.trials) text += line_of(trial_json(trial)) + "\n";
  for (const auto& run : record.runs) text += line_of(run_json(run, record.header.target)) + "\n";
  return text;
}

struct RunRecordFile::Impl {
  Impl(const std::string& path, double its_target) : lines(path), target(its_target) {}
  LineFile lines;
  double target;
};

RunRecordFile::RunRecordFile(const std::string& path, const ComparisonRecord& record) {
  write_file(path, to_json_lines(record));
  impl_ = std::make_unique<Impl>(path, record.header.target);
}

RunRecordFile::~RunRecordFile() = default;

void RunRecordFile::append(const TuningTrial& trial) { impl_->lines.append(line_of(trial_json(trial))); }

void RunRecordFile::append(const ComparisonRun& run) { impl_->lines.append(line_of(run_json(run, impl_->target))); }

}  // namespace dbn
