#include "contest.hpp"

#include <cmath>

#include <fmt/format.h>

namespace dbn::detail {
namespace {

// What one control takes away; nothing when it errs more than the winner for sure.
std::string doubt(const ComparisonResult& result, const Contest& contest, const ComparisonCell& control) {
  const Treatment& winner = contest.winner->treatment;
  const auto pair = result.find_pair(name_of(control), winner.start, winner.layers, winner.labels);
  const auto says = [&](const char* what) { return fmt::format("{} {}", name_of(control), what); };
  if (!pair || pair->errors.seeds < 2) return says("was not trained often enough to tell");
  const auto& [mean, deviation, above] = pair->errors.difference;
  if (mean <= 0) return says(above && (*above)[1] < 0 ? "is better" : "is not worse");
  // Where all differences are equal, only ranks can tell.
  const bool worse = above ? (*above)[0] > 0 : pair->errors.p_wilcoxon <= kLevel;
  return worse ? "" : says("is not clearly worse");
}

std::vector<std::string> doubts(const ComparisonResult& result, const Contest& contest) {
  std::vector<std::string> found;
  if (!contest.helps) return found;
  for (const auto* cell : cells_of(result, setting_of(*contest.winner))) {
    const bool shuffled = cell->start.control == Control::shuffled && base_name(*cell) == name_of(*contest.winner);
    if (cell->start.control != Control::longer && !shuffled) continue;
    if (auto text = doubt(result, contest, *cell); !text.empty()) found.push_back(std::move(text));
  }
  return found;
}

// The interval of what pretraining gains, below 0 where it loses.
std::optional<std::array<double, 2>> gain_interval(const Contest& contest) {
  return contest.helps ? contest.interval() : turned(contest.gain).joint_interval;
}

}  // namespace

Setting setting_of(const ComparisonCell& cell) { return {cell.treatment.layers, cell.treatment.labels}; }

std::vector<const ComparisonCell*> cells_of(const ComparisonResult& result, const Setting& setting) {
  std::vector<const ComparisonCell*> cells;
  for (const auto& cell : result.cells)
    if (setting_of(cell) == setting) cells.push_back(&cell);
  return cells;
}

const std::string& name_of(const ComparisonCell& cell) { return cell.treatment.start; }

std::string base_name(const ComparisonCell& cell) { return name_of(cell).substr(0, name_of(cell).find('+')); }

bool Contest::confirmed() const {
  return gain.errors.seeds >= kSeedsForAClaim && gain.p_holm <= kLevel && failures() == 0;
}

std::optional<Contest> contest(const ComparisonResult& result, const Setting& setting) {
  const auto* pretrained = result.best(setting.layers, setting.labels, true);
  const auto* random = result.best(setting.layers, setting.labels, false);
  if (pretrained == nullptr || random == nullptr) return std::nullopt;
  const auto gain = result.find_pair(name_of(*random), name_of(*pretrained), setting.layers, setting.labels);
  if (!gain) return std::nullopt;
  const bool helps = gain->errors.difference.mean > 0;
  Contest found{.winner = helps ? pretrained : random,
                .loser = helps ? random : pretrained,
                .gain = helps ? *gain : turned(*gain),
                .helps = helps};
  found.doubts = doubts(result, found);
  return found;
}

Index seeds_to_confirm(Index family) {
  Index seeds = 2;
  while (static_cast<double>(family) * std::exp2(1 - static_cast<double>(seeds)) > kLevel) ++seeds;
  return seeds;
}

bool differ(const Contest& here, const Contest& there) {
  const auto a = gain_interval(here), b = gain_interval(there);
  return name_of(here.pretrained()) == name_of(there.pretrained()) &&
         name_of(here.random()) == name_of(there.random()) && a && b && ((*a)[1] < (*b)[0] || (*b)[1] < (*a)[0]);
}

}  // namespace dbn::detail
