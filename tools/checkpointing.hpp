#pragma once
// What every training command does so that nothing is lost: checkpoints by schedule, one when a signal stops it, and
// the way back.

#include <optional>
#include <string>
#include <vector>

#include <dbn/core/function_ref.hpp>
#include <dbn/data/source.hpp>
#include <dbn/model/checkpoint_folder.hpp>

#include "command_line.hpp"
#include "progress.hpp"
#include "stop_signals.hpp"

class Checkpointing {
 public:
  /// `name` begins the names of what is kept, and of the folder; empty: the command's.
  explicit Checkpointing(const CommandLine& line, const std::string& name = "")
      : line_(line), name_(name.empty() ? line.command() : name) {}

  dbn::OptionFields fields();

  /// Checks folder and output before any work. `out` is where the result goes (empty: stdout only), `inputs` is what
  /// the command reads. When `out` holds a part of the result already, with which the command goes on, so does it with
  /// the checkpoints beside it. Throws InvalidArgument or IoError.
  void check(const std::string& out, const std::vector<std::string>& inputs, bool goes_on = false);

  /// Bytes that checkpoints take: one that is read, as in the file, as tensors of it, and as the run's; and `finished`,
  /// what waits in memory for a stop.
  double bytes(double finished) const;

  /// Runs `training`, which keeps its runs in the given folder, so that a signal stops it between two updates, and from
  /// then on only notes a signal, so that the result is written. Throws Stopped, with the command that goes on; other
  /// errors after everything that waits in memory was kept. `progress` shows notices.
  void guard(Progress& progress, dbn::FunctionRef<void(dbn::CheckpointFolder&)> training);

 private:
  void open(dbn::CheckpointFolder& folder, Progress& progress) const;
  std::string stopped_text(const std::string& what) const;
  std::string diverged_text(const std::string& what) const;

  const CommandLine& line_;
  std::string name_;
  std::string folder_;
  std::string every_ = "30 s";
  bool resume_ = false;
  dbn::CheckpointSchedule schedule_;
  std::optional<StopSignals> signals_;  ///< from the start of training to the end of the command
};

/// What a run on training cases depends on in any case: the seed, the data and how they are split and scaled.
dbn::RunIdentity data_identity(const CommandLine& line, dbn::DataOptions data, const dbn::Dataset& training);
