#pragma once
// One seed of a comparison: everything that its runs share, and the runs themselves.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <dbn/data/split.hpp>
#include <dbn/experiment/comparison.hpp>
#include <dbn/model/checkpoint_folder.hpp>

#include "jobs.hpp"

namespace dbn::detail {

/// Where the runs of a comparison are kept; nowhere when there is no folder.
struct KeptRuns {
  CheckpointFolder* folder = nullptr;
  RunIdentity identity = {};

  std::unique_ptr<RunKeeper> keeper(const std::string& name) const {
    return folder != nullptr ? folder->keeper(name, identity) : nullptr;
  }
};

/// Features, hidden layers, classes.
std::vector<Index> net_sizes(const DataFiles& data, const ComparisonOptions& options);

class Block {
 public:
  /// All that is passed by reference outlives the block.
  Block(const DataFiles& data, const std::string& scale, const ComparisonOptions& options,
        const std::vector<Start>& starts, std::uint64_t seed, const KeptRuns& kept);

  /// A run that was finished before this command; none when it was not.
  std::optional<ComparisonRun> finished(std::size_t start, Index labels) const;
  /// Pretrains the stack of a start, which its runs need.
  void pretrain_start(std::size_t start, Jobs& jobs, Jobs::Tell tell);
  /// Trains and tests one net.
  ComparisonRun run(std::size_t start, Index labels, Jobs& jobs, Jobs::Tell tell) const;
  /// Drops the checkpoints of stacks that no run needs any more.
  void forget_stacks() const;

 private:
  struct Pretrained {
    Stack stack;
    double seconds = 0;
  };

  std::string kept_name(std::size_t start, const std::string& what) const;
  Mlp net(std::size_t start) const;
  FinetuneResult tune(std::size_t start, Index labels, RunKeeper* keeper, Jobs& jobs, Jobs::Tell tell) const;
  std::string place(std::size_t start, Index labels = 0) const;

  const DataFiles& data_;
  const ComparisonOptions& options_;
  const std::vector<Start>& starts_;
  const KeptRuns& kept_;
  std::uint64_t seed_;
  Split split_;
  Preprocessing preprocessing_;
  PreparedCases training_;
  PreparedCases validation_;
  PreparedCases test_;
  std::vector<Pretrained> stacks_;  ///< by start; empty for one that is not pretrained
};

}  // namespace dbn::detail
