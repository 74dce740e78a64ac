#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/data/fingerprint.hpp>
#include <dbn/data/split.hpp>
#include <dbn/experiment/comparison.hpp>

#include "plan.hpp"

namespace dbn {
namespace detail {

RunIdentity identity_of(const DataFiles& data, const std::string& scale, ComparisonOptions options,
                        std::uint64_t seed) {
  RunIdentity identity{{"--seed", fmt::format("{}", seed)},
                       {"--scale", scale},
                       {"--binarize", options.binarize},
                       {"training data", fingerprint(*data.training)},
                       {"test data", fingerprint(*data.test)}};
  const auto prefixed = [&](OptionFields fields, const std::string& prefix) {
    std::erase_if(fields, [](const OptionField& field) {
      return field.name == "layers" || field.name == "on-divergence" || field.name == "pretrainer";
    });
    for (auto& field : fields) field.name = prefix + field.name;
    add_options(identity, fields);
  };
  add_options(identity, options.fields(),
              {"starts", "activations", "controls", "seeds", "labels", "layers", "depths", "widths", "plan", "target"});
  prefixed(options.pretrain.fields(), "pretrain.");
  prefixed(options.finetune.fields(), "finetune.");
  return identity;
}

}  // namespace detail

namespace {

using detail::Plan;

// How long "longer" is depends on the pretraining that it is measured by, so on other starts.
std::string longer_name(const Treatment& treatment) {
  return fmt::format("epochs of {}, layers {}, {} labels", treatment.start, detail::layers_text(treatment.layers),
                     treatment.labels);
}

void add_longer_runs(RunIdentity& identity, const DataFiles& data, const ComparisonOptions& options, const Plan& plan) {
  for (const auto& treatment : plan.treatments)
    if (plan.start_of(treatment).control == Control::longer)
      identity[longer_name(treatment)] =
          fmt::format("{}", detail::finetune_options(options, plan, data, treatment).epochs);
}

constexpr const char* kOnDivergence = "--on-divergence";

// Whether its trials have come out as they would with --on-divergence retry.
bool without_divergence(const ComparisonRecord& record) {
  const auto at = record.header.identity.find(kOnDivergence);
  return at != record.header.identity.end() && at->second == "stop" &&
         std::all_of(record.trials.begin(), record.trials.end(),
                     [](const TuningTrial& trial) { return trial.validation_error.has_value(); });
}

void check_data(const DataFiles& data) {
  if (!data.training->labelled())
    throw InvalidArgument(fmt::format("{}: a comparison expects labels, found none; see --label-file, --label-column",
                                      data.training->name));
  if (!data.test || !data.test->labelled())
    throw InvalidArgument(
        fmt::format("{}: a comparison expects labelled test cases; name them with --test", data.training->name));
}

// What chooses by validation cases needs some: tuning those of the first seed, patience those of every seed.
void check_validation(const ComparisonOptions& options, const DataFiles& data, std::uint64_t seed) {
  const bool patient = options.finetune.patience > 0;
  const Index seeds = patient ? options.seeds : options.tune > 0 ? 1 : 0;
  for (Index i = 0; i < seeds; ++i) {
    const Split split = split_validation(*data.training, options.validation, seed + static_cast<std::uint64_t>(i));
    if (labelled_cases(*data.training, split.validation).empty())
      throw InvalidArgument(fmt::format(
          "{}: expected validation cases with labels to choose by, found none with seed {}; see "
          "--validation, which is {}",
          patient ? "--finetune.patience" : "--tune", seed + static_cast<std::uint64_t>(i), options.validation));
  }
}

}  // namespace

ComparisonHeader plan_comparison(const DataFiles& data, const std::string& scale, const ComparisonOptions& options,
                                 std::uint64_t seed) {
  options.validate();
  check_data(data);
  check_validation(options, data, seed);
  const Plan plan = detail::make_plan(data, options, seed);
  RunIdentity identity = with_precision(detail::identity_of(data, scale, options, seed));
  // Runs that diverged are made again, trials are not: what was chosen without them stays chosen.
  if (options.tune > 0) identity[kOnDivergence] = options.finetune.on_divergence;
  add_longer_runs(identity, data, options, plan);
  return {.version = DBN_VERSION,
          .command = {},
          .seed = seed,
          .seeds = options.seeds,
          .target = options.target,
          .training = data.training->name,
          .test = data.test->name,
          .training_cases = data.training->case_count(),
          .test_cases = std::ssize(labelled_cases(*data.test, all_cases(data.test->case_count()))),
          .features = data.training->feature_count(),
          .classes = data.training->classes,
          .starts = plan.starts,
          .treatments = plan.treatments,
          .tuning_trials = options.tune,
          .identity = std::move(identity)};
}

ComparisonRecord go_on(const ComparisonHeader& header, ComparisonRecord record) {
  if (record.runs.empty() && record.trials.empty()) return {.header = header, .trials = {}, .runs = {}};
  if (const auto& then = record.header.version; then != header.version)
    throw InvalidArgument(
        fmt::format("the runs that are there are of {}, whose numbers may differ from those of dbn {}",
                    then.empty() ? "an unknown version of dbn" : "dbn " + then, header.version));
  RunIdentity now = header.identity;
  for (const auto& treatment : header.treatments)
    if (!record.header.identity.contains(longer_name(treatment))) now.erase(longer_name(treatment));
  RunIdentity then = record.header.identity;
  if (without_divergence(record)) then.erase(kOnDivergence), now.erase(kOnDivergence);
  if (const auto found = difference(then, now); !found.empty())
    throw InvalidArgument(fmt::format("the runs that are there are another comparison's: {}", found));
  const auto places = places_of(header);
  for (const auto& run : record.runs)
    if (!places.contains(run.treatment) || run.seed - header.seed >= static_cast<std::uint64_t>(header.seeds))
      throw InvalidArgument(
          fmt::format("the runs that are there have one of start {}, layers {}, {} labels, seed {}, for which this "
                      "comparison does not ask",
                      run.treatment.start, detail::layers_text(run.treatment.layers), run.treatment.labels, run.seed));
  for (const auto& trial : record.trials)
    if (!places.contains(trial.treatment))
      throw InvalidArgument(
          fmt::format("the trials that are there have one of start {}, layers {}, {} labels, for "
                      "which this comparison does not ask",
                      trial.treatment.start, detail::layers_text(trial.treatment.layers), trial.treatment.labels));
  std::erase_if(record.runs, [](const ComparisonRun& run) { return run.failed(); });
  record.header = header;
  return record;
}

}  // namespace dbn
