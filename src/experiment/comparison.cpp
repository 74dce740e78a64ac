#include <dbn/experiment/comparison.hpp>

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/parallel.hpp>
#include <dbn/data/fingerprint.hpp>
#include <dbn/data/split.hpp>

#include "block.hpp"
#include "net_portrait.hpp"
#include "tuning.hpp"

namespace dbn {
namespace {

using detail::Block;
using detail::Jobs;
using detail::KeptRuns;
using detail::Plan;
using detail::StackPlan;

// Below this many parameters a net runs best on one thread, several nets at once: 784-500-500-2000 is above it.
constexpr double kSmallNet = 500000;

std::vector<std::vector<Index>> all_sizes(const DataFiles& data, const ComparisonOptions& options) {
  std::vector<std::vector<Index>> sizes;
  for (const auto& layers : detail::planned_nets(options)) sizes.push_back(detail::net_sizes(data, layers));
  return sizes;
}

bool trained_at_once(const std::vector<std::vector<Index>>& nets) {
  return std::all_of(nets.begin(), nets.end(), [](const auto& sizes) { return parameter_count(sizes) < kSmallNet; });
}

// How many seeds share memory: enough to keep all threads busy; more would only hold memory.
Index seeds_together(const std::vector<std::vector<Index>>& nets) {
  return trained_at_once(nets) ? 2 * static_cast<Index>(thread_count()) : 1;
}

// All that the runs' bits depend on; starts, nets, seeds and label counts name the runs instead, and may grow.
RunIdentity identity_of(const DataFiles& data, const std::string& scale, ComparisonOptions options,
                        std::uint64_t seed) {
  RunIdentity identity{{"--seed", fmt::format("{}", seed)},
                       {"--scale", scale},
                       {"--binarize", options.binarize},
                       {"training data", fingerprint(*data.training)},
                       {"test data", fingerprint(*data.test)}};
  const auto prefixed = [&](OptionFields fields, const std::string& prefix) {
    std::erase_if(fields,
                  [](const OptionField& field) { return field.name == "layers" || field.name == "on-divergence"; });
    for (auto& field : fields) field.name = prefix + field.name;
    add_options(identity, fields);
  };
  add_options(identity, options.fields(),
              {"starts", "activations", "controls", "seeds", "labels", "layers", "depths", "widths", "plan", "target"});
  prefixed(options.pretrain.fields(), "pretrain.");
  prefixed(options.finetune.fields(), "finetune.");
  return identity;
}

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

void check_data(const DataFiles& data) {
  if (!data.training->labelled())
    throw InvalidArgument(fmt::format("{}: a comparison expects labels, found none; see --label-file, --label-column",
                                      data.training->name));
  if (!data.test || !data.test->labelled())
    throw InvalidArgument(
        fmt::format("{}: a comparison expects labelled test cases; name them with --test", data.training->name));
}

void check_tuning(const ComparisonOptions& options, const DataFiles& data, std::uint64_t seed) {
  if (options.tune == 0) return;
  const Split split = split_validation(*data.training, options.validation, seed);
  if (labelled_cases(*data.training, split.validation).empty())
    throw InvalidArgument(
        fmt::format("--tune: expected validation cases with labels to choose by, found none; see "
                    "--validation, which is {}",
                    options.validation));
}

// Whether a record has a run of this treatment and seed.
bool holds(const std::vector<ComparisonRun>& runs, const Treatment& treatment, std::uint64_t seed) {
  return std::any_of(runs.begin(), runs.end(),
                     [&](const ComparisonRun& run) { return run.seed == seed && run.treatment == treatment; });
}

bool holds(const std::vector<TuningTrial>& trials, const Treatment& treatment, Index number) {
  return std::any_of(trials.begin(), trials.end(),
                     [&](const TuningTrial& trial) { return trial.trial == number && trial.treatment == treatment; });
}

// Everything of some blocks that is not in the record yet: first the stacks, then the trials, then the nets.
class Wave {
 public:
  Wave(std::vector<Block>& blocks, const Plan& plan, ComparisonRecord& record, Jobs& jobs)
      : blocks_(blocks), plan_(plan), record_(record), jobs_(jobs) {
    for (auto& block : blocks)
      for (const auto& treatment : plan.treatments)
        if (!holds(record.runs, treatment, block.seed())) open_.push_back({&block, &treatment});
    for (const auto& treatment : plan.treatments)
      for (Index number = 0; number < record.header.tuning_trials; ++number)
        if (!holds(record.trials, treatment, number)) trials_.push_back({&treatment, number});
  }

  void run() {
    pretrain();
    tune();
    fine_tune();
    // Also of runs that an earlier command finished and had no time to forget.
    for (const auto& block : blocks_) {
      for (const auto& treatment : plan_.treatments) block.forget(treatment);
      block.forget_stacks();
    }
  }

 private:
  struct Open {
    Block* block;
    const Treatment* treatment;
  };
  struct Trial {
    const Treatment* treatment;
    Index number;
  };

  // A stack is the same one, under the same name, however few of its runs are still to be made.
  void pretrain() {
    std::vector<std::pair<Block*, StackPlan>> jobs;
    for (auto& block : blocks_) {
      std::vector<StackPlan> wanted;
      for (const auto& stack : detail::planned_stacks(plan_))
        if (is_wanted(stack, block)) wanted.push_back(stack);
      block.expect_stacks(wanted);
      for (const auto& stack : wanted) jobs.emplace_back(&block, stack);
    }
    jobs_.run(fmt::format("pretraining {} stacks", jobs.size()), std::ssize(jobs), [&](Index job, Jobs::Tell tell) {
      const auto& [block, stack] = jobs[static_cast<std::size_t>(job)];
      block->pretrain_stack(stack, jobs_, tell);
    });
  }

  bool is_wanted(const StackPlan& stack, const Block& block) const {
    const auto serves = [&](const Treatment& treatment) {
      const Start& start = plan_.start_of(treatment);
      return start.pretrained && detail::serves(stack, detail::stack_of(start, treatment));
    };
    return std::any_of(open_.begin(), open_.end(),
                       [&](const Open& open) { return open.block == &block && serves(*open.treatment); }) ||
           (&block == &blocks_.front() &&
            std::any_of(trials_.begin(), trials_.end(), [&](const Trial& trial) { return serves(*trial.treatment); }));
  }

  // On the first seed: trials are missing only while its block is among these.
  void tune() {
    std::vector<TuningTrial> found(trials_.size());
    jobs_.run(fmt::format("tuning by {} nets", trials_.size()), std::ssize(trials_), [&](Index job, Jobs::Tell tell) {
      const auto& [treatment, number] = trials_[static_cast<std::size_t>(job)];
      auto& trial = found[static_cast<std::size_t>(job)];
      trial = blocks_.front().trial(*treatment, number, jobs_, tell);
      jobs_.finished(trial);
    });
    for (auto& trial : found) record_.trials.push_back(std::move(trial));
  }

  Settings settings(const Treatment& treatment) const {
    if (record_.header.tuning_trials == 0) return {};
    return detail::best_trial(record_.trials, treatment).settings;
  }

  void fine_tune() {
    std::vector<ComparisonRun> found(open_.size());
    jobs_.run(fmt::format("fine-tuning {} nets", open_.size()), std::ssize(open_), [&](Index job, Jobs::Tell tell) {
      const auto& [block, treatment] = open_[static_cast<std::size_t>(job)];
      auto& run = found[static_cast<std::size_t>(job)];
      const bool portrait = block->seed() == record_.header.seed;
      run = block->run(*treatment, settings(*treatment), portrait, jobs_, tell);
      jobs_.finished(run);
      block->forget(*treatment);
    });
    for (auto& run : found) record_.runs.push_back(std::move(run));
  }

  std::vector<Block>& blocks_;
  const Plan& plan_;
  ComparisonRecord& record_;
  Jobs& jobs_;
  std::vector<Open> open_;     ///< runs that are still to be made
  std::vector<Trial> trials_;  ///< the same of trials
};

void refuse_when_all_failed(const ComparisonRecord& record) {
  const auto failed = [](const ComparisonRun& run) { return run.failed(); };
  if (!record.runs.empty() && std::all_of(record.runs.begin(), record.runs.end(), failed))
    throw DivergenceError(record.runs.front().failure);
}

}  // namespace

ComparisonHeader plan_comparison(const DataFiles& data, const std::string& scale, const ComparisonOptions& options,
                                 std::uint64_t seed) {
  options.validate();
  check_data(data);
  check_tuning(options, data, seed);
  const Plan plan = detail::make_plan(data, options, seed);
  RunIdentity identity = identity_of(data, scale, options, seed);
  add_longer_runs(identity, data, options, plan);
  return {.version = {},
          .command = {},
          .seed = seed,
          .seeds = options.seeds,
          .target = options.target,
          .training = data.training->name,
          .test = data.test->name,
          .training_cases = data.training->case_count(),
          .test_cases = data.test->case_count(),
          .features = data.training->feature_count(),
          .classes = data.training->classes,
          .starts = plan.starts,
          .treatments = plan.treatments,
          .tuning_trials = options.tune,
          .identity = std::move(identity)};
}

void check_goes_on(const ComparisonHeader& header, const ComparisonRecord& record) {
  RunIdentity now = header.identity;
  for (const auto& treatment : header.treatments)
    if (!record.header.identity.contains(longer_name(treatment))) now.erase(longer_name(treatment));
  if (const auto found = difference(record.header.identity, now); !found.empty())
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
}

ComparisonRecord compare_starts(const DataFiles& data, const std::string& scale, const ComparisonOptions& options,
                                std::uint64_t seed, const ComparisonObserver& observer, CheckpointFolder* folder,
                                const ComparisonRecord& finished) {
  ComparisonRecord record{
      .header = plan_comparison(data, scale, options, seed), .trials = finished.trials, .runs = finished.runs};
  if (!finished.runs.empty() || !finished.trials.empty()) check_goes_on(record.header, finished);
  const Plan plan{.starts = record.header.starts, .treatments = record.header.treatments};
  const KeptRuns kept{.folder = folder, .identity = identity_of(data, scale, options, seed)};
  const auto nets = all_sizes(data, options);
  Jobs jobs(trained_at_once(nets), observer);
  const Index together = seeds_together(nets);
  for (Index first = 0; first < options.seeds; first += together) {
    std::vector<Block> blocks;
    for (Index i = first; i < std::min(first + together, options.seeds); ++i)
      blocks.emplace_back(data, scale, options, plan, seed + static_cast<std::uint64_t>(i), kept);
    Wave(blocks, plan, record, jobs).run();
  }
  put_in_order(record);
  refuse_when_all_failed(record);
  return record;
}

double comparison_memory(const DataFiles& data, const ComparisonOptions& options, bool kept) {
  const auto nets = detail::planned_nets(options);
  const auto sizes = all_sizes(data, options);
  const auto starts = detail::parse_starts(options);
  const Index cases = data.training->case_count();
  const Index features = data.training->feature_count();
  const double seeds = static_cast<double>(std::min(seeds_together(sizes), options.seeds));
  const double at_once = trained_at_once(sizes) ? thread_count() : 1;
  double stacks = 0;  // of one seed
  double pretraining = 0;
  double pretrained = 0;
  double tuning = 0;
  double parameters = 0;
  for (const auto& layers : nets) {
    for (const auto& start : starts) {
      if (!start.pretrained) continue;
      const PretrainOptions own = detail::pretrain_options(options, start, layers);
      pretraining = std::max(pretraining, pretrain_memory(features, own, cases, cases));
      if (start.control != Control::none && start.control != Control::labelled) continue;  // the stack of another
      const double counts = start.control == Control::labelled ? static_cast<double>(options.labels.size()) : 1;
      stacks += counts * stack_memory(features, own);
      pretrained += counts;
    }
    const auto whole = detail::net_sizes(data, layers);
    tuning = std::max(tuning, detail::profile_memory(whole, options.finetune, cases));
    parameters = std::max(parameters, sizeof(Scalar) * parameter_count(whole));
  }
  const double runs = seeds * static_cast<double>(starts.size() * options.labels.size() * nets.size());
  // Numbers of cases: the parts of a split, and those with labels.
  const double members = seeds * 4 * sizeof(Index) * static_cast<double>(cases + data.test->case_count());
  // Finished stacks and nets also wait, with what a checkpoint holds of them, for a signal to stop the comparison.
  const double waiting = kept ? seeds * 2 * stacks + std::min(at_once, runs) * 4 * parameters : 0;
  return members + seeds * stacks + waiting +
         std::max(std::min(at_once, seeds * pretrained) * pretraining, std::min(at_once, runs) * tuning);
}

double comparison_work(const DataFiles& data, const ComparisonOptions& options) {
  const Plan plan = detail::make_plan(data, options, 0);
  const Split split = split_validation(*data.training, options.validation, 0);
  const auto cases = static_cast<Index>(split.training.size());
  double tuning = 0;
  for (const auto& treatment : plan.treatments) {
    const FinetuneOptions own = detail::finetune_options(options, plan, data, treatment);
    const auto sizes = detail::net_sizes(data, treatment.layers);
    tuning += fine_tune_work(sizes, own, treatment.labels) +
              static_cast<double>(epoch_count(own, treatment.labels)) *
                  scoring_work(sizes, static_cast<Index>(split.validation.size()));
  }
  double pretraining = 0;
  for (const auto& stack : detail::planned_stacks(plan)) {
    auto sizes = detail::net_sizes(data, stack.layers);
    sizes.pop_back();
    const Start start = parse_start(stack.start, options.pretrain);
    pretraining += pretrain_work(sizes, detail::pretrain_options(options, start, stack.layers),
                                 stack.labels > 0 ? stack.labels : cases);
  }
  return static_cast<double>(options.seeds) * pretraining + static_cast<double>(options.seeds + options.tune) * tuning;
}

}  // namespace dbn
