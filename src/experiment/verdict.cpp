#include <algorithm>

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

// Controls explain a result; nobody starts from them.
const ComparisonCell* best(const Cells& cells, bool pretrained) {
  const ComparisonCell* best = nullptr;
  for (const auto* cell : cells)
    if (cell->test_error && cell->start.control == Control::none && cell->start.pretrained == pretrained &&
        (best == nullptr || cell->test_error->mean < best->test_error->mean))
      best = cell;
  return best;
}

const std::string& name_of(const ComparisonCell& cell) { return cell.treatment.start; }

/// The best pretrained start and the best random one of a setting, and what they differ by.
struct Contest {
  const ComparisonCell* winner;
  const ComparisonCell* loser;
  ComparisonPair gain;  ///< the loser's error minus the winner's
  bool helps;           ///< the winner is pretrained
};

std::optional<Contest> contest(const ComparisonResult& result, const Setting& setting) {
  const Cells cells = cells_of(result, setting);
  const auto* pretrained = best(cells, true);
  const auto* random = best(cells, false);
  if (pretrained == nullptr || random == nullptr) return std::nullopt;
  const bool helps = pretrained->test_error->mean < random->test_error->mean;
  Contest found{
      .winner = helps ? pretrained : random, .loser = helps ? random : pretrained, .gain = {}, .helps = helps};
  const auto paired = [&](const ComparisonPair& pair) {
    return pair.layers == setting.layers && pair.labels == setting.labels &&
           ((pair.a == name_of(*found.loser) && pair.b == name_of(*found.winner)) ||
            (pair.a == name_of(*found.winner) && pair.b == name_of(*found.loser)));
  };
  const auto at = std::find_if(result.pairs.begin(), result.pairs.end(), paired);
  if (at == result.pairs.end()) return std::nullopt;  // no seed on which both were trained
  found.gain = at->a == name_of(*found.loser) ? *at : turned(*at);
  return found;
}

bool clear(const Contest& contest) {
  const auto& interval = contest.gain.errors.difference.interval;
  return interval && (*interval)[0] > 0;
}

// How far the winner is below the loser.
std::string describe(const Contest& contest) {
  const MeanEstimate& gain = contest.gain.errors.difference;
  return fmt::format("{:.2f} points below {} (paired 95 % interval {:.2f} to {:.2f}, {} seeds)", gain.mean,
                     name_of(*contest.loser), (*gain.interval)[0], (*gain.interval)[1], contest.gain.errors.seeds);
}

// What the paired interval allows to say, and no more.
std::string answer(const Contest& contest) {
  const auto& errors = contest.gain.errors;
  const std::string& winner = name_of(*contest.winner);
  const std::string& loser = name_of(*contest.loser);
  if (!errors.difference.interval)
    return fmt::format("one seed cannot tell; {} erred {:.2f} points less than {} in it, run more --seeds", winner,
                       errors.difference.mean, loser);
  if (clear(contest))
    return fmt::format("start from {}: its error is {}; pretraining {} here", winner, describe(contest),
                       contest.helps ? "helps" : "does not help");
  return fmt::format("{} seeds do not tell {} from {}: {} comes out {}; the interval holds 0", errors.seeds,
                     contest.helps ? winner : loser, contest.helps ? loser : winner, winner, describe(contest));
}

// How sure that is beyond the one interval, or what it would take.
std::string certainty(const Contest& contest, std::size_t pairs) {
  constexpr double kLevel = 0.05;
  const auto& errors = contest.gain.errors;
  if (!errors.difference.interval) return "";
  if (clear(contest)) {
    if (pairs == 1 && contest.gain.p_holm <= kLevel)
      return fmt::format(" Wilcoxon's test agrees (p = {:.2g}).", contest.gain.p_holm);
    if (contest.gain.p_holm <= kLevel)
      return fmt::format(" It stands among all {} pairs that were compared (Holm's p = {:.2g}).", pairs,
                         contest.gain.p_holm);
    return fmt::format(" The rank test over {} pair{} does not confirm it yet (Holm's p = {:.2g}); more --seeds may.",
                       pairs, pairs == 1 ? "" : "s", contest.gain.p_holm);
  }
  if (errors.equivalence.p <= kLevel)
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

std::string sentence_for(const ComparisonResult& result, const Setting& setting) {
  if (const auto found = contest(result, setting))
    return answer(*found) + "." + certainty(*found, result.pairs.size()) + cost(*found) +
           controls_text(result, *found) + failures_text(result, setting);
  const Cells cells = cells_of(result, setting);
  const auto* pretrained = best(cells, true);
  const auto* only = pretrained != nullptr ? pretrained : best(cells, false);
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
                        sentence_for(result, setting));
  }
  text += trend(result);
  if (record.header.tuning_trials == 0) text += "\nNo start was tuned; --tune gives each the same number of trials.";
  return text;
}

}  // namespace dbn
