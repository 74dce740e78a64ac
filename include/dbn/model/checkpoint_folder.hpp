#pragma once
// Where the checkpoints of a command are kept: for each of its runs the last two, so that one is whole whatever happens
// to the other.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include <dbn/core/option.hpp>
#include <dbn/core/run_state.hpp>
#include <dbn/io/folder.hpp>
#include <dbn/model/checkpoint_file.hpp>
#include <dbn/nn/training_loop.hpp>

namespace dbn {

/// When a run's state is kept.
struct CheckpointSchedule {
  double seconds = 30;        ///< since the last one; 0: not by time
  Index epochs = 0;           ///< since the last one; 0: not by epochs
  bool only_at_stop = false;  ///< not before the run is asked to stop
  bool hold_finished = true;  ///< with only_at_stop: what has finished waits in memory to be kept then

  /// `30 s`, `5 epochs`, or `5`, which are epochs. Throws InvalidArgument, naming `option`.
  static CheckpointSchedule parse(std::string_view text, std::string_view option);
};

/// Whom a folder asks and tells.
struct CheckpointHooks {
  std::function<bool()> stop_requested = {};            ///< asked after every update, by any thread
  std::function<void(const std::string&)> notice = {};  ///< a damaged checkpoint was passed over
};

/// Ends the name of a file of finished runs that stands in a folder beside the checkpoints of those in training.
inline constexpr std::string_view kRecordEnding = ".runs.jsonl";

/// A folder of files NAME-NUMBER.safetensors, one NAME a run. Keepers of several runs may be used at once.
class CheckpointFolder {
 public:
  /// Neither makes nor reads the folder yet. With `resume`, keepers give out what is there.
  CheckpointFolder(std::string path, CheckpointSchedule schedule, bool resume, CheckpointHooks hooks = {});

  const std::string& path() const { return path_; }
  bool resumes() const { return resume_; }

  /// Makes the folder and holds it until this ends: two commands in one folder would write over each other's files.
  /// Throws IoError when another command holds it. The first checkpoint does it too.
  void hold();
  /// Writes the finished runs that wait in memory, because no more will come.
  void write_waiting();

  /// The keeper of one run. What it gives out was kept under the same name and identity: take_saved() throws
  /// InvalidArgument that says what differs, and DataError when no checkpoint of the run can be read. The folder
  /// outlives it.
  std::unique_ptr<RunKeeper> keeper(const std::string& name, const RunIdentity& identity);

  /// Removes what is kept of a run.
  void forget(const std::string& name);

  /// Whether a folder holds checkpoints, or records, of runs whose names begin like this.
  static bool holds_checkpoints(const std::string& path, std::string_view beginning);
  /// Removes those and nothing else.
  static void clear(const std::string& path, std::string_view beginning);

 private:
  friend class KeptRun;

  /// A state that waits in memory for a reason to be written.
  struct Pending {
    SavedRun run;
    RunIdentity identity;
  };

  void hold_locked();
  void write(const std::string& name, const RunIdentity& identity, const RunState& state);
  void write_pending();

  std::string path_;
  CheckpointSchedule schedule_;
  bool resume_;
  CheckpointHooks hooks_;
  std::optional<OutputFolder> folder_;  ///< once the folder is held
  std::unique_ptr<FolderLock> lock_;
  std::mutex mutex_;                        ///< of all that follows, and of the folder's files
  std::map<std::string, Pending> pending_;  ///< only_at_stop: finished states by run
};

}  // namespace dbn
