#include <dbn/experiment/comparison.hpp>

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <dbn/core/error.hpp>

#include "block.hpp"
#include "tuning.hpp"

namespace dbn {
namespace {

using detail::Block;
using detail::Jobs;
using detail::KeptRuns;
using detail::Plan;
using detail::StackPlan;

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

ComparisonRecord compare_starts(const DataFiles& data, const std::string& scale, const ComparisonOptions& options,
                                std::uint64_t seed, const ComparisonObserver& observer, CheckpointFolder* folder,
                                const ComparisonRecord& finished, const std::string& kept_as) {
  ComparisonRecord record = go_on(plan_comparison(data, scale, options, seed), finished);
  const Plan plan{.starts = record.header.starts, .treatments = record.header.treatments};
  const KeptRuns kept{.folder = folder, .prefix = kept_as, .identity = detail::identity_of(data, scale, options, seed)};
  const auto nets = detail::all_sizes(data, options);
  Jobs jobs(detail::trained_at_once(nets), observer);
  const Index together = detail::seeds_together(nets);
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

}  // namespace dbn
