#include <dbn/experiment/comparison.hpp>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/parallel.hpp>
#include <dbn/data/binarization.hpp>
#include <dbn/data/fingerprint.hpp>
#include <dbn/data/split.hpp>

#include "block.hpp"

namespace dbn {
namespace {

using detail::Block;
using detail::Jobs;
using detail::KeptRuns;

// Below this many parameters a net runs best on one thread, several nets at once: 784-500-500-2000 is above it.
constexpr double kSmallNet = 500000;

bool trained_at_once(const std::vector<Index>& sizes) { return parameter_count(sizes) < kSmallNet; }

// How many seeds share memory: enough to keep all threads busy; more would only hold memory.
Index seeds_together(const std::vector<Index>& sizes) {
  return trained_at_once(sizes) ? 2 * static_cast<Index>(thread_count()) : 1;
}

// Trains everything of some blocks that was not finished before: first the stacks, then the nets, in the order of a
// comparison's runs.
class Wave {
 public:
  Wave(std::vector<Block>& blocks, const std::vector<Start>& starts, const std::vector<Index>& counts, Jobs& jobs)
      : blocks_(blocks), starts_(starts), counts_(counts), jobs_(jobs) {
    runs_.resize(blocks.size() * counts.size() * starts.size());
    for (std::size_t i = 0; i < runs_.size(); ++i)
      if (auto run = block(i).finished(start(i), labels(i)))
        runs_[i] = std::move(*run);
      else
        open_.push_back(i);
  }

  std::vector<ComparisonRun> run() {
    pretrain();
    fine_tune();
    for (const Block& block : blocks_) block.forget_stacks();
    return std::move(runs_);
  }

 private:
  // Of run i: blocks are slowest, then label counts, then starts.
  Block& block(std::size_t i) { return blocks_[i / (counts_.size() * starts_.size())]; }
  std::size_t start(std::size_t i) const { return i % starts_.size(); }
  Index labels(std::size_t i) const { return counts_[i / starts_.size() % counts_.size()]; }

  void pretrain() {
    std::set<std::pair<Block*, std::size_t>> wanted;
    std::vector<std::pair<Block*, std::size_t>> stacks;
    for (const std::size_t i : open_)
      if (starts_[start(i)].pretrained && wanted.emplace(&block(i), start(i)).second)
        stacks.emplace_back(&block(i), start(i));
    jobs_.run(fmt::format("pretraining {} stacks", stacks.size()), std::ssize(stacks), [&](Index job, Jobs::Tell tell) {
      const auto& [owner, which] = stacks[static_cast<std::size_t>(job)];
      owner->pretrain_start(which, jobs_, tell);
    });
  }

  void fine_tune() {
    jobs_.run(fmt::format("fine-tuning {} nets", open_.size()), std::ssize(open_), [&](Index job, Jobs::Tell tell) {
      const std::size_t i = open_[static_cast<std::size_t>(job)];
      runs_[i] = block(i).run(start(i), labels(i), jobs_, tell);
      jobs_.finished(runs_[i]);
    });
  }

  std::vector<Block>& blocks_;
  const std::vector<Start>& starts_;
  const std::vector<Index>& counts_;
  Jobs& jobs_;
  std::vector<ComparisonRun> runs_;
  std::vector<std::size_t> open_;  ///< runs that are still to be made
};

// All that the runs' bits depend on; starts, seeds and label counts name the runs instead, and may grow.
RunIdentity identity_of(const DataFiles& data, const std::string& scale, ComparisonOptions options) {
  RunIdentity identity{{"--scale", scale},
                       {"--binarize", options.binarize},
                       {"training data", fingerprint(*data.training)},
                       {"test data", fingerprint(*data.test)}};
  const auto prefixed = [&](OptionFields fields, const std::string& prefix) {
    std::erase_if(fields,
                  [](const OptionField& field) { return field.name == "layers" || field.name == "on-divergence"; });
    for (auto& field : fields) field.name = prefix + field.name;
    add_options(identity, fields);
  };
  add_options(identity, options.fields(), {"starts", "seeds", "labels", "target"});
  prefixed(options.pretrain.fields(), "pretrain.");
  prefixed(options.finetune.fields(), "finetune.");
  return identity;
}

std::vector<Start> parse_starts(const ComparisonOptions& options) {
  std::vector<Start> starts;
  for (const auto& text : options.starts) {
    const bool seen = std::any_of(starts.begin(), starts.end(), [&](const Start& s) { return s.name == text; });
    if (seen) throw InvalidArgument(fmt::format("--starts: '{}' is named twice", text));
    starts.push_back(parse_start(text, options.pretrain));
  }
  return starts;
}

void check_data(const DataFiles& data) {
  if (!data.training->labelled())
    throw InvalidArgument(fmt::format("{}: a comparison expects labels, found none; see --label-file, --label-column",
                                      data.training->name));
  if (!data.test || !data.test->labelled())
    throw InvalidArgument(
        fmt::format("{}: a comparison expects labelled test cases; name them with --test", data.training->name));
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
    if (std::find(counts.begin(), counts.end(), count) == counts.end()) counts.push_back(count);
  }
  return counts;
}

ComparisonCell summarize(const Start& start, Index labels, const std::vector<ComparisonRun>& runs) {
  ComparisonCell cell{.start = start, .labels = labels, .test_error = {}, .test_errors = {}};
  std::vector<double> epochs;
  for (const auto& run : runs) {
    if (run.start != start.name || run.labels != labels) continue;
    cell.test_errors.push_back(run.test_error);
    cell.pretrain_seconds += run.pretrain_seconds;
    cell.finetune_seconds += run.finetune_seconds;
    if (run.epochs_to_target) epochs.push_back(static_cast<double>(*run.epochs_to_target));
  }
  const auto n = static_cast<double>(cell.test_errors.size());
  cell.pretrain_seconds /= n;
  cell.finetune_seconds /= n;
  cell.test_error = mean_estimate(cell.test_errors);
  cell.arrived = static_cast<Index>(epochs.size());
  std::sort(epochs.begin(), epochs.end());
  if (!epochs.empty()) cell.epochs_to_target = 0.5 * (epochs[(epochs.size() - 1) / 2] + epochs[epochs.size() / 2]);
  return cell;
}

std::vector<ComparisonPair> compare_pairs(const std::vector<ComparisonCell>& cells) {
  std::vector<ComparisonPair> pairs;
  std::vector<double> p;
  for (std::size_t i = 0; i < cells.size(); ++i)
    for (std::size_t j = i + 1; j < cells.size(); ++j) {
      const auto& a = cells[i];
      const auto& b = cells[j];
      if (a.labels != b.labels) continue;
      pairs.push_back({.a = a.start.name,
                       .b = b.start.name,
                       .labels = a.labels,
                       .difference = paired_difference(a.test_errors, b.test_errors)});
      p.push_back(pairs.back().p_wilcoxon = wilcoxon_signed_rank(a.test_errors, b.test_errors));
    }
  const auto adjusted = holm_adjusted(p);
  for (std::size_t i = 0; i < pairs.size(); ++i) pairs[i].p_holm = adjusted[i];
  return pairs;
}

}  // namespace

// Smaller than the defaults of the single commands: a first answer in about a minute.
ComparisonOptions::ComparisonOptions() {
  pretrain.layers = {300, 300, 300};
  finetune.min_updates = 1000;
}

OptionFields ComparisonOptions::fields() {
  return {
      {.name = "starts",
       .value = &starts,
       .help =
           "pretrainers and initializers to compare, as NAME[@ACTIVATION]; without ACTIVATION the one that the start "
           "is meant for: relu for he, sigmoid for pretrainers and xavier; auto is what is recommended for ACTIVATION"},
      {.name = "seeds", .value = &seeds, .help = "paired repetitions", .range = {1, 1000}},
      {.name = "labels", .value = &labels, .help = "numbers of labels to fine-tune on; all cases serve pretraining"},
      {.name = "layers", .value = &pretrain.layers, .help = "hidden layers of every net", .range = {1, 1e9}},
      {.name = "validation",
       .value = &validation,
       .help =
           "training cases held out: a count, or a fraction below 1; their labels come on top of --labels, draw the "
           "curves, and choose the epoch only with --finetune.patience"},
      {.name = "target",
       .value = &target,
       .help = "validation error in percent whose first epoch is reported",
       .range = {0, 100}},
  };
}

void ComparisonOptions::validate() const {
  ComparisonOptions copy = *this;
  check_options(copy.fields());
  if (starts.empty() || labels.empty()) throw InvalidArgument("compare: expected at least one start and label count");
  for (const auto& text : labels)
    if (text != "all" && parse_integer(text, "--labels") < 1)
      throw InvalidArgument(fmt::format("--labels: expected counts from 1 or all, found '{}'", text));
  Binarization::parse(binarize, 0);
  pretrain.validate();
  finetune.validate();
  if (task(finetune.task).outputs != Outputs::classes)
    throw InvalidArgument(
        fmt::format("--finetune.task: expected classification, whose starts can be compared, found {}; train and "
                    "evaluate each start by `dbn finetune`",
                    finetune.task));
  parse_starts(*this);
}

const ComparisonCell& ComparisonResult::cell(const std::string& start, Index labels) const {
  for (const auto& cell : cells)
    if (cell.start.name == start && cell.labels == labels) return cell;
  throw InvalidArgument(fmt::format("comparison: no runs of start '{}' with {} labels", start, labels));
}

ComparisonPair ComparisonResult::pair(const std::string& a, const std::string& b, Index labels) const {
  for (ComparisonPair pair : pairs) {
    if (pair.labels != labels) continue;
    if (pair.a == a && pair.b == b) return pair;
    if (pair.a != b || pair.b != a) continue;
    std::swap(pair.a, pair.b);
    // Subtracted from zero, so that no difference stays 0 and does not become -0.
    pair.difference.mean = 0.0 - pair.difference.mean;
    if (auto& interval = pair.difference.interval) interval = {{0.0 - (*interval)[1], 0.0 - (*interval)[0]}};
    return pair;
  }
  throw InvalidArgument(fmt::format("comparison: no pair of '{}' and '{}' with {} labels", a, b, labels));
}

void check_comparison(const DataFiles& data, const ComparisonOptions& options, std::uint64_t seed) {
  options.validate();
  check_data(data);
  label_counts(data, options, seed);
}

ComparisonResult compare_starts(const DataFiles& data, const std::string& scale, const ComparisonOptions& options,
                                std::uint64_t seed, const ComparisonObserver& observer, CheckpointFolder* folder) {
  check_comparison(data, options, seed);
  const auto starts = parse_starts(options);
  ComparisonResult result;
  const auto counts = label_counts(data, options, seed);
  const auto sizes = detail::net_sizes(data, options);
  KeptRuns kept{.folder = folder};
  if (folder != nullptr) kept.identity = identity_of(data, scale, options);
  Jobs jobs(trained_at_once(sizes), observer);
  const Index together = seeds_together(sizes);
  for (Index first = 0; first < options.seeds; first += together) {
    std::vector<Block> blocks;
    for (Index i = first; i < std::min(first + together, options.seeds); ++i)
      blocks.emplace_back(data, scale, options, starts, seed + static_cast<std::uint64_t>(i), kept);
    for (auto& run : Wave(blocks, starts, counts, jobs).run()) result.runs.push_back(std::move(run));
  }
  for (const Index labels : counts)
    for (const auto& start : starts) result.cells.push_back(summarize(start, labels, result.runs));
  result.pairs = compare_pairs(result.cells);
  return result;
}

double comparison_memory(const DataFiles& data, const ComparisonOptions& options, bool kept) {
  const auto sizes = detail::net_sizes(data, options);
  const Index cases = data.training->case_count();
  const double seeds = static_cast<double>(std::min(seeds_together(sizes), options.seeds));
  const double at_once = trained_at_once(sizes) ? thread_count() : 1;
  double stacks = 0;  // of one seed
  double pretraining = 0;
  double pretrained = 0;
  for (const auto& start : parse_starts(options)) {
    if (!start.pretrained) continue;
    const PretrainOptions own = pretrain_options(start, options.pretrain);
    pretraining = std::max(pretraining, pretrain_memory(sizes.front(), own, cases, cases));
    stacks += stack_memory(sizes.front(), own);
    ++pretrained;
  }
  const double runs = seeds * static_cast<double>(options.starts.size() * options.labels.size());
  const double tuning = fine_tune_memory(sizes, options.finetune, cases);
  // Numbers of cases: the parts of a split, and those with labels.
  const double members = seeds * 4 * sizeof(Index) * static_cast<double>(cases + data.test->case_count());
  // Finished stacks and nets also wait, with what a checkpoint holds of them, for a signal to stop the comparison.
  const double waiting =
      kept ? seeds * 2 * stacks + std::min(at_once, runs) * 4 * sizeof(Scalar) * parameter_count(sizes) : 0;
  return members + seeds * stacks + waiting +
         std::max(std::min(at_once, seeds * pretrained) * pretraining, std::min(at_once, runs) * tuning);
}

}  // namespace dbn
