#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <dbn/experiment/comparison_result.hpp>
#include <dbn/experiment/power.hpp>

#include "contest.hpp"

namespace dbn {
namespace {

using namespace detail;

constexpr double kPower = 0.8;  // by convention [Cohen 1988]

// How far the winner is below the loser.
std::string describe(const Contest& contest, Index test_cases) {
  const auto& interval = *contest.interval();
  const Index pairs = contest.gain.rivals;
  const std::string choice = pairs > 1 ? fmt::format(", wide enough for the best of {} pairs", pairs) : "";
  return fmt::format("{:.2f} points below {} (paired 95 % interval {:.2f} to {:.2f}{}, {} seeds, these {} test cases)",
                     contest.gain.errors.difference.mean, name_of(*contest.loser), interval[0], interval[1], choice,
                     contest.gain.errors.seeds, test_cases);
}

// What a clear difference means for pretraining.
std::string conclusion(const Contest& contest) {
  if (!contest.doubts.empty()) return fmt::format("but {}", fmt::join(contest.doubts, ", and "));
  if (contest.confirmed()) return contest.helps ? "pretraining helps here" : "pretraining does not help here";
  return contest.helps ? "pretraining seems to help here" : "pretraining does not seem to help here";
}

// What the paired interval allows to say, and no more.
std::string answer(const Contest& contest, Index test_cases) {
  const auto& errors = contest.gain.errors;
  const std::string& winner = name_of(*contest.winner);
  const std::string& loser = name_of(*contest.loser);
  if (!contest.interval()) {
    const double mean = errors.difference.mean;
    const std::string seen = mean > 0 ? fmt::format("{} erred {:.2f} points less than {}", winner, mean, loser)
                                      : fmt::format("{} and {} erred alike", winner, loser);
    if (errors.seeds == 1) return fmt::format("one seed cannot tell; {} in it, run more --seeds", seen);
    return fmt::format("{} seeds cannot tell: {} in each, which is no spread to judge by; run more --seeds",
                       errors.seeds, seen);
  }
  if (!contest.clear())
    return fmt::format("{} seeds do not tell {} from {}: {} comes out {}; the interval holds 0", errors.seeds,
                       contest.helps ? winner : loser, contest.helps ? loser : winner, winner,
                       describe(contest, test_cases));
  const std::string advice = contest.winner->failures > contest.loser->failures
                                 ? fmt::format("where it can be trained at all, {} is better", winner)
                                 : fmt::format("start from {}", winner);
  return fmt::format("{}: its error is {}; {}", advice, describe(contest, test_cases), conclusion(contest));
}

// How sure that is beyond the one interval, or what it would take.
std::string certainty(const Contest& contest) {
  const auto& errors = contest.gain.errors;
  const Index pairs = contest.gain.family;
  const Index at_least = std::max({errors.seeds + 1, seeds_to_confirm(pairs), kSeedsForAClaim});
  if (!contest.interval()) return "";
  if (contest.clear()) {
    const bool open = contest.failures() == 0 && contest.doubts.empty() && errors.seeds < kSeedsForAClaim;
    const std::string claim = open ? fmt::format(" {} seeds would make it a claim.", kSeedsForAClaim) : "";
    if (pairs == 1 && contest.gain.p_holm <= kLevel)
      return fmt::format(" Wilcoxon's test agrees (p = {:.2g}).", contest.gain.p_holm) + claim;
    if (contest.gain.p_holm <= kLevel)
      return fmt::format(" It stands among all {} pairs that were compared (Holm's p = {:.2g}).", pairs,
                         contest.gain.p_holm) +
             claim;
    return fmt::format(
        " The rank test over {} pair{} does not confirm it yet (Holm's p = {:.2g}), which takes {} seeds at least.",
        pairs, pairs == 1 ? "" : "s", contest.gain.p_holm, at_least);
  }
  // Like the interval, for whichever of the pairs were the best.
  const auto rivals = static_cast<double>(contest.gain.rivals);
  if (const double p = rivals * errors.equivalence.p; p <= kLevel)
    return fmt::format(" They are the same within {:g} points (p = {:.2g}): take the cheaper one.", errors.margin, p);
  const auto needed = pairs_needed(errors.difference.mean, errors.difference.deviation, kPower, kLevel / rivals);
  if (!needed) return " Take the cheaper one.";
  return fmt::format(
      " If the difference is what it looks like, about {} seeds would show it; until then take the "
      "cheaper one.",
      std::max(*needed, at_least));
}

// Three digits, and all that are before the point.
std::string seconds_text(double seconds) {
  return seconds < 999.5 ? fmt::format("{:.3g}", seconds) : fmt::format("{:.0f}", seconds);
}

std::string cost(const Contest& contest) {
  const ComparisonCell& pretrained = contest.pretrained();
  const ComparisonCell& random = contest.random();
  return fmt::format(" A run of {} takes {} s of pretraining and {} s of fine-tuning, one of {} {} s.",
                     name_of(pretrained), seconds_text(pretrained.pretrain_seconds),
                     seconds_text(pretrained.finetune_seconds), name_of(random), seconds_text(random.finetune_seconds));
}

// What the controls of the best pretrained start and the longer runs of random ones come to.
std::string controls_text(const ComparisonResult& result, const Contest& contest) {
  std::vector<std::string> parts;
  for (const auto* cell : cells_of(result, setting_of(*contest.winner))) {
    if (cell->start.control == Control::none || !cell->test_error) continue;
    const bool told = cell->start.control == Control::longer || base_name(*cell) == name_of(*contest.winner) ||
                      base_name(*cell) == name_of(*contest.loser);
    if (told) parts.push_back(fmt::format("{} errs {:.2f} %", name_of(*cell), cell->test_error->mean));
  }
  if (parts.empty()) return "";
  return fmt::format(" Controls: {} (against {:.2f} % of {}).", fmt::join(parts, ", "),
                     contest.winner->test_error->mean, name_of(*contest.winner));
}

std::string failures_text(const ComparisonResult& result, const Setting& setting) {
  std::string text;
  for (const auto* cell : cells_of(result, setting))
    if (cell->failures > 0)
      text += fmt::format(" {} of {} runs of {} diverged and count in no mean.", cell->failures, cell->runs,
                          name_of(*cell));
  return text;
}

// Where there is nothing to compare: what there is, and what is missing.
std::string without_contest(const ComparisonResult& result, const Setting& setting) {
  const auto* pretrained = result.best(setting.layers, setting.labels, true);
  const auto* random = result.best(setting.layers, setting.labels, false);
  if (pretrained != nullptr && random != nullptr)
    return fmt::format("no seed tells {} from {}: on none were both trained.", name_of(*pretrained), name_of(*random));
  const auto cells = cells_of(result, setting);
  const auto* only = pretrained != nullptr ? pretrained : random;
  if (only == nullptr)
    return std::any_of(cells.begin(), cells.end(), [](const auto* cell) { return cell->test_error.has_value(); })
               ? "no start ended with a net but as a control of one."
               : "no run ended with a net.";
  const bool other_failed = std::any_of(cells.begin(), cells.end(), [&](const auto* cell) {
    return cell->start.control == Control::none && cell->start.pretrained != only->start.pretrained;
  });
  const std::string missing = other_failed ? fmt::format("no run of a {} start ended with a net",
                                                         only->start.pretrained ? "random" : "pretrained")
                                           : "name a pretrained and a random start to compare them";
  return fmt::format("{} has the lowest mean error of the starts, {:.2f} %; {}.", name_of(*only),
                     only->test_error->mean, missing);
}

std::string sentence_for(const ComparisonResult& result, const Setting& setting, Index test_cases) {
  const auto found = contest(result, setting);
  if (!found) return without_contest(result, setting) + failures_text(result, setting);
  return answer(*found, test_cases) + "." + certainty(*found) + cost(*found) + controls_text(result, *found) +
         failures_text(result, setting);
}

// What the gain of pretraining does from the fewest labels to the most, on the first net.
std::string trend(const ComparisonResult& result) {
  std::vector<Contest> contests;
  for (const auto& cell : result.cells) {
    if (cell.treatment.layers != result.cells.front().treatment.layers) continue;
    const bool seen = std::any_of(contests.begin(), contests.end(), [&](const Contest& c) {
      return c.winner->treatment.labels == cell.treatment.labels;
    });
    if (seen) continue;
    if (const auto found = contest(result, setting_of(cell))) contests.push_back(*found);
  }
  if (contests.size() < 2) return "";
  const auto by_labels = [](const Contest& a, const Contest& b) {
    return a.winner->treatment.labels < b.winner->treatment.labels;
  };
  const auto [few, many] = std::minmax_element(contests.begin(), contests.end(), by_labels);
  if (!differ(*few, *many)) return "";
  const auto gain = [](const Contest& c) { return (c.helps ? 1 : -1) * c.gain.errors.difference.mean; };
  return fmt::format(
      "\nWhat pretraining gains goes from {:.2f} points with {} labels to {:.2f} with {}: another number of labels may "
      "change the answer.",
      gain(*few), few->winner->treatment.labels, gain(*many), many->winner->treatment.labels);
}

std::string tuning_text(const ComparisonRecord& record) {
  const ComparisonHeader& header = record.header;
  if (header.tuning_trials == 0) return "No start was tuned; --tune gives each the same number of trials.";
  double seconds = 0;
  for (const auto& trial : record.trials) seconds += trial.seconds;
  return fmt::format(
      "Starts were tuned on the validation cases of seed {}, each by the same {} trials wherever it stands, which took "
      "{} s of fine-tuning; no interval counts what another seed would have chosen.",
      header.seed, header.tuning_trials, seconds_text(seconds));
}

}  // namespace

std::string verdict(const ComparisonRecord& record, const ComparisonResult& result) {
  std::string text;
  std::vector<Setting> done;
  const bool several_nets = std::any_of(result.cells.begin(), result.cells.end(), [&](const ComparisonCell& cell) {
    return cell.treatment.layers != result.cells.front().treatment.layers;
  });
  for (const auto& cell : result.cells) {
    const Setting setting = setting_of(cell);
    if (std::find(done.begin(), done.end(), setting) != done.end()) continue;
    done.push_back(setting);
    const std::string net = several_nets ? fmt::format(" and layers {}", fmt::join(setting.layers, "-")) : "";
    text += fmt::format("{}With {} labels{}, {}", text.empty() ? "" : "\n", setting.labels, net,
                        sentence_for(result, setting, record.header.test_cases));
  }
  return text + trend(result) + "\n" + tuning_text(record);
}

}  // namespace dbn
