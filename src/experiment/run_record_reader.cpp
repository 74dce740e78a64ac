// The way back from JSON lines to a record, as strict as the writer is exact.

#include <charconv>
#include <limits>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dbn/core/error.hpp>
#include <dbn/experiment/run_record.hpp>
#include <dbn/io/file.hpp>
#include <dbn/io/json.hpp>

#include "json_fields.hpp"
#include "run_record_keys.hpp"

namespace dbn {
namespace {

using nlohmann::json;

using detail::Fields;

void check_version(Fields& fields) {
  if (const auto found = fields.natural("v"); found != detail::kRecordVersion)
    fields.refuse(fmt::format("expected version {}, found {}: written by another dbn", detail::kRecordVersion, found));
}

Treatment treatment_of(Fields& fields) {
  Treatment treatment{.start = fields.text("start"), .layers = fields.counts("layers", 1)};
  if (treatment.layers.empty()) fields.refuse("'layers': expected at least one");
  treatment.labels = fields.count("labels", 1);
  return treatment;
}

Start start_of(const json& row, const std::string& where) {
  Fields fields(row, where);
  Start start{.name = fields.text("name"),
              .method = fields.text("method"),
              .activation = fields.text("activation"),
              .pretrained = fields.flag("pretrained")};
  const std::string control = fields.text("control");
  for (const auto& kind : controls())
    if (kind.name == control) start.control = kind.control;
  if (control_name(start.control) != control)
    fields.refuse(fmt::format("unknown control {}", quote_for_message(control)));
  fields.finish();
  return start;
}

void check_names(const ComparisonHeader& header, const Fields& fields) {
  std::set<std::string> names;
  for (const auto& start : header.starts)
    if (!names.insert(start.name).second)
      fields.refuse(fmt::format("start {} stands twice", quote_for_message(start.name)));
  for (const auto& treatment : header.treatments)
    if (!names.contains(treatment.start))
      fields.refuse(fmt::format("a treatment of unknown start {}", quote_for_message(treatment.start)));
  if (header.treatments.empty()) fields.refuse("'treatments': expected at least one");
  if (places_of(header).size() != header.treatments.size()) fields.refuse("a treatment stands twice");
}

ComparisonHeader header_of(Fields& fields) {
  ComparisonHeader header{.version = fields.text("version"), .command = fields.text("command")};
  header.seed = fields.natural("seed");
  header.seeds = fields.count("seeds", 1);
  header.target = fields.number("target", 0, 100);
  header.training = fields.text("training");
  header.test = fields.text("test");
  header.training_cases = fields.count("training_cases", 1);
  header.test_cases = fields.count("test_cases", 1);
  header.features = fields.count("features", 1);
  header.classes = fields.texts("classes");
  header.tuning_trials = fields.count("tuning_trials");
  for (const auto& row : fields.list("starts")) header.starts.push_back(start_of(row, fields.where() + ": starts"));
  for (const auto& row : fields.list("treatments")) {
    Fields one(row, fields.where() + ": treatments");
    header.treatments.push_back(treatment_of(one));
    one.finish();
  }
  header.identity = fields.map("identity");
  check_names(header, fields);
  fields.finish();
  return header;
}

TuningTrial trial_of(Fields& fields, const ComparisonHeader& header) {
  TuningTrial trial{.treatment = treatment_of(fields), .trial = fields.count("trial"), .settings = {}};
  if (trial.trial >= header.tuning_trials)
    fields.refuse(fmt::format("trial {} of {}", trial.trial, header.tuning_trials));
  trial.settings = fields.map("settings");
  trial.validation_error = fields.number_or_null("validation_error", 0, 100);
  trial.updates = fields.count("updates");
  trial.seconds = fields.number("seconds", 0);
  fields.finish();
  return trial;
}

std::vector<FinetuneEpoch> history_of(Fields& fields) {
  std::vector<FinetuneEpoch> history;
  for (const auto& row : fields.list("epochs")) {
    Fields one(row, fields.where() + ": epochs");
    FinetuneEpoch epoch{.epoch = one.count("epoch", 1)};
    if (epoch.epoch != std::ssize(history) + 1) one.refuse("expected epochs in order from 1");
    epoch.train_loss = one.number_or_null("train_loss").value_or(std::numeric_limits<double>::quiet_NaN());
    epoch.validation_error = one.number_or_null("validation_error", 0, 100);
    epoch.learning_rate = one.number("learning_rate", 0);
    epoch.seconds = one.number("seconds", 0);
    one.finish();
    history.push_back(epoch);
  }
  return history;
}

std::vector<LayerProfile> profile_of(Fields& fields, const char* key, std::size_t layers) {
  std::vector<LayerProfile> profile;
  for (const auto& row : fields.list(key)) {
    Fields one(row, fields.where() + ": " + key);
    LayerProfile& layer = profile.emplace_back();
    layer.units = one.count("units", 1);
    for (const auto& [name, value] : detail::kProfileNumbers)
      layer.*value = one.number_or_null(name).value_or(std::numeric_limits<double>::quiet_NaN());
    one.finish();
  }
  if (!profile.empty() && profile.size() != layers)
    fields.refuse(fmt::format("'{}': expected {} layers, found {}", key, layers, profile.size()));
  return profile;
}

std::vector<std::uint8_t> bytes_of(const std::string& text, const Fields& fields, Index count) {
  if (std::ssize(text) != 2 * count)
    fields.refuse(fmt::format("'pixels': expected {} digits, found {}", 2 * count, text.size()));
  std::vector<std::uint8_t> bytes;
  if (text.find_first_not_of("0123456789abcdef") != text.npos) fields.refuse("'pixels': expected hexadecimal digits");
  for (const char* digits = text.data(); digits != text.data() + text.size(); digits += 2)
    std::from_chars(digits, digits + 2, bytes.emplace_back(), 16);
  return bytes;
}

Pictures pictures_of(const json& row, const std::string& where) {
  constexpr Index kMostSide = 4096;
  Fields fields(row, where);
  Pictures pictures{.height = fields.count("height", 1), .width = fields.count("width", 1), .pixels = {}};
  if (pictures.height > kMostSide || pictures.width > kMostSide) fields.refuse("pictures are too large");
  for (const auto& text : fields.texts("pixels"))
    pictures.pixels.push_back(bytes_of(text, fields, pictures.height * pictures.width));
  fields.finish();
  return pictures;
}

ComparisonRun run_of(Fields& fields, const ComparisonHeader& header) {
  ComparisonRun run{.treatment = treatment_of(fields), .seed = fields.natural("seed")};
  if (run.seed - header.seed >= static_cast<std::uint64_t>(header.seeds))
    fields.refuse(fmt::format("seed {} is none of {} from {}", run.seed, header.seeds, header.seed));
  if (!fields.at("failure").is_null()) {
    run.failure = fields.text("failure");
    if (!run.failed()) fields.refuse("'failure': expected a reason or null, found an empty text");
  }
  run.test_error = fields.number("test_error", 0, 100);
  run.test_cross_entropy =
      fields.number_or_null("test_cross_entropy").value_or(std::numeric_limits<double>::infinity());
  run.updates = fields.count("updates");
  if (fields.has("pretrain_updates")) run.pretrain_updates = fields.count("pretrain_updates");
  run.pretrain_seconds = fields.number("pretrain_seconds", 0);
  run.finetune_seconds = fields.number("finetune_seconds", 0);
  run.history = history_of(fields);
  const auto arrived = epochs_to_target(run, header.target);
  if (const json& told = fields.at("epochs_to_target"); told != (arrived ? json(*arrived) : json()))
    fields.refuse("epochs_to_target", arrived ? fmt::format("{} as the epochs have it", *arrived) : "null", told);
  run.wrong = fields.counts("wrong");
  for (std::size_t i = 0; i < run.wrong.size(); ++i)
    if (run.wrong[i] >= header.test_cases || (i > 0 && run.wrong[i] <= run.wrong[i - 1]))
      fields.refuse("'wrong': expected numbers of test cases, in order");
  if (fields.has("profile")) {
    Fields profile(fields.at("profile"), fields.where() + ": profile");
    const std::size_t layers = run.treatment.layers.size() + 1;
    run.profile = {.at_start = profile_of(profile, "at_start", layers),
                   .after_epoch = profile_of(profile, "after_epoch", layers)};
    profile.finish();
  }
  for (const auto& [name, pictures] : detail::kRunPictures)
    if (fields.has(name)) run.*pictures = pictures_of(fields.at(name), fmt::format("{}: {}", fields.where(), name));
  fields.finish();
  return run;
}

/// Line by line, the header first.
class RecordReader {
 public:
  void add(const json& row, const std::string& where) {
    Fields fields(row, where);
    check_version(fields);
    const std::string event = fields.text("event");
    if (places_.empty())
      add_header(fields, event);
    else if (event == "trial")
      add_trial(fields);
    else if (event == "run")
      add_run(fields);
    else
      fields.refuse(fmt::format("expected the event trial or run, found {}", quote_for_message(event)));
  }

  ComparisonRecord take() {
    put_in_order(record_);
    return std::move(record_);
  }

 private:
  void add_header(Fields& fields, const std::string& event) {
    if (event != "comparison")
      fields.refuse(
          fmt::format("expected the event comparison, which begins a record, found {}", quote_for_message(event)));
    record_.header = header_of(fields);
    places_ = places_of(record_.header);
  }
  void add_trial(Fields& fields) {
    TuningTrial trial = trial_of(fields, record_.header);
    if (!trials_.emplace(place(trial.treatment, fields), trial.trial).second) fields.refuse("the trial stands twice");
    record_.trials.push_back(std::move(trial));
  }
  void add_run(Fields& fields) {
    ComparisonRun run = run_of(fields, record_.header);
    if (!runs_.emplace(place(run.treatment, fields), run.seed).second) fields.refuse("the run stands twice");
    record_.runs.push_back(std::move(run));
  }
  std::size_t place(const Treatment& treatment, const Fields& fields) const {
    const auto at = places_.find(treatment);
    if (at == places_.end()) fields.refuse("start, layers and labels are none of the comparison's");
    return at->second;
  }

  ComparisonRecord record_;
  std::map<Treatment, std::size_t> places_;
  std::set<std::pair<std::size_t, Index>> trials_;        ///< that have been read
  std::set<std::pair<std::size_t, std::uint64_t>> runs_;  ///< that have been read
};

}  // namespace

ComparisonRecord parse_run_record(std::string_view text, const std::string& name) {
  RecordReader reader;
  Index line = 0;
  for (std::size_t end = text.find('\n'); end != text.npos; end = text.find('\n')) {
    const std::string where = fmt::format("{}: line {}", name, ++line);
    reader.add(parse_json(text.substr(0, end), where), where);
    text.remove_prefix(end + 1);
  }
  if (line == 0) throw DataError(fmt::format("{}: expected the record of a comparison, found no whole line", name));
  return reader.take();
}

ComparisonRecord read_run_record(const std::string& path) {
  const ByteBuffer bytes = read_file(path);
  return parse_run_record({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path);
}

}  // namespace dbn
