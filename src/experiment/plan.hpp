#pragma once
// What a comparison trains: every start on every net and number of labels that its options ask for.

#include <cstdint>
#include <string>
#include <vector>

#include <dbn/experiment/comparison.hpp>

namespace dbn::detail {

/// One pretraining of a seed: what its start learns without labels. It serves every net that begins with these layers.
struct StackPlan {
  std::string start;  ///< without its control
  Index labels = 0;   ///< pretrained on so many labelled cases alone; 0: on all cases
  std::vector<Index> layers;

  bool operator==(const StackPlan&) const = default;
};

struct Plan {
  std::vector<Start> starts;
  std::vector<Treatment> treatments;  ///< by net, then label count, then start

  const Start& start_of(const Treatment& treatment) const;
};

/// The starts that the options name, with activations and controls of their own. Throws InvalidArgument for unknown
/// ones and for one that stands twice.
std::vector<Start> parse_starts(const ComparisonOptions& options);

/// The hidden layers of every net, each once: of so many depths and widths, the base first.
std::vector<std::vector<Index>> planned_nets(const ComparisonOptions& options);

/// Throws InvalidArgument when the data have too few labels, and when a control needs more epochs than there can be.
Plan make_plan(const DataFiles& data, const ComparisonOptions& options, std::uint64_t seed);

/// The pretraining that a treatment starts from, whatever else it serves.
StackPlan stack_of(const Start& start, const Treatment& treatment);

/// Whether one pretraining is the beginning of another, which then serves for both.
bool serves(const StackPlan& stack, const StackPlan& wanted);

/// What the treatments of a plan need for each seed, without stacks that are the beginning of another.
std::vector<StackPlan> planned_stacks(const Plan& plan);

/// Features, hidden layers, classes.
std::vector<Index> net_sizes(const DataFiles& data, const std::vector<Index>& layers);

/// Those of every planned net.
std::vector<std::vector<Index>> all_sizes(const DataFiles& data, const ComparisonOptions& options);
/// Whether all these nets are small enough to be trained several at once, on one thread each.
bool trained_at_once(const std::vector<std::vector<Index>>& nets);
/// How many seeds share memory: enough to keep all threads busy; more would only hold memory.
Index seeds_together(const std::vector<std::vector<Index>>& nets);

/// How a treatment is pretrained and fine-tuned, before tuning.
PretrainOptions pretrain_options(const ComparisonOptions& options, const Start& start,
                                 const std::vector<Index>& layers);
/// The same of a stack, where `cases` are all that may pretrain: on labelled cases alone in so many more epochs that
/// there are as many updates, or the fewer updates would speak against them.
PretrainOptions pretrain_options(const ComparisonOptions& options, const StackPlan& stack, Index cases);
FinetuneOptions finetune_options(const ComparisonOptions& options, const Plan& plan, const DataFiles& data,
                                 const Treatment& treatment);

/// All that the runs' bits depend on; starts, nets, seeds and label counts name the runs instead, and may grow.
RunIdentity identity_of(const DataFiles& data, const std::string& scale, ComparisonOptions options, std::uint64_t seed);

/// For messages and names of files: 500-500-2000.
std::string layers_text(const std::vector<Index>& layers);

}  // namespace dbn::detail
