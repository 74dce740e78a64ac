#include <dbn/experiment/comparison_result.hpp>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <dbn/core/error.hpp>

namespace dbn {
namespace {

// Zero minus it, so that no difference stays 0 and does not become -0.
double turned(double x) { return 0.0 - x; }
std::array<double, 2> turned(const std::array<double, 2>& interval) {
  return {turned(interval[1]), turned(interval[0])};
}
template <typename T>
std::optional<T> turned(const std::optional<T>& x) {
  return x ? std::optional<T>(turned(*x)) : std::nullopt;
}

using Runs = std::vector<const ComparisonRun*>;

Runs runs_of(const ComparisonRecord& record, const Treatment& treatment) {
  Runs runs;
  for (const auto& run : record.runs)
    if (run.treatment == treatment) runs.push_back(&run);
  return runs;
}

// How long the runs took to the target. One that stopped early or diverged never arrived, however long it would have
// been watched: it counts as watched as long as any. Nothing when no run looked at validation cases.
template <typename Reached, typename Length>
TimeToTarget time_of(const Runs& runs, Reached reached, Length length) {
  double longest = 0;
  bool watched = false;
  for (const auto* run : runs) {
    // By rounding, seconds added in another order make an arrival a little later than the end of its run.
    const auto at = reached(*run);
    longest = std::max({longest, static_cast<double>(length(*run)), at ? static_cast<double>(*at) : 0.0});
    watched = watched || (!run->history.empty() && run->history.back().validation_error);
  }
  if (!watched) return {};
  std::vector<Arrival> arrivals;
  for (const auto* run : runs) {
    const auto at = reached(*run);
    arrivals.push_back({.time = at ? static_cast<double>(*at) : longest, .arrived = at.has_value()});
  }
  return time_to_target(arrivals);
}

const Start& start_named(const ComparisonHeader& header, const std::string& name) {
  const auto at =
      std::find_if(header.starts.begin(), header.starts.end(), [&](const Start& s) { return s.name == name; });
  if (at == header.starts.end()) throw InvalidArgument(fmt::format("comparison: no start '{}'", name));
  return *at;
}

void add_tuning(ComparisonCell& cell, const ComparisonRecord& record) {
  for (const auto& trial : record.trials) {
    if (trial.treatment != cell.treatment) continue;
    ++cell.tuning_trials;
    cell.tuning_updates += trial.updates;
    cell.tuning_seconds += trial.seconds;
    if (!trial.validation_error) continue;
    if (!cell.chosen || *trial.validation_error < *cell.chosen->validation_error) cell.chosen = trial;
  }
}

ComparisonCell cell_of(const ComparisonRecord& record, const Treatment& treatment, const Runs& runs) {
  ComparisonCell cell{.treatment = treatment, .start = start_named(record.header, treatment.start), .test_errors = {}};
  cell.runs = std::ssize(runs);
  for (const auto* run : runs) {
    if (run->failed()) {
      ++cell.failures;
      continue;
    }
    cell.test_errors.push_back(run->test_error);
    cell.seeds.push_back(run->seed);
    cell.pretrain_updates += static_cast<double>(run->pretrain_updates);
    cell.pretrain_seconds += run->pretrain_seconds;
    cell.finetune_seconds += run->finetune_seconds;
  }
  if (!cell.test_errors.empty()) {
    cell.test_error = mean_estimate(cell.test_errors);
    cell.bootstrap_interval = bootstrap_interval(cell.test_errors, record.header.seed);
    cell.pretrain_updates /= static_cast<double>(cell.test_errors.size());
    cell.pretrain_seconds /= static_cast<double>(cell.test_errors.size());
    cell.finetune_seconds /= static_cast<double>(cell.test_errors.size());
  }
  const double target = record.header.target;
  cell.epochs_to_target = time_of(
      runs, [&](const auto& run) { return epochs_to_target(run, target); },
      [](const auto& run) { return static_cast<double>(run.history.size()); });
  cell.seconds_to_target = time_of(
      runs, [&](const auto& run) { return seconds_to_target(run, target); },
      [](const auto& run) { return run.pretrain_seconds + run.finetune_seconds; });
  add_tuning(cell, record);
  return cell;
}

// Cases that are wrong in `a` and not in `b`; both lists are sorted.
Index only_in(const std::vector<Index>& a, const std::vector<Index>& b) {
  std::vector<Index> only;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(only));
  return std::ssize(only);
}

// Whether it is between these two, among others, that the question of pretraining lies.
bool are_rivals(const ComparisonHeader& header, const Treatment& a, const Treatment& b) {
  const Start &one = start_named(header, a.start), &other = start_named(header, b.start);
  return one.pretrained != other.pretrained && one.control == Control::none && other.control == Control::none;
}

// How many such pairs a net and number of labels has.
Index rivals_of(const std::vector<ComparisonCell>& cells, const Treatment& like) {
  Index pretrained = 0, random = 0;
  for (const auto& cell : cells)
    if (cell.treatment.labels == like.labels && cell.treatment.layers == like.layers &&
        cell.start.control == Control::none)
      ++(cell.start.pretrained ? pretrained : random);
  return pretrained * random;
}

// None when there is no seed on which both were trained.
std::optional<ComparisonPair> pair_of(const ComparisonRecord& record, const Treatment& a, const Treatment& b,
                                      Index rivals) {
  ComparisonPair pair{.a = a.start, .b = b.start, .layers = a.layers, .labels = a.labels, .errors = {}, .cases = {}};
  std::vector<double> errors_a, errors_b;
  const Runs others = runs_of(record, b);
  for (const auto* run : runs_of(record, a)) {
    const auto other = std::find_if(others.begin(), others.end(), [&](const auto* r) { return r->seed == run->seed; });
    if (other == others.end() || run->failed() || (*other)->failed()) continue;
    errors_a.push_back(run->test_error);
    errors_b.push_back((*other)->test_error);
    pair.cases.only_a += only_in(run->wrong, (*other)->wrong);
    pair.cases.only_b += only_in((*other)->wrong, run->wrong);
  }
  if (errors_a.empty()) return std::nullopt;
  pair.errors = paired_comparison(errors_a, errors_b, kEquivalenceMargin, record.header.seed);
  // Errors of so few test cases have steps wider than the margin, and are equal for no other reason.
  if (100.0 / static_cast<double>(record.header.test_cases) > kEquivalenceMargin) pair.errors.equivalence.p = 1;
  if (pair.errors.difference.interval && are_rivals(record.header, a, b)) {
    pair.rivals = rivals;
    pair.joint_interval =
        mean_estimate(paired_differences(errors_a, errors_b), 1 - kLevel / static_cast<double>(rivals)).interval;
  }
  pair.cases.test = mcnemar(pair.cases.only_a, pair.cases.only_b);
  return pair;
}

// Controls explain results; they must not make it harder to see one.
bool has_control(const ComparisonPair& pair, const ComparisonHeader& header) {
  return start_named(header, pair.a).control != Control::none || start_named(header, pair.b).control != Control::none;
}

std::vector<ComparisonPair> pairs_of(const ComparisonRecord& record, const std::vector<ComparisonCell>& cells) {
  std::vector<ComparisonPair> pairs;
  for (std::size_t i = 0; i < cells.size(); ++i)
    for (std::size_t j = i + 1; j < cells.size(); ++j) {
      const auto& a = cells[i].treatment;
      const auto& b = cells[j].treatment;
      if (a.labels != b.labels || a.layers != b.layers) continue;
      if (auto pair = pair_of(record, a, b, rivals_of(cells, a))) pairs.push_back(std::move(*pair));
    }
  for (const bool with_control : {false, true}) {
    std::vector<ComparisonPair*> family;
    std::vector<double> p;
    for (auto& pair : pairs)
      if (has_control(pair, record.header) == with_control) {
        family.push_back(&pair);
        p.push_back(pair.errors.p_wilcoxon);
      }
    const auto adjusted = holm_adjusted(p);
    for (std::size_t i = 0; i < family.size(); ++i) {
      family[i]->p_holm = adjusted[i];
      family[i]->family = std::ssize(family);
    }
  }
  return pairs;
}

// On which none of them failed.
std::set<std::uint64_t> common_seeds(const std::vector<const ComparisonCell*>& cells) {
  std::set<std::uint64_t> common(cells.front()->seeds.begin(), cells.front()->seeds.end());
  for (const auto* cell : cells)
    std::erase_if(common, [&](auto seed) { return std::ranges::find(cell->seeds, seed) == cell->seeds.end(); });
  return common;
}

// The mean test error on these seeds; of all that the cell has where there are none.
double mean_on(const ComparisonCell& cell, const std::set<std::uint64_t>& seeds) {
  if (seeds.empty()) return cell.test_error->mean;
  double sum = 0;
  for (std::size_t i = 0; i < cell.seeds.size(); ++i)
    if (seeds.contains(cell.seeds[i])) sum += cell.test_errors[i];
  return sum / static_cast<double>(seeds.size());
}

}  // namespace

ComparisonPair turned(ComparisonPair pair) {
  std::swap(pair.a, pair.b);
  std::swap(pair.cases.only_a, pair.cases.only_b);
  auto& errors = pair.errors;
  errors.difference.mean = turned(errors.difference.mean);
  errors.difference.interval = turned(errors.difference.interval);
  pair.joint_interval = turned(pair.joint_interval);
  errors.bootstrap_interval = turned(errors.bootstrap_interval);
  errors.equivalence.interval = turned(errors.equivalence.interval);
  if (errors.effect)
    errors.effect = EffectSize{.d_z = turned(errors.effect->d_z),
                               .unbiased = turned(errors.effect->unbiased),
                               .interval = turned(errors.effect->interval)};
  return pair;
}

const ComparisonCell& ComparisonResult::cell(const Treatment& treatment) const {
  for (const auto& cell : cells)
    if (cell.treatment == treatment) return cell;
  throw InvalidArgument(fmt::format("comparison: no runs of start '{}' with layers {} and {} labels", treatment.start,
                                    fmt::join(treatment.layers, "-"), treatment.labels));
}

std::optional<ComparisonPair> ComparisonResult::find_pair(const std::string& a, const std::string& b,
                                                          const std::vector<Index>& layers, Index labels) const {
  for (const auto& pair : pairs) {
    if (pair.labels != labels || pair.layers != layers) continue;
    if (pair.a == a && pair.b == b) return pair;
    if (pair.a == b && pair.b == a) return turned(pair);
  }
  return std::nullopt;
}

ComparisonPair ComparisonResult::pair(const std::string& a, const std::string& b, const std::vector<Index>& layers,
                                      Index labels) const {
  if (auto found = find_pair(a, b, layers, labels)) return *found;
  throw InvalidArgument(fmt::format("comparison: no pair of '{}' and '{}' with layers {} and {} labels", a, b,
                                    fmt::join(layers, "-"), labels));
}

const ComparisonCell* ComparisonResult::best(const std::vector<Index>& layers, Index labels, bool pretrained) const {
  std::vector<const ComparisonCell*> candidates;
  for (const auto& cell : cells)
    if (cell.treatment.layers == layers && cell.treatment.labels == labels && cell.test_error &&
        cell.start.control == Control::none && cell.start.pretrained == pretrained)
      candidates.push_back(&cell);
  const auto mostly_fails = [](const ComparisonCell* cell) { return 2 * cell->failures > cell->runs; };
  if (!std::all_of(candidates.begin(), candidates.end(), mostly_fails)) std::erase_if(candidates, mostly_fails);
  if (candidates.empty()) return nullptr;
  const auto common = common_seeds(candidates);
  const auto error = [&](const ComparisonCell* cell) { return mean_on(*cell, common); };
  return *std::min_element(candidates.begin(), candidates.end(),
                           [&](const auto* a, const auto* b) { return error(a) < error(b); });
}

ComparisonResult summarize(const ComparisonRecord& record) {
  if (record.runs.empty()) throw InvalidArgument("comparison: expected a record with runs, found none");
  ComparisonResult result;
  for (const auto& treatment : record.header.treatments)
    if (const Runs runs = runs_of(record, treatment); !runs.empty())
      result.cells.push_back(cell_of(record, treatment, runs));
  result.pairs = pairs_of(record, result.cells);
  return result;
}

}  // namespace dbn
