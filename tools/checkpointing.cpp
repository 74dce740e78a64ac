#include "checkpointing.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/data/fingerprint.hpp>
#include <dbn/io/file.hpp>
#include <dbn/io/folder.hpp>

#include "cases.hpp"

using namespace dbn;

OptionFields Checkpointing::fields() {
  return {
      {.name = "checkpoint",
       .value = &folder_,
       .help = "keep checkpoints in this folder; a run stopped by a signal is kept in any case",
       .unset = "--out, or the command's name, with .checkpoint behind it, and only when a signal stops the run"},
      {.name = "checkpoint-every",
       .value = &every_,
       .help = "how often: '30 s' or '5 epochs'; always at the end of a layer and of the run"},
      {.name = "resume",
       .value = &resume_,
       .help = "go on from the checkpoints of the same command, to the same bytes as without a stop; --epochs may grow "
               "(of compare: --seeds, --starts, --labels, --depths, --widths; of reproduce: --seeds alone)"},
  };
}

void Checkpointing::check(const std::string& out, const std::vector<std::string>& inputs, bool goes_on) {
  schedule_ = CheckpointSchedule::parse(every_, "--checkpoint-every");
  schedule_.hold_finished = line_.command() != "finetune";  // which has finished when its one run has
  const bool folder_given = !folder_.empty();
  while (folder_.size() > 1 && folder_.ends_with('/')) folder_.pop_back();
  if (folder_.empty()) folder_ = (out.empty() ? name_ : out) + ".checkpoint";
  if (!out.empty() && same_file(out, folder_))
    throw InvalidArgument(fmt::format("--checkpoint: {} is also --out; name another folder", folder_));
  const bool there = CheckpointFolder::holds_checkpoints(folder_, name_);
  if (goes_on && there) resume_ = true;
  schedule_.only_at_stop = !folder_given && !line_.given("checkpoint-every") && !resume_;
  const bool overwrite = line_.global.force || line_.global.dry_run;
  // The output of the run that goes on may be there already: it was written just before the stop.
  if (!out.empty()) check_output(out, inputs, overwrite || goes_on || (resume_ && there));
  if (there && !resume_ && !overwrite)
    throw IoError(fmt::format(
        "{}: holds checkpoints of an earlier {}; --resume goes on from them, --force starts anew without them", folder_,
        name_));
  if (schedule_.only_at_stop || line_.global.dry_run) return;
  std::error_code none;
  check_writable(std::filesystem::is_directory(folder_, none) ? folder_ + "/checkpoint" : folder_, true);
}

double Checkpointing::bytes(double finished) const {
  if (!resume_) return schedule_.only_at_stop ? finished : 0;
  double largest = 0;
  std::error_code none;
  for (const auto& name : names_in_folder(folder_)) {
    if (!name.starts_with(name_)) continue;
    const auto size = std::filesystem::file_size(std::filesystem::path(folder_) / name, none);
    if (!none) largest = std::max(largest, static_cast<double>(size));
  }
  return 3 * largest;
}

void Checkpointing::open(CheckpointFolder& folder, Progress& progress) const {
  if (!schedule_.only_at_stop) folder.hold();
  const bool there = CheckpointFolder::holds_checkpoints(folder_, name_);
  if (there && !resume_) CheckpointFolder::clear(folder_, name_);
  if (!resume_) return;
  if (there)
    progress.line(fmt::format("going on from {}", folder_));
  else
    progress.note(fmt::format("no checkpoint in {}: starting from the beginning", folder_));
}

void Checkpointing::guard(Progress& progress, FunctionRef<void(CheckpointFolder&)> training) {
  CheckpointFolder folder(folder_, schedule_, resume_,
                          {.stop_requested = [] { return StopSignals::received() != 0; },
                           .notice = [&progress](const std::string& text) { progress.note(text); }});
  signals_.emplace();
  try {
    open(folder, progress);
    training(folder);
  } catch (const Interrupted& stop) {
    folder.write_waiting();
    throw Stopped(StopSignals::received(), stopped_text(stop.what()));
  } catch (const DivergenceError& error) {
    folder.write_waiting();
    throw DivergenceError(diverged_text(error.what()));
  }
}

std::string Checkpointing::stopped_text(const std::string& what) const {
  std::vector<std::string> more;
  if (!line_.given("checkpoint")) more.insert(more.end(), {"--checkpoint", folder_});
  if (!resume_) more.emplace_back("--resume");
  return fmt::format("{}: {}; its checkpoint is in {}, go on with\n  {}", signal_name(StopSignals::received()), what,
                     folder_, line_.repeated(more));
}

std::string Checkpointing::diverged_text(const std::string& what) const {
  if (!CheckpointFolder::holds_checkpoints(folder_, name_)) return what;
  return fmt::format("{}; the last finite checkpoint is in {}, from which --resume --on-divergence retry goes on", what,
                     folder_);
}

RunIdentity data_identity(const CommandLine& line, DataOptions data, const Dataset& training) {
  RunIdentity identity{{"--seed", fmt::format("{}", line.seed())}, {"training data", fingerprint(training)}};
  // Where the data are read from does not matter, only what they are.
  add_options(identity, data.fields(),
              {"data", "label-file", "label-column", "categorical", "test", "test-label-file", "limit"});
  return identity;
}
