#include "checkpointing.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/data/fingerprint.hpp>
#include <dbn/io/file.hpp>
#include <dbn/io/folder.hpp>

#include "cases.hpp"
#include "stop_signals.hpp"

using namespace dbn;

OptionFields Checkpointing::fields() {
  return {
      {.name = "checkpoint",
       .value = &folder_,
       .help = "keep checkpoints in this folder; a run stopped by a signal is kept in any case",
       .unset = "--out with .checkpoint behind it, and only when a signal stops the run"},
      {.name = "checkpoint-every",
       .value = &every_,
       .help = "how often: '30 s' or '5 epochs'; always at the end of a layer and of the run"},
      {.name = "resume",
       .value = &resume_,
       .help =
           "go on from the checkpoints of the same command, to the same bytes as without a stop; --epochs may grow"},
  };
}

void Checkpointing::check(const std::string& out, const std::vector<std::string>& inputs) {
  schedule_ = CheckpointSchedule::parse(every_, "--checkpoint-every");
  schedule_.only_at_stop = folder_.empty() && !line_.given("checkpoint-every") && !resume_;
  if (folder_.empty()) folder_ = (out.empty() ? "compare" : out) + ".checkpoint";
  const bool there = CheckpointFolder::holds_checkpoints(folder_);
  const bool overwrite = line_.global.force || line_.global.dry_run;
  // The output of the run that goes on may be there already: it was written just before the stop.
  if (!out.empty()) check_output(out, inputs, overwrite || (resume_ && there));
  if (there && !resume_ && !overwrite)
    throw IoError(fmt::format(
        "{}: holds checkpoints of an earlier run; --resume goes on from them, --force starts anew without them",
        folder_));
  if (schedule_.only_at_stop || line_.global.dry_run) return;
  std::error_code none;
  check_writable(std::filesystem::is_directory(folder_, none) ? folder_ + "/checkpoint" : folder_, true);
}

double Checkpointing::reading_bytes() const {
  if (!resume_) return 0;
  double largest = 0;
  std::error_code none;
  for (const auto& name : names_in_folder(folder_)) {
    const auto size = std::filesystem::file_size(std::filesystem::path(folder_) / name, none);
    if (!none) largest = std::max(largest, static_cast<double>(size));
  }
  return 3 * largest;
}

CheckpointFolder Checkpointing::open(Progress& progress) {
  const bool there = CheckpointFolder::holds_checkpoints(folder_);
  if (there && !resume_) CheckpointFolder::clear(folder_);
  if (resume_)
    progress.line(there ? fmt::format("going on from {}", folder_)
                        : fmt::format("no checkpoint in {}: starting from the beginning", folder_));
  return {folder_,
          schedule_,
          resume_,
          {.stop_requested = [] { return StopSignals::received() != 0; },
           .notice = [&progress](const std::string& text) { progress.note(text); }}};
}

void Checkpointing::guard(FunctionRef<void()> training) const {
  const StopSignals signals;
  try {
    training();
  } catch (const Interrupted& stop) {
    const int signal = StopSignals::received();
    std::vector<std::string> more;
    if (!line_.given("checkpoint")) more.insert(more.end(), {"--checkpoint", folder_});
    if (!resume_) more.emplace_back("--resume");
    throw Stopped(signal,
                  fmt::format("{}: {}; its checkpoint is in {}, go on with\n  {}",
                              signal == SIGINT ? "SIGINT" : "SIGTERM", stop.what(), folder_, line_.repeated(more)));
  }
}

RunIdentity data_identity(const CommandLine& line, DataOptions data, const Dataset& training) {
  RunIdentity identity{{"--seed", fmt::format("{}", line.seed())}, {"training data", fingerprint(training)}};
  // Where the data are read from does not matter, only what they are.
  add_options(identity, data.fields(), {"data", "label-file", "label-column", "test", "test-label-file", "limit"});
  return identity;
}
