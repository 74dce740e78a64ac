// What a comparison takes before it begins: memory and operations.

#include <algorithm>

#include <dbn/core/parallel.hpp>
#include <dbn/data/split.hpp>
#include <dbn/experiment/comparison.hpp>

#include "net_portrait.hpp"
#include "plan.hpp"

namespace dbn {

double comparison_memory(const DataFiles& data, const ComparisonOptions& options, bool kept) {
  const auto nets = detail::planned_nets(options);
  const auto sizes = detail::all_sizes(data, options);
  const auto starts = detail::parse_starts(options);
  const Index cases = data.training->case_count();
  const Index features = data.training->feature_count();
  const double seeds = static_cast<double>(std::min(detail::seeds_together(sizes), options.seeds));
  const double at_once = detail::trained_at_once(sizes) ? thread_count() : 1;
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
  const detail::Plan plan = detail::make_plan(data, options, 0);
  const Split split = split_validation(*data.training, options.validation, 0);
  const auto cases = static_cast<Index>(split.training.size());
  double tuning = 0;
  for (const auto& treatment : plan.treatments) {
    const FinetuneOptions own = detail::finetune_options(options, plan, data, treatment);
    const auto sizes = detail::net_sizes(data, treatment.layers);
    tuning += fine_tune_work(sizes, own, treatment.labels) +
              static_cast<double>(look_count(own, epoch_count(own, treatment.labels))) *
                  scoring_work(sizes, static_cast<Index>(split.validation.size()));
  }
  double pretraining = 0;
  for (const auto& stack : detail::planned_stacks(plan)) {
    auto sizes = detail::net_sizes(data, stack.layers);
    sizes.pop_back();
    pretraining +=
        pretrain_work(sizes, detail::pretrain_options(options, stack, cases), stack.labels > 0 ? stack.labels : cases);
  }
  return static_cast<double>(options.seeds) * pretraining + static_cast<double>(options.seeds + options.tune) * tuning;
}

}  // namespace dbn
