#pragma once
// Does pretraining help? The same net trained from several starts, over label counts, nets and seeds, on common random
// numbers: one seed fixes validation cases, label subset, batch order and streams for every start, so that differences
// are paired.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <dbn/core/option.hpp>
#include <dbn/data/source.hpp>
#include <dbn/experiment/comparison_run.hpp>
#include <dbn/experiment/start.hpp>
#include <dbn/model/checkpoint_folder.hpp>
#include <dbn/nn/fine_tune.hpp>
#include <dbn/pretrain/pretrain.hpp>

namespace dbn {

/// Options of a comparison. `pretrain.layers` are the base net's hidden layers. The first of a factor's values is its
/// base: `lines` changes one factor at a time from there, `full` crosses all of them. Starts are always crossed.
struct ComparisonOptions {
  std::vector<std::string> starts{"rbm", "denoising", "xavier", "he"};
  std::vector<std::string> activations;  ///< every start that names none in each of these; empty: in its own
  bool controls = false;                 ///< beside every start its controls
  Index seeds = 3;
  std::vector<std::string> labels{"all"};  ///< label counts; "all" for every labelled training case
  std::vector<Index> depths;               ///< so many of the layers, the last one repeated; empty: all of them
  std::vector<Index> widths;               ///< of every layer; empty: as the layers are
  std::string plan = "lines";
  Index tune = 0;                  ///< random configurations tried for every treatment on the first seed; 0: none
  std::string validation = "0.1";  ///< held-out part of the training cases; draws the curves, chooses among trials
  double target = 5;               ///< validation error, percent, whose first epoch is reported
  std::string binarize = "none";   ///< of the data, by each seed; a data option, so not among fields()
  PretrainOptions pretrain;
  FinetuneOptions finetune;

  ComparisonOptions();
  OptionFields fields();  ///< without those of pretrain and finetune
  void validate() const;
};

/// Whom a comparison tells how far it is; any may be empty. Calls come from any thread, one at a time.
struct ComparisonObserver {
  std::function<void(const std::string& what)> stage = {};  ///< what is trained next
  std::function<void(double done)> progress = {};           ///< share of that stage
  std::function<void(const TuningTrial&)> trial = {};       ///< in the order in which trials finish
  std::function<void(const ComparisonRun&)> run = {};       ///< in the order in which runs finish
  std::function<void(const std::string&)> notice = {};      ///< something that a user should know, in a line
};

/// What a comparison is going to be: everything that its runs share. Checks all that compare_starts() would refuse
/// before anything is trained: bad options, data without labels or test cases, more labels than there are. Throws
/// InvalidArgument.
ComparisonHeader plan_comparison(const DataFiles& data, const std::string& scale, const ComparisonOptions& options,
                                 std::uint64_t seed);

/// What a comparison with this header begins with when `earlier` is there already: its trials, and its runs without
/// those that failed, which are made again because they may be retried now. It may have more seeds, starts, nets and
/// label counts than before; throws InvalidArgument, which says what differs, when `earlier` is of another comparison
/// or another version of dbn.
ComparisonRecord go_on(const ComparisonHeader& header, ComparisonRecord earlier);

/// Bytes that compare_starts() takes at its largest, without the data: the stacks of the seeds that are trained
/// together, and what trains as many of them, or of the nets, as are trained at once. With `kept` also what has
/// finished and waits for a folder's only_at_stop.
double comparison_memory(const DataFiles& data, const ComparisonOptions& options, bool kept = false);

/// Floating-point operations of all products of a comparison, for an estimate of its time.
double comparison_work(const DataFiles& data, const ComparisonOptions& options);

/// Trains seeds x treatments nets; seeds are seed, seed + 1, ... One pretraining a seed serves all label counts, all
/// depths and all controls that can use it. With tuning, every treatment is first tried on the first seed, all starts
/// with the same configurations, and the one with the least validation error is used for all seeds. `test` is read once
/// for each trained net. Small nets are trained several at once, one thread each; large ones after each other, on all
/// threads: the results are the same bits. A run that diverges is recorded as failed. Throws InvalidArgument for bad
/// options or data, DivergenceError when every run fails. Trials and runs of `finished` are not made again: see
/// go_on(). With a folder, every stack and run in training has its checkpoints there until it is finished and
/// the observer has been told; their names begin with `kept_as`. Interrupted when the folder's hooks want to stop.
ComparisonRecord compare_starts(const DataFiles& data, const std::string& scale, const ComparisonOptions& options,
                                std::uint64_t seed, const ComparisonObserver& observer = {},
                                CheckpointFolder* folder = nullptr, const ComparisonRecord& finished = {},
                                const std::string& kept_as = "compare");

}  // namespace dbn
