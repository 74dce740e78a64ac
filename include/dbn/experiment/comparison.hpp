#pragma once
// Does pretraining help? The same net trained from several starts, over label counts and seeds, on common random
// numbers: one seed fixes validation cases, label subset, batch order and streams for every start, so that differences
// are paired.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <dbn/core/option.hpp>
#include <dbn/data/source.hpp>
#include <dbn/experiment/start.hpp>
#include <dbn/experiment/statistics.hpp>
#include <dbn/model/checkpoint_folder.hpp>
#include <dbn/nn/fine_tune.hpp>
#include <dbn/pretrain/pretrain.hpp>

namespace dbn {

/// Options of a comparison. `pretrain.layers` are the net's hidden layers for every start.
struct ComparisonOptions {
  std::vector<std::string> starts{"rbm", "denoising", "xavier", "he"};
  Index seeds = 3;
  std::vector<std::string> labels{"all"};  ///< label counts; "all" for every labelled training case
  std::string validation = "0.1";          ///< held-out part of the training cases; draws the curves
  double target = 5;                       ///< validation error, percent, whose first epoch is reported
  std::string binarize = "none";           ///< of the data, by each seed; a data option, so not among fields()
  PretrainOptions pretrain;
  FinetuneOptions finetune;

  ComparisonOptions();
  OptionFields fields();  ///< without those of pretrain and finetune
  void validate() const;
};

/// One trained net.
struct ComparisonRun {
  std::string start;
  Index labels = 0;  ///< number of labels used
  std::uint64_t seed = 0;
  double test_error = 0;  ///< percent
  double test_cross_entropy = 0;
  std::optional<Index> epochs_to_target = {};
  double pretrain_seconds = 0;  ///< of training, without what is measured on it
  double finetune_seconds = 0;
  std::vector<FinetuneEpoch> history = {};
};

/// All runs of one start with one number of labels.
struct ComparisonCell {
  Start start;
  Index labels = 0;
  MeanEstimate test_error;
  std::vector<double> test_errors;              ///< by seed
  std::optional<double> epochs_to_target = {};  ///< median over the runs that arrived
  Index arrived = 0;                            ///< runs that reached the target
  double pretrain_seconds = 0;                  ///< mean a run
  double finetune_seconds = 0;
};

/// Start a against start b on the same seeds: a's error minus b's, in points.
struct ComparisonPair {
  std::string a, b;
  Index labels = 0;
  MeanEstimate difference;
  double p_wilcoxon = 1;
  double p_holm = 1;  ///< adjusted over all pairs of the comparison
};

struct ComparisonResult {
  std::vector<ComparisonRun> runs;
  std::vector<ComparisonCell> cells;  ///< label counts in the order given, within each the starts
  std::vector<ComparisonPair> pairs;

  const ComparisonCell& cell(const std::string& start, Index labels) const;
  /// The pair in the order (a, b), turned round when it is stored as (b, a). Throws InvalidArgument for unknown names.
  ComparisonPair pair(const std::string& a, const std::string& b, Index labels) const;
};

/// Whom a comparison tells how far it is; any may be empty. Calls come from any thread, one at a time.
struct ComparisonObserver {
  std::function<void(const std::string& what)> stage = {};  ///< what is trained next
  std::function<void(double done)> progress = {};           ///< share of that stage
  std::function<void(const ComparisonRun&)> run = {};       ///< in the order in which runs finish
  std::function<void(const std::string&)> notice = {};      ///< something that a user should know, in a line
};

/// All that compare_starts would refuse, before anything is trained: bad options, data without labels or test cases,
/// more labels than there are. Throws InvalidArgument.
void check_comparison(const DataFiles& data, const ComparisonOptions& options, std::uint64_t seed);

/// Bytes that compare_starts() takes at its largest, without the data: the stacks of the seeds that are trained
/// together, and what trains as many of them, or of the nets, as are trained at once. With `kept` also what has
/// finished and waits for a folder's only_at_stop.
double comparison_memory(const DataFiles& data, const ComparisonOptions& options, bool kept = false);

/// Trains seeds x (pretrainings + label counts x starts) nets; seeds are seed, seed + 1, ... One pretraining a seed
/// serves all label counts. `test` is read once for each trained net. Small nets are trained several at once, one
/// thread each; large ones after each other, on all threads: the results are the same bits. Throws InvalidArgument for
/// bad options or data without labels or test cases, DivergenceError when a run diverges. With a folder, every stack
/// and run in training has its checkpoints there, finished runs their results; what is there already is not trained
/// again, and seeds, starts and label counts may be more than before. Interrupted when the folder's hooks want to stop.
ComparisonResult compare_starts(const DataFiles& data, const std::string& scale, const ComparisonOptions& options,
                                std::uint64_t seed, const ComparisonObserver& observer = {},
                                CheckpointFolder* folder = nullptr);

/// One sentence for each label count: which start to use here, and how sure that is. Never more certain than the
/// intervals.
std::string verdict(const ComparisonResult& result);

}  // namespace dbn
