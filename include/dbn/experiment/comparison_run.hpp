#pragma once
// What a comparison leaves behind: its plan, one row for each tuning trial and each trained net. Everything that is
// said of a comparison is computed from this record, so that it can be said again later.

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <dbn/experiment/start.hpp>
#include <dbn/model/checkpoint_file.hpp>
#include <dbn/nn/fine_tune.hpp>
#include <dbn/nn/start_profile.hpp>

namespace dbn {

/// What is compared: a start, a net and a number of labels. It is trained once for each seed.
struct Treatment {
  std::string start;          ///< as named
  std::vector<Index> layers;  ///< hidden layers of the net
  Index labels = 0;           ///< labels that it is fine-tuned on

  auto operator<=>(const Treatment&) const = default;  ///< any order, to look them up
};

/// Options by name, as texts that set them: what tuning chose.
using Settings = std::map<std::string, std::string>;

/// One random configuration that was tried on the first seed, on validation cases only.
struct TuningTrial {
  Treatment treatment;
  Index trial = 0;  ///< from 0; the same number means the same configuration for every start
  Settings settings;
  std::optional<double> validation_error = {};  ///< percent, at the end; none when training diverged
  Index updates = 0;
  double seconds = 0;  ///< of fine-tuning
};

/// What the first seed's net looks like, layer by layer: what signals and gradients meet.
struct RunProfile {
  std::vector<LayerProfile> at_start;
  std::vector<LayerProfile> after_epoch;  ///< after one epoch at a constant rate
};

/// Pictures in gray, all as large.
struct Pictures {
  Index height = 0, width = 0;
  std::vector<std::vector<std::uint8_t>> pixels;  ///< row by row
};

/// One trained net, or one that could not be trained.
struct ComparisonRun {
  Treatment treatment;
  std::uint64_t seed = 0;
  std::string failure = {};  ///< why there is no trained net; empty when there is one
  double test_error = 0;     ///< percent
  double test_cross_entropy = 0;
  std::vector<Index> wrong = {};  ///< labelled test cases, from 0, that the net errs on
  Index updates = 0;              ///< of fine-tuning
  Index pretrain_updates = 0;     ///< of all layers; the stack serves all its runs
  double pretrain_seconds = 0;    ///< of training, without what is measured on it; the stack serves all its runs
  double finetune_seconds = 0;
  std::vector<FinetuneEpoch> history = {};
  std::optional<RunProfile> profile = {};  ///< of the first seed
  /// Of the first seed, where cases are pictures: weights into some of the lowest hidden units of the trained net; 128
  /// is 0, and the largest weight of each picture by size is 1 or 255.
  std::optional<Pictures> filters = {};
  /// The same, of what a pretrained start learned without labels: some test cases, then what its layers give back of
  /// each.
  std::optional<Pictures> reconstructions = {};
  /// The same, where its topmost layer is an RBM: draws of it, as the layers below show them.
  std::optional<Pictures> samples = {};

  bool failed() const { return !failure.empty(); }
};

/// First epoch whose validation error is at most `target` percent; none when the run never arrived.
std::optional<Index> epochs_to_target(const ComparisonRun& run, double target);
/// Seconds of pretraining and fine-tuning up to the end of that epoch.
std::optional<double> seconds_to_target(const ComparisonRun& run, double target);

/// What all runs of a comparison share.
struct ComparisonHeader {
  std::string version;       ///< of dbn
  std::string command = {};  ///< that makes it again; empty when no command made it
  std::uint64_t seed = 0;    ///< the first; the others follow it
  Index seeds = 0;
  double target = 0;                     ///< percent
  std::string training = {}, test = {};  ///< names of the data
  Index training_cases = 0, test_cases = 0, features = 0;
  std::vector<std::string> classes = {};
  std::vector<Start> starts = {};
  std::vector<Treatment> treatments = {};  ///< in the order in which they are reported
  Index tuning_trials = 0;                 ///< of each treatment; 0: none
  RunIdentity identity = {};               ///< all that a run's bits depend on beside its treatment and seed
};

struct ComparisonRecord {
  ComparisonHeader header;
  std::vector<TuningTrial> trials;  ///< by treatment, then by trial
  std::vector<ComparisonRun> runs;  ///< by seed, then by treatment
};

/// The header's treatments, each with its place among them. One that stands twice has the first.
std::map<Treatment, std::size_t> places_of(const ComparisonHeader& header);

/// Sorts trials and runs into the record's order. Those of no treatment of the header come last.
void put_in_order(ComparisonRecord& record);

}  // namespace dbn
