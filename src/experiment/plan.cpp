#include "plan.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <dbn/core/error.hpp>
#include <dbn/core/parallel.hpp>
#include <dbn/data/split.hpp>
#include <dbn/pretrain/pretrain.hpp>

namespace dbn::detail {
namespace {

// Below this many parameters a net runs best on one thread, several nets at once: 784-500-500-2000 is above it.
constexpr double kSmallNet = 500000;

template <typename T>
void add_once(std::vector<T>& list, T value) {
  if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(std::move(value));
}

// The starts as they are to be parsed: those without an activation in every one that is asked for.
std::vector<std::string> start_texts(const ComparisonOptions& options) {
  if (options.activations.empty()) return options.starts;
  std::vector<std::string> texts;
  for (const auto& text : options.starts) {
    const auto plus = std::min(text.find('+'), text.size());
    if (text.substr(0, plus).find('@') != std::string::npos)
      texts.push_back(text);
    else
      for (const auto& name : options.activations)
        texts.push_back(text.substr(0, plus) + "@" + name + text.substr(plus));
  }
  return texts;
}

std::vector<Index> net_of(const ComparisonOptions& options, Index depth, Index width) {
  const auto& given = options.pretrain.layers;
  std::vector<Index> layers;
  for (std::size_t i = 0; i < static_cast<std::size_t>(depth); ++i)
    layers.push_back(width > 0 ? width : given[std::min(i, given.size() - 1)]);
  return layers;
}

// What a factor takes, its base first.
std::vector<Index> levels(const std::vector<Index>& asked, Index base) {
  return asked.empty() ? std::vector<Index>{base} : asked;
}

// The label counts that were asked for, each once, so that no run counts twice. "All" is what every seed has: where
// some cases are unlabelled, the seeds hold out different numbers of labels.
std::vector<Index> label_counts(const DataFiles& data, const ComparisonOptions& options, std::uint64_t seed) {
  Index all = data.training->case_count();
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(options.seeds); ++i) {
    const Split split = split_validation(*data.training, options.validation, seed + i);
    all = std::min(all, static_cast<Index>(labelled_cases(*data.training, split.training).size()));
  }
  std::vector<Index> counts;
  for (const auto& text : options.labels) {
    const Index count = text == "all" ? all : parse_integer(text, "--labels");
    if (count > all)
      throw InvalidArgument(fmt::format("--labels: expected at most {}, the labelled training cases of {}, found {}",
                                        all, data.training->name, count));
    add_once(counts, count);
  }
  return counts;
}

// Epochs of a start that may train for as long as the dearest pretraining and fine-tuning together: by operations, so
// that they are the same on every machine. Looks at validation cases train nothing and are not counted.
Index longer_epochs(const ComparisonOptions& options, const Plan& plan, const DataFiles& data,
                    const Treatment& treatment) {
  const auto sizes = net_sizes(data, treatment.layers);
  const std::vector<Index> below(sizes.begin(), sizes.end() - 1);
  const Split split = split_validation(*data.training, options.validation, 0);
  double dearest = 0;
  for (const auto& start : plan.starts)
    if (start.pretrained)
      dearest = std::max(dearest, pretrain_work(below, pretrain_options(options, start, treatment.layers),
                                                static_cast<Index>(split.training.size())));
  FinetuneOptions one = options.finetune;
  const Index usual = epoch_count(one, treatment.labels);
  one.epochs = 1;
  one.min_updates = 0;
  const double epoch = fine_tune_work(sizes, one, treatment.labels);
  return usual + static_cast<Index>(std::ceil(dearest / epoch));
}

// Of few cases it takes many epochs to work for as long as pretraining does on all: perhaps more than there can be.
void check_epochs(const DataFiles& data, const ComparisonOptions& options, const Plan& plan, std::uint64_t seed) {
  const auto cases = static_cast<Index>(split_validation(*data.training, options.validation, seed).training.size());
  for (const auto& treatment : plan.treatments) {
    const Start& start = plan.start_of(treatment);
    epoch_count(options.finetune, treatment.labels);
    try {
      finetune_options(options, plan, data, treatment).validate();
      if (start.pretrained) pretrain_options(options, stack_of(start, treatment), cases).validate();
    } catch (const InvalidArgument& error) {
      throw InvalidArgument(fmt::format(
          "--starts: {} with {} labels is to work for as long as pretraining, in too many epochs of so few cases ({}); "
          "try more labels, fewer --pretrain.epochs, or --starts without it",
          start.name, treatment.labels, error.what()));
    }
  }
}

}  // namespace

const Start& Plan::start_of(const Treatment& treatment) const {
  const auto at = std::find_if(starts.begin(), starts.end(), [&](const Start& s) { return s.name == treatment.start; });
  if (at == starts.end()) throw InvalidArgument(fmt::format("comparison: no start '{}'", treatment.start));
  return *at;
}

std::vector<Start> parse_starts(const ComparisonOptions& options) {
  std::vector<Start> starts;
  const auto add = [&](const std::string& text) {
    const bool seen = std::any_of(starts.begin(), starts.end(), [&](const Start& s) { return s.name == text; });
    if (seen) throw InvalidArgument(fmt::format("--starts: '{}' is named twice", text));
    starts.push_back(parse_start(text, options.pretrain));
  };
  for (const auto& text : start_texts(options)) add(text);
  const bool any_pretrained = std::any_of(starts.begin(), starts.end(), [](const Start& s) { return s.pretrained; });
  if (options.controls)
    for (const Start& start : std::vector<Start>(starts))
      for (const auto& row : controls())
        if (start.control == Control::none && row.pretrained == start.pretrained && (row.pretrained || any_pretrained))
          add(start.name + "+" + row.name);
  for (const Start& start : starts)
    if (start.control == Control::longer && !any_pretrained)
      throw InvalidArgument(fmt::format(
          "--starts: {} is trained longer by the work of pretraining, but no start is pretrained", start.name));
  return starts;
}

std::vector<std::vector<Index>> planned_nets(const ComparisonOptions& options) {
  const auto depths = levels(options.depths, std::ssize(options.pretrain.layers));
  const auto widths = levels(options.widths, 0);
  std::vector<std::vector<Index>> nets;
  for (const Index depth : depths)
    for (const Index width : widths)
      if (options.plan == "full" || depth == depths.front() || width == widths.front())
        add_once(nets, net_of(options, depth, width));
  return nets;
}

Plan make_plan(const DataFiles& data, const ComparisonOptions& options, std::uint64_t seed) {
  Plan plan{.starts = parse_starts(options), .treatments = {}};
  const auto nets = planned_nets(options);
  const auto counts = label_counts(data, options, seed);
  for (const auto& layers : nets)
    for (const Index labels : counts)
      if (options.plan == "full" || layers == nets.front() || labels == counts.front())
        for (const auto& start : plan.starts)
          plan.treatments.push_back({.start = start.name, .layers = layers, .labels = labels});
  check_epochs(data, options, plan, seed);
  return plan;
}

StackPlan stack_of(const Start& start, const Treatment& treatment) {
  return {.start = start.name.substr(0, start.name.find('+')),
          .labels = start.control == Control::labelled ? treatment.labels : 0,
          .layers = treatment.layers};
}

std::vector<StackPlan> planned_stacks(const Plan& plan) {
  std::vector<StackPlan> stacks;
  for (const auto& treatment : plan.treatments)
    if (const Start& start = plan.start_of(treatment); start.pretrained) add_once(stacks, stack_of(start, treatment));
  const std::vector<StackPlan> all = stacks;
  std::erase_if(stacks, [&](const StackPlan& one) {
    return std::any_of(all.begin(), all.end(),
                       [&](const StackPlan& other) { return other != one && serves(other, one); });
  });
  return stacks;
}

bool serves(const StackPlan& stack, const StackPlan& wanted) {
  return stack.start == wanted.start && stack.labels == wanted.labels && stack.layers.size() >= wanted.layers.size() &&
         std::equal(wanted.layers.begin(), wanted.layers.end(), stack.layers.begin());
}

std::vector<Index> net_sizes(const DataFiles& data, const std::vector<Index>& layers) {
  std::vector<Index> sizes{data.training->feature_count()};
  sizes.insert(sizes.end(), layers.begin(), layers.end());
  sizes.push_back(static_cast<Index>(data.training->classes.size()));
  return sizes;
}

PretrainOptions pretrain_options(const ComparisonOptions& options, const Start& start,
                                 const std::vector<Index>& layers) {
  PretrainOptions own = dbn::pretrain_options(start, options.pretrain);
  own.layers = layers;
  return own;
}

PretrainOptions pretrain_options(const ComparisonOptions& options, const StackPlan& stack, Index cases) {
  PretrainOptions own = pretrain_options(options, parse_start(stack.start, options.pretrain), stack.layers);
  if (stack.labels == 0) return own;
  const auto batches = [&](Index count) { return (count + own.batch - 1) / own.batch; };
  const Index times = (batches(cases) + batches(stack.labels) - 1) / batches(stack.labels);
  for (Index& epochs : own.epochs) epochs *= times;
  return own;
}

std::vector<std::vector<Index>> all_sizes(const DataFiles& data, const ComparisonOptions& options) {
  std::vector<std::vector<Index>> sizes;
  for (const auto& layers : planned_nets(options)) sizes.push_back(net_sizes(data, layers));
  return sizes;
}

bool trained_at_once(const std::vector<std::vector<Index>>& nets) {
  return std::all_of(nets.begin(), nets.end(), [](const auto& sizes) { return parameter_count(sizes) < kSmallNet; });
}

Index seeds_together(const std::vector<std::vector<Index>>& nets) {
  return trained_at_once(nets) ? 2 * static_cast<Index>(thread_count()) : 1;
}

FinetuneOptions finetune_options(const ComparisonOptions& options, const Plan& plan, const DataFiles& data,
                                 const Treatment& treatment) {
  FinetuneOptions own = options.finetune;
  const Start& start = plan.start_of(treatment);
  if (start.control == Control::frozen) own.freeze = std::ssize(treatment.layers);
  if (start.control != Control::longer) return own;
  own.epochs = longer_epochs(options, plan, data, treatment);
  own.min_updates = 0;
  return own;
}

std::string layers_text(const std::vector<Index>& layers) { return fmt::format("{}", fmt::join(layers, "-")); }

}  // namespace dbn::detail
