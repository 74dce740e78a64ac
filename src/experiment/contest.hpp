#pragma once
// The question of a verdict: the best pretrained start against the best random one, by net and number of labels.

#include <array>
#include <optional>
#include <string>
#include <vector>

#include <dbn/experiment/comparison_result.hpp>

namespace dbn::detail {

/// A net and a number of labels.
struct Setting {
  std::vector<Index> layers;
  Index labels;
  bool operator==(const Setting&) const = default;
};

Setting setting_of(const ComparisonCell& cell);
std::vector<const ComparisonCell*> cells_of(const ComparisonResult& result, const Setting& setting);

/// The start of a cell, and without its control.
const std::string& name_of(const ComparisonCell& cell);
std::string base_name(const ComparisonCell& cell);

/// The best pretrained start and the best random one of a setting, and what they differ by.
struct Contest {
  const ComparisonCell* winner;
  const ComparisonCell* loser;
  ComparisonPair gain;  ///< the loser's error minus the winner's
  bool helps;           ///< the winner is pretrained
  /// What controls take away from a win of pretraining, in words: another way to the same error, be it a random start
  /// with the time of pretraining, or weights without their structure. A control that errs more for sure takes nothing;
  /// one that was planned and cannot be judged takes as much as one that does as well.
  std::vector<std::string> doubts = {};

  const ComparisonCell& pretrained() const { return helps ? *winner : *loser; }
  const ComparisonCell& random() const { return helps ? *loser : *winner; }
  /// What claims rest on: it holds whichever starts were the best.
  const std::optional<std::array<double, 2>>& interval() const { return gain.joint_interval; }
  bool clear() const { return interval() && (*interval())[0] > 0; }
  Index failures() const { return winner->failures + loser->failures; }
  /// Enough seeds, none of which failed, and a rank test that agrees.
  bool confirmed() const;
};

/// The winner is the one that errs less on the seeds on which both were trained; none where there is no such seed, or
/// no start of one kind.
std::optional<Contest> contest(const ComparisonResult& result, const Setting& setting);

/// Fewest seeds with which a signed-rank test of so many pairs can come below kLevel: 2 / 2^n for each [Wilcoxon].
Index seeds_to_confirm(Index family);

/// Whether the same two starts are compared here and there, with differences that are not the same: intervals apart.
bool differ(const Contest& here, const Contest& there);

}  // namespace dbn::detail
