#pragma once
// One seed of a comparison: everything that its runs share, and the runs themselves.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <dbn/data/split.hpp>
#include <dbn/experiment/comparison.hpp>
#include <dbn/model/checkpoint_folder.hpp>
#include <dbn/pretrain/pretrain.hpp>

#include "jobs.hpp"
#include "plan.hpp"

namespace dbn::detail {

/// Where the runs of a comparison are kept while they are trained; nowhere when there is no folder.
struct KeptRuns {
  CheckpointFolder* folder = nullptr;
  std::string prefix = "compare";  ///< with which their names begin
  RunIdentity identity = {};

  std::unique_ptr<RunKeeper> keeper(const std::string& name) const {
    return folder != nullptr ? folder->keeper(name, identity) : nullptr;
  }
  void forget(const std::string& name) const {
    if (folder != nullptr) folder->forget(name);
  }
};

class Block {
 public:
  /// All that is passed by reference outlives the block.
  Block(const DataFiles& data, const std::string& scale, const ComparisonOptions& options, const Plan& plan,
        std::uint64_t seed, const KeptRuns& kept);

  std::uint64_t seed() const { return seed_; }

  /// Pretrains a stack that runs need; one that diverges makes them fail.
  void pretrain_stack(const StackPlan& wanted, Jobs& jobs, Jobs::Tell tell);
  /// Makes room for as many stacks, before several are pretrained at once.
  void expect_stacks(const std::vector<StackPlan>& wanted);
  /// Trains one net, by the options that the settings change, and tests it. With a portrait, tells also what the net
  /// looks like.
  ComparisonRun run(const Treatment& treatment, const Settings& settings, bool portrait, Jobs& jobs,
                    Jobs::Tell tell) const;
  /// Trains one net as a trial of tuning, which the test cases do not see.
  TuningTrial trial(const Treatment& treatment, Index number, Jobs& jobs, Jobs::Tell tell) const;
  /// Drops what is kept of a run in training, once its result is kept elsewhere.
  void forget(const Treatment& treatment) const;
  /// Drops the checkpoints of stacks that no run needs any more.
  void forget_stacks() const;

 private:
  struct Pretrained {
    StackPlan plan;
    Stack stack = {};
    std::vector<double> seconds = {};  ///< by layer
    std::vector<Index> updates = {};   ///< by layer
    std::string failure = {};          ///< why there is no stack
  };
  std::string kept_name(const Treatment& treatment) const;
  std::string kept_name(const StackPlan& stack) const;
  std::string place(const std::string& start, const std::vector<Index>& layers, Index labels = 0) const;
  std::string place(const Treatment& treatment) const;
  const Pretrained& stack_for(const Treatment& treatment) const;
  void charge_pretraining(ComparisonRun& run) const;
  PreparedCases labelled(Index count) const;
  Stack stack(const Treatment& treatment) const;
  Mlp net(const Treatment& treatment) const;
  void add_pictures(ComparisonRun& run, const Mlp& net) const;
  FinetuneResult tune(const Treatment& treatment, const FinetuneOptions& options, const std::string& name, Jobs& jobs,
                      Jobs::Tell tell) const;

  const DataFiles& data_;
  const ComparisonOptions& options_;
  const Plan& plan_;
  const KeptRuns& kept_;
  std::uint64_t seed_;
  Split split_;
  Preprocessing preprocessing_;
  PreparedCases training_;
  PreparedCases validation_;
  PreparedCases test_;
  std::vector<Pretrained> stacks_;
};

}  // namespace dbn::detail
