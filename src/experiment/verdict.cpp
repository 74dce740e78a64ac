#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <dbn/experiment/comparison_result.hpp>

namespace dbn {
namespace {

constexpr double kLevel = 0.05;

using Cells = std::vector<const ComparisonCell*>;

// Cells of one net and number of labels.
struct Setting {
  std::vector<Index> layers;
  Index labels;
  bool operator==(const Setting&) const = default;
};

Setting setting_of(const ComparisonCell& cell) { return {cell.treatment.layers, cell.treatment.labels}; }

Cells cells_of(const ComparisonResult& result, const Setting& setting) {
  Cells cells;
  for (const auto& cell : result.cells)
    if (setting_of(cell) == setting) cells.push_back(&cell);
  return cells;
}

const std::string& name_of(const ComparisonCell& cell) { return cell.treatment.start; }

// Without its control.
std::string base_name(const ComparisonCell& cell) { return name_of(cell).substr(0, name_of(cell).find('+')); }

/// The best pretrained start and the best random one of a setting, and what they differ by.
struct Contest {
  const ComparisonCell* winner;
  const ComparisonCell* loser;
  ComparisonPair gain;  ///< the loser's error minus the winner's
  bool helps;           ///< the winner is pretrained
};

// The winner is the one that errs less on the seeds on which both were trained.
std::optional<Contest> contest(const ComparisonResult& result, const Setting& setting) {
  const auto* pretrained = result.best(setting.layers, setting.labels, true);
  const auto* random = result.best(setting.layers, setting.labels, false);
  if (pretrained == nullptr || random == nullptr) return std::nullopt;
  const auto gain = result.find_pair(name_of(*random), name_of(*pretrained), setting.layers, setting.labels);
  if (!gain) return std::nullopt;
  const bool helps = gain->errors.difference.mean > 0;
  return Contest{.winner = helps ? pretrained : random,
                 .loser = helps ? random : pretrained,
                 .gain = helps ? *gain : turned(*gain),
                 .helps = helps};
}

// What the claim rests on: it holds whichever starts were the best.
const std::optional<std::array<double, 2>>& interval_of(const Contest& contest) { return contest.gain.joint_interval; }

bool clear(const Contest& contest) { return interval_of(contest) && (*interval_of(contest))[0] > 0; }

// How far the winner is below the loser.
std::string describe(const Contest& contest, Index test_cases) {
  const auto& interval = *interval_of(contest);
  const Index pairs = contest.gain.rivals;
  const std::string choice = pairs > 1 ? fmt::format(", wide enough for the best of {} pairs", pairs) : "";
  return fmt::format("{:.2f} points below {} (paired 95 % interval {:.2f} to {:.2f}{}, {} seeds, these {} test cases)",
                     contest.gain.errors.difference.mean, name_of(*contest.loser), interval[0], interval[1], choice,
                     contest.gain.errors.seeds, test_cases);
}

// What a control takes away from a win of pretraining, in words; nothing when it errs more than the winner for sure.
// One that was planned and cannot be judged takes as much.
std::string doubt(const ComparisonResult& result, const Contest& contest, const ComparisonCell& control) {
  const Treatment& winner = contest.winner->treatment;
  const auto pair = result.find_pair(name_of(control), winner.start, winner.layers, winner.labels);
  const std::optional<std::array<double, 2>> above = pair ? pair->errors.difference.interval : std::nullopt;
  if (above && (*above)[0] > 0) return "";
  const std::string is = !above            ? "was not trained often enough to tell"
                         : (*above)[1] < 0 ? "is better"
                                           : "is not clearly worse";
  return fmt::format("{} {}", name_of(control), is);
}

// Another way to the same error: a random start with the time of pretraining, or weights without their structure.
std::vector<std::string> doubts(const ComparisonResult& result, const Contest& contest) {
  std::vector<std::string> found;
  if (!contest.helps) return found;
  for (const auto* cell : cells_of(result, setting_of(*contest.winner))) {
    const bool shuffled = cell->start.control == Control::shuffled && base_name(*cell) == name_of(*contest.winner);
    if (cell->start.control != Control::longer && !shuffled) continue;
    if (const auto text = doubt(result, contest, *cell); !text.empty()) found.push_back(text);
  }
  return found;
}

bool confirmed(const Contest& contest) {
  return contest.gain.errors.seeds >= kSeedsForAClaim && contest.gain.p_holm <= kLevel &&
         contest.winner->failures + contest.loser->failures == 0;
}

// What a clear difference means for pretraining.
std::string conclusion(const ComparisonResult& result, const Contest& contest) {
  if (const auto but = doubts(result, contest); !but.empty()) return fmt::format("but {}", fmt::join(but, ", and "));
  if (confirmed(contest)) return contest.helps ? "pretraining helps here" : "pretraining does not help here";
  return contest.helps ? "pretraining seems to help here" : "pretraining does not seem to help here";
}

// What the paired interval allows to say, and no more.
std::string answer(const ComparisonResult& result, const Contest& contest, Index test_cases) {
  const auto& errors = contest.gain.errors;
  const std::string& winner = name_of(*contest.winner);
  const std::string& loser = name_of(*contest.loser);
  if (errors.seeds == 1)
    return fmt::format("one seed cannot tell; {} erred {:.2f} points less than {} in it, run more --seeds", winner,
                       errors.difference.mean, loser);
  if (!interval_of(contest))
    return fmt::format(
        "{} seeds cannot tell: {} erred {:.2f} points less than {} in each, which is no spread to judge "
        "by; run more --seeds",
        errors.seeds, winner, errors.difference.mean, loser);
  if (!clear(contest))
    return fmt::format("{} seeds do not tell {} from {}: {} comes out {}; the interval holds 0", errors.seeds,
                       contest.helps ? winner : loser, contest.helps ? loser : winner, winner,
                       describe(contest, test_cases));
  const std::string advice = contest.winner->failures > contest.loser->failures
                                 ? fmt::format("where it can be trained at all, {} is better", winner)
                                 : fmt::format("start from {}", winner);
  return fmt::format("{}: its error is {}; {}", advice, describe(contest, test_cases), conclusion(result, contest));
}

// Fewest seeds with which a signed-rank test of so many pairs can come below kLevel: 2 / 2^n for each [Wilcoxon].
Index seeds_to_confirm(Index family) {
  Index seeds = 2;
  while (static_cast<double>(family) * std::exp2(1 - static_cast<double>(seeds)) > kLevel) ++seeds;
  return seeds;
}

// How sure that is beyond the one interval, or what it would take.
std::string certainty(const Contest& contest) {
  const auto& errors = contest.gain.errors;
  const Index pairs = contest.gain.family;
  const Index at_least = std::max({errors.seeds + 1, seeds_to_confirm(pairs), kSeedsForAClaim});
  if (!interval_of(contest)) return "";
  if (clear(contest)) {
    const std::string claim =
        errors.seeds < kSeedsForAClaim ? fmt::format(" {} seeds would make it a claim.", kSeedsForAClaim) : "";
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
  if (errors.equivalence.p <= kLevel)
    return fmt::format(" They are the same within {:g} points (p = {:.2g}): take the cheaper one.", errors.margin,
                       errors.equivalence.p);
  if (!errors.seeds_needed) return " Take the cheaper one.";
  return fmt::format(
      " If the difference is what it looks like, about {} seeds would show it; until then take the "
      "cheaper one.",
      std::max(*errors.seeds_needed, at_least));
}

std::string cost(const Contest& contest) {
  const ComparisonCell& pretrained = contest.helps ? *contest.winner : *contest.loser;
  const ComparisonCell& random = contest.helps ? *contest.loser : *contest.winner;
  return fmt::format(" A run of {} takes {:.3g} s of pretraining and {:.3g} s of fine-tuning, one of {} {:.3g} s.",
                     name_of(pretrained), pretrained.pretrain_seconds, pretrained.finetune_seconds, name_of(random),
                     random.finetune_seconds);
}

// What the controls of the best pretrained start and the longer runs of random ones come to.
std::string controls_text(const ComparisonResult& result, const Contest& contest) {
  std::vector<std::string> parts;
  for (const auto& cell : result.cells) {
    if (cell.start.control == Control::none || !cell.test_error) continue;
    if (setting_of(cell) != setting_of(*contest.winner)) continue;
    const bool told = cell.start.control == Control::longer || base_name(cell) == name_of(*contest.winner) ||
                      base_name(cell) == name_of(*contest.loser);
    if (told) parts.push_back(fmt::format("{} errs {:.2f} %", name_of(cell), cell.test_error->mean));
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

std::string sentence_for(const ComparisonResult& result, const Setting& setting, Index test_cases) {
  if (const auto found = contest(result, setting))
    return answer(result, *found, test_cases) + "." + certainty(*found) + cost(*found) + controls_text(result, *found) +
           failures_text(result, setting);
  const auto* pretrained = result.best(setting.layers, setting.labels, true);
  const auto* random = result.best(setting.layers, setting.labels, false);
  if (pretrained != nullptr && random != nullptr)
    return fmt::format("no seed tells {} from {}: on none were both trained.", name_of(*pretrained), name_of(*random)) +
           failures_text(result, setting);
  const auto* only = pretrained != nullptr ? pretrained : random;
  if (only == nullptr) return "no run ended with a net." + failures_text(result, setting);
  return fmt::format("{} has the lowest mean error, {:.2f} %; name a pretrained and a random start to compare them.",
                     name_of(*only), only->test_error->mean) +
         failures_text(result, setting);
}

// The interval of what pretraining gains, below 0 where it loses.
std::optional<std::array<double, 2>> gain_interval(const Contest& contest) {
  return contest.helps ? contest.gain.joint_interval : turned(contest.gain).joint_interval;
}

// Whether the same two starts differ otherwise here than there.
bool differ(const Contest& here, const Contest& there) {
  const auto pretrained = [](const Contest& c) { return name_of(c.helps ? *c.winner : *c.loser); };
  const auto random = [](const Contest& c) { return name_of(c.helps ? *c.loser : *c.winner); };
  const auto a = gain_interval(here), b = gain_interval(there);
  return pretrained(here) == pretrained(there) && random(here) == random(there) && a && b &&
         ((*a)[1] < (*b)[0] || (*b)[1] < (*a)[0]);
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
  text += trend(result);
  text += record.header.tuning_trials == 0
              ? "\nNo start was tuned; --tune gives each the same number of trials."
              : fmt::format("\nStarts were tuned on seed {}; no interval counts what another would have chosen.",
                            record.header.seed);
  return text;
}

}  // namespace dbn
