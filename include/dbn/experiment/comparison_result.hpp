#pragma once
// What a record of runs comes to: means with intervals, paired differences with their tests, and a verdict in words.

#include <array>
#include <optional>
#include <string>
#include <vector>

#include <dbn/experiment/arrival.hpp>
#include <dbn/experiment/comparison_run.hpp>
#include <dbn/experiment/mcnemar.hpp>
#include <dbn/experiment/paired_comparison.hpp>
#include <dbn/experiment/statistics.hpp>

namespace dbn {

/// Seeds from which a difference is called found; fewer only point to it.
constexpr Index kSeedsForAClaim = 10;

/// Of the tests that a verdict speaks of: an interval holds with one minus this.
constexpr double kLevel = 0.05;

/// All runs of one treatment. Errors, seconds and arrivals are of the runs that did not fail.
struct ComparisonCell {
  Treatment treatment;
  Start start;
  Index runs = 0;
  Index failures = 0;
  std::optional<MeanEstimate> test_error = {};                   ///< percent; none when all runs failed
  std::optional<std::array<double, 2>> bootstrap_interval = {};  ///< of that mean, 95 %
  std::vector<double> test_errors = {};                          ///< by seed
  std::vector<std::uint64_t> seeds = {};                         ///< of those errors
  TimeToTarget epochs_to_target = {};                            ///< of all runs; those that failed never arrive
  TimeToTarget seconds_to_target = {};                           ///< pretraining counts
  double pretrain_updates = 0;                                   ///< mean a run
  double pretrain_seconds = 0;                                   ///< mean a run
  double finetune_seconds = 0;
  std::optional<TuningTrial> chosen = {};  ///< the trial whose settings the runs have
  Index tuning_trials = 0;
  Index tuning_updates = 0;   ///< of fine-tuning in all its trials
  double tuning_seconds = 0;  ///< of the same
};

/// Test cases that only one of two starts errs on, summed over seeds: a case counts once for each.
struct Disagreement {
  Index only_a = 0, only_b = 0;
  McNemarTest test;
};

/// Treatment a against b, of one net and number of labels, on the seeds on which neither failed.
struct ComparisonPair {
  std::string a, b;  ///< starts
  std::vector<Index> layers;
  Index labels = 0;
  PairedComparison errors;  ///< a's error minus b's, in points
  /// Of the mean difference, where one start is pretrained, the other is not, and neither is a control: wide enough for
  /// 95 % to hold for all such pairs of this net and number of labels at once [Bonferroni], and so for whichever of
  /// them is looked at because of its errors.
  std::optional<std::array<double, 2>> joint_interval = {};
  Index rivals = 1;  ///< how many pairs that are
  Disagreement cases;
  /// Of Wilcoxon's test, adjusted over all pairs of the comparison without controls, or over those with one [Holm
  /// 1979].
  double p_holm = 1;
  Index family = 1;  ///< how many pairs that are
};

/// The same pair in the order (b, a).
ComparisonPair turned(ComparisonPair pair);

/// Means, pairs and tests of a record.
struct ComparisonResult {
  std::vector<ComparisonCell> cells;  ///< in the order of the header's treatments
  std::vector<ComparisonPair> pairs;  ///< of treatments that differ by nothing but their start

  const ComparisonCell& cell(const Treatment& treatment) const;
  /// The pair in the order (a, b), turned round when it is stored as (b, a). Throws InvalidArgument for unknown names.
  ComparisonPair pair(const std::string& a, const std::string& b, const std::vector<Index>& layers, Index labels) const;
  /// The same; none where there is no seed on which both were trained, or one of them is unknown.
  std::optional<ComparisonPair> find_pair(const std::string& a, const std::string& b, const std::vector<Index>& layers,
                                          Index labels) const;
  /// Among the pretrained or the random starts of that net and number of labels, controls left out, the one with the
  /// least mean error on the seeds on which none of them failed; one of which more than half of the runs failed comes
  /// behind all others. Null when no run of any ended with a net.
  const ComparisonCell* best(const std::vector<Index>& layers, Index labels, bool pretrained) const;
};

/// Everything that can be said of a record's runs; unfinished treatments are left out. Throws InvalidArgument for a
/// record without runs.
ComparisonResult summarize(const ComparisonRecord& record);

/// Two or three sentences for each net and number of labels: which start to use here, how sure that is, what it costs,
/// and what would change the answer. Never more certain than the joint interval of the best pretrained start and the
/// best random one: that pretraining helps, or does not, is said from kSeedsForAClaim seeds on and when Holm's p
/// agrees, and not when a control does as well. Controls are never chosen.
std::string verdict(const ComparisonRecord& record, const ComparisonResult& result);

}  // namespace dbn
