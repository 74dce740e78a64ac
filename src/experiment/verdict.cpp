#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <dbn/experiment/comparison_result.hpp>

namespace dbn {
namespace {

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

// Differences that are all the same number come of few seeds and few test cases: no interval of theirs tells anything.
bool too_coarse(const Contest& contest) {
  const MeanEstimate& gain = contest.gain.errors.difference;
  return gain.interval && gain.deviation == 0 && gain.mean > 0;
}

bool clear(const Contest& contest) {
  const auto& interval = contest.gain.errors.difference.interval;
  return interval && (*interval)[0] > 0 && !too_coarse(contest);
}

// How far the winner is below the loser.
std::string describe(const Contest& contest, Index test_cases) {
  const MeanEstimate& gain = contest.gain.errors.difference;
  return fmt::format("{:.2f} points below {} (paired 95 % interval {:.2f} to {:.2f}, {} seeds, these {} test cases)",
                     gain.mean, name_of(*contest.loser), (*gain.interval)[0], (*gain.interval)[1],
                     contest.gain.errors.seeds, test_cases);
}

// What controls take away from a win of pretraining: another way to the same error.
std::vector<std::string> doubts(const ComparisonResult& result, const Contest& contest) {
  std::vector<std::string> found;
  const Treatment& winner = contest.winner->treatment;
  const auto as_good = [&](const std::string& control) {
    const auto pair = result.find_pair(control, winner.start, winner.layers,
                                       winner.labels);  // the control's error minus the winner's
    return pair && pair->errors.difference.interval && (*pair->errors.difference.interval)[0] <= 0;
  };
  if (!contest.helps) return found;
  if (as_good(name_of(*contest.loser) + "+longer"))
    found.push_back(fmt::format("{} that trains for as long is not clearly worse", name_of(*contest.loser)));
  if (as_good(winner.start + "+shuffled")) found.push_back("shuffled weights are not clearly worse");
  return found;
}

// What the paired interval allows to say, and no more.
std::string answer(const ComparisonResult& result, const Contest& contest, Index test_cases) {
  const auto& errors = contest.gain.errors;
  const std::string& winner = name_of(*contest.winner);
  const std::string& loser = name_of(*contest.loser);
  if (!errors.difference.interval)
    return fmt::format("one seed cannot tell; {} erred {:.2f} points less than {} in it, run more --seeds", winner,
                       errors.difference.mean, loser);
  if (too_coarse(contest))
    return fmt::format(
        "{} seeds cannot tell: {} erred {:.2f} points less than {} in each, which is no spread to judge "
        "by; run more --seeds",
        errors.seeds, winner, errors.difference.mean, loser);
  if (!clear(contest))
    return fmt::format("{} seeds do not tell {} from {}: {} comes out {}; the interval holds 0", errors.seeds,
                       contest.helps ? winner : loser, contest.helps ? loser : winner, winner,
                       describe(contest, test_cases));
  const auto but = doubts(result, contest);
  const std::string helps = !contest.helps ? "pretraining does not help here"
                            : but.empty()  ? "pretraining helps here"
                                           : fmt::format("but {}", fmt::join(but, ", and "));
  return fmt::format("start from {}: its error is {}; {}", winner, describe(contest, test_cases), helps);
}

// Fewest seeds with which a signed-rank test of so many pairs can come below the level: 2 / 2^n for each [Wilcoxon].
Index seeds_to_confirm(Index family, double level) {
  Index seeds = 2;
  while (static_cast<double>(family) * std::exp2(1 - static_cast<double>(seeds)) > level) ++seeds;
  return seeds;
}

// How sure that is beyond the one interval, or what it would take.
std::string certainty(const Contest& contest, Index test_cases) {
  constexpr double kLevel = 0.05;
  const auto& errors = contest.gain.errors;
  const Index pairs = contest.gain.family;
  if (!errors.difference.interval || too_coarse(contest)) return "";
  if (clear(contest)) {
    if (pairs == 1 && contest.gain.p_holm <= kLevel)
      return fmt::format(" Wilcoxon's test agrees (p = {:.2g}).", contest.gain.p_holm);
    if (contest.gain.p_holm <= kLevel)
      return fmt::format(" It stands among all {} pairs that were compared (Holm's p = {:.2g}).", pairs,
                         contest.gain.p_holm);
    return fmt::format(
        " The rank test over {} pair{} does not confirm it yet (Holm's p = {:.2g}), which takes {} seeds at least.",
        pairs, pairs == 1 ? "" : "s", contest.gain.p_holm, std::max(errors.seeds + 1, seeds_to_confirm(pairs, kLevel)));
  }
  // One test case must weigh less than the margin, or equal errors are no more than coarse ones.
  const bool fine = 100.0 / static_cast<double>(test_cases) <= errors.margin && errors.difference.deviation > 0;
  if (fine && errors.equivalence.p <= kLevel)
    return fmt::format(" They are the same within {:g} points (p = {:.2g}): take the cheaper one.", errors.margin,
                       errors.equivalence.p);
  if (!errors.seeds_needed) return " Take the cheaper one.";
  return fmt::format(
      " If the difference is what it looks like, about {} seeds would show it; until then take the "
      "cheaper one.",
      *errors.seeds_needed);
}

std::string cost(const Contest& contest) {
  const ComparisonCell& pretrained = contest.helps ? *contest.winner : *contest.loser;
  const ComparisonCell& random = contest.helps ? *contest.loser : *contest.winner;
  return fmt::format(" A run of {} takes {:.3g} s of pretraining and {:.3g} s of fine-tuning, one of {} {:.3g} s.",
                     name_of(pretrained), pretrained.pretrain_seconds, pretrained.finetune_seconds, name_of(random),
                     random.finetune_seconds);
}

// What the controls of the best pretrained start and the longer run of the best random one say.
std::string controls_text(const ComparisonResult& result, const Contest& contest) {
  std::vector<std::string> parts;
  for (const auto& cell : result.cells) {
    if (cell.start.control == Control::none || !cell.test_error) continue;
    if (setting_of(cell) != setting_of(*contest.winner)) continue;
    const auto base = name_of(cell).substr(0, name_of(cell).find('+'));
    if (base == name_of(*contest.winner) || base == name_of(*contest.loser))
      parts.push_back(fmt::format("{} errs {:.2f} %", name_of(cell), cell.test_error->mean));
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
    return answer(result, *found, test_cases) + "." + certainty(*found, test_cases) + cost(*found) +
           controls_text(result, *found) + failures_text(result, setting);
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
  if (record.header.tuning_trials == 0) text += "\nNo start was tuned; --tune gives each the same number of trials.";
  return text;
}

}  // namespace dbn
