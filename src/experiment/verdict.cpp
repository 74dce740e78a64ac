#include <algorithm>

#include <fmt/format.h>

#include <dbn/experiment/comparison.hpp>

namespace dbn {
namespace {

using Cells = std::vector<const ComparisonCell*>;

const ComparisonCell* best(const Cells& cells, bool pretrained) {
  const ComparisonCell* best = nullptr;
  for (const auto* cell : cells)
    if (cell->start.pretrained == pretrained && (best == nullptr || cell->test_error.mean < best->test_error.mean))
      best = cell;
  return best;
}

// How far the winner is below the loser; `gain` is the loser's error minus the winner's.
std::string describe(const MeanEstimate& gain, const ComparisonCell& loser) {
  return fmt::format("{:.2f} points below {} (paired 95 % interval {:.2f} to {:.2f}, {} seeds)", gain.mean,
                     loser.start.name, (*gain.interval)[0], (*gain.interval)[1], loser.test_errors.size());
}

// The best pretrained start against the best random one; what the paired interval allows to say, and no more.
std::string sentence(const ComparisonResult& result, const ComparisonCell& pretrained, const ComparisonCell& random) {
  const bool helps = pretrained.test_error.mean < random.test_error.mean;
  const auto& winner = helps ? pretrained : random;
  const auto& loser = helps ? random : pretrained;
  const MeanEstimate gain = result.pair(loser.start.name, winner.start.name, winner.labels).difference;
  if (!gain.interval)
    return fmt::format("one seed cannot tell; {} erred {:.2f} points less than {} in it, run more --seeds",
                       winner.start.name, gain.mean, loser.start.name);
  if ((*gain.interval)[0] <= 0)
    return fmt::format(
        "{} seeds do not tell {} from {}: {} comes out {}; the interval holds 0, so take the cheaper start "
        "or run more --seeds",
        winner.test_errors.size(), pretrained.start.name, random.start.name, winner.start.name, describe(gain, loser));
  return fmt::format("start from {}: its error is {}; pretraining {} here", winner.start.name, describe(gain, loser),
                     helps ? "helps" : "does not help");
}

std::string sentence_for(const ComparisonResult& result, Index labels) {
  Cells cells;
  for (const auto& cell : result.cells)
    if (cell.labels == labels) cells.push_back(&cell);
  const auto* pretrained = best(cells, true);
  const auto* random = best(cells, false);
  if (pretrained != nullptr && random != nullptr) return sentence(result, *pretrained, *random);
  const auto* only = pretrained != nullptr ? pretrained : random;
  return fmt::format("{} has the lowest mean error, {:.2f} %; name a pretrained and a random start to compare them",
                     only->start.name, only->test_error.mean);
}

}  // namespace

std::string verdict(const ComparisonResult& result) {
  std::string text;
  std::vector<Index> done;
  for (const auto& cell : result.cells) {
    if (std::find(done.begin(), done.end(), cell.labels) != done.end()) continue;
    done.push_back(cell.labels);
    text +=
        fmt::format("{}With {} labels, {}.", text.empty() ? "" : "\n", cell.labels, sentence_for(result, cell.labels));
  }
  return text;
}

}  // namespace dbn
