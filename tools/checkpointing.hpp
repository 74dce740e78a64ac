#pragma once
// What every training command does so that nothing is lost: checkpoints by schedule, one when a signal stops it, and
// the way back.

#include <string>
#include <vector>

#include <dbn/core/function_ref.hpp>
#include <dbn/data/source.hpp>
#include <dbn/model/checkpoint_folder.hpp>

#include "command_line.hpp"
#include "progress.hpp"

class Checkpointing {
 public:
  explicit Checkpointing(const CommandLine& line) : line_(line) {}

  dbn::OptionFields fields();

  /// Checks folder and output before any work. `out` is where the result goes (empty: stdout only), `inputs` is what
  /// the command reads. Throws InvalidArgument or IoError.
  void check(const std::string& out, const std::vector<std::string>& inputs);

  /// Bytes that reading a checkpoint takes for a moment: as in the file, as tensors of it, and as the run's.
  double reading_bytes() const;

  /// The folder that runs of this command are kept in; `progress` shows its notices.
  dbn::CheckpointFolder open(Progress& progress);

  /// Runs `training` so that a signal stops it between two updates. Throws Stopped, with the command that goes on.
  void guard(dbn::FunctionRef<void()> training) const;

 private:
  const CommandLine& line_;
  std::string folder_;
  std::string every_ = "30 s";
  bool resume_ = false;
  dbn::CheckpointSchedule schedule_;
};

/// What a run on training cases depends on in any case: the seed, the data and how they are split and scaled.
dbn::RunIdentity data_identity(const CommandLine& line, dbn::DataOptions data, const dbn::Dataset& training);
