#include <dbn/model/checkpoint_folder.hpp>

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/stopwatch.hpp>
#include <dbn/io/folder.hpp>

namespace dbn {
namespace {

constexpr std::string_view kEnding = ".safetensors";
constexpr std::size_t kDigits = 6;
constexpr std::size_t kKept = 2;

struct FileName {
  std::string run;
  Index number = 0;

  std::string text() const { return fmt::format("{}-{:0{}}{}", run, number, kDigits, kEnding); }
};

/// NAME-NUMBER.safetensors, or nothing.
std::optional<FileName> parse_name(std::string_view text) {
  if (!text.ends_with(kEnding)) return std::nullopt;
  text.remove_suffix(kEnding.size());
  const auto dash = text.rfind('-');
  if (dash == text.npos || dash == 0 || text.size() - dash - 1 < kDigits || text.size() - dash - 1 > 15)
    return std::nullopt;
  const auto digits = text.substr(dash + 1);
  if (digits.find_first_not_of("0123456789") != digits.npos) return std::nullopt;
  return FileName{std::string(text.substr(0, dash)), parse_integer(digits, "checkpoint")};
}

/// The checkpoints in a folder, ascending by run and number.
std::vector<FileName> files_in(const std::string& folder) {
  std::vector<FileName> files;
  for (const auto& text : names_in_folder(folder))
    if (auto name = parse_name(text)) files.push_back(std::move(*name));
  std::sort(files.begin(), files.end(),
            [](const auto& a, const auto& b) { return std::tie(a.run, a.number) < std::tie(b.run, b.number); });
  return files;
}

std::vector<FileName> files_of_run(const std::string& folder, const std::string& run) {
  auto files = files_in(folder);
  std::erase_if(files, [&](const FileName& file) { return file.run != run; });
  return files;
}

std::vector<FileName> files_beginning(const std::string& folder, std::string_view beginning) {
  auto files = files_in(folder);
  std::erase_if(files, [&](const FileName& file) { return !file.run.starts_with(beginning); });
  return files;
}

std::vector<std::string> records_beginning(const std::string& folder, std::string_view beginning) {
  auto names = names_in_folder(folder);
  std::erase_if(
      names, [&](const std::string& name) { return !name.starts_with(beginning) || !name.ends_with(kRecordEnding); });
  return names;
}

std::string path_of(const std::string& folder, const FileName& file) { return folder + "/" + file.text(); }

}  // namespace

/// One run's place in a folder.
class KeptRun final : public RunKeeper {
 public:
  KeptRun(CheckpointFolder& folder, std::string name, RunIdentity identity)
      : folder_(folder), name_(std::move(name)), identity_(std::move(identity)) {}

  std::optional<SavedRun> take_saved() override {
    if (!folder_.resume_) return std::nullopt;
    const auto files = files_of_run(folder_.path_, name_);
    std::string damage;
    for (auto file = files.rbegin(); file != files.rend(); ++file) {
      try {
        return checked(path_of(folder_.path_, *file));
      } catch (const DataError& error) {
        pass_over(*file, error, damage);
      } catch (const IoError& error) {
        pass_over(*file, error, damage);
      }
    }
    if (!damage.empty())
      throw DataError(
          fmt::format("{}; no other checkpoint of this run is left: remove its files {}/{}-* to start it over, or "
                      "start everything anew with --force",
                      damage, folder_.path_, name_));
    return std::nullopt;
  }

  bool wants(Moment moment) override {
    const auto& schedule = folder_.schedule_;
    if (moment == Moment::run_end) return !schedule.only_at_stop || schedule.hold_finished;
    if (schedule.only_at_stop) return false;
    if (moment == Moment::epoch_end) ++epochs_;
    const bool by_epochs = schedule.epochs > 0 && epochs_ >= schedule.epochs;
    // On a slow disk the run goes on for ten times as long as it waits.
    constexpr double kMostShare = 0.1;
    const double between = std::max(schedule.seconds, last_write_ / kMostShare);
    return by_epochs || (schedule.seconds > 0 && since_.seconds() >= between);
  }

  bool stop_requested() override { return folder_.hooks_.stop_requested && folder_.hooks_.stop_requested(); }

  void keep(const RunState& state) override {
    const Stopwatch writing;
    {
      const std::lock_guard lock(folder_.mutex_);
      if (folder_.schedule_.only_at_stop && !stop_requested()) {
        folder_.pending_[name_] = {SavedRun(state), identity_};
        return;
      }
      folder_.pending_.erase(name_);
      folder_.write_pending();
      // First, so that what is damaged does not count as one of the two that are kept.
      for (const auto& path : std::exchange(damaged_, {})) remove_file(path);
      folder_.write(name_, identity_, state);
    }
    epochs_ = 0;
    last_write_ = writing.seconds();
    since_ = Stopwatch();
  }

 private:
  SavedRun checked(const std::string& path) const {
    Checkpoint checkpoint = load_checkpoint(path);
    if (const auto differing = difference(checkpoint.identity, identity_); !differing.empty())
      throw InvalidArgument(
          fmt::format("{}: --resume expects the data and options of the run that was stopped; {}", path, differing));
    return std::move(checkpoint.run);
  }

  void pass_over(const FileName& file, const Error& error, std::string& damage) {
    damaged_.push_back(path_of(folder_.path_, file));
    if (damage.empty()) damage = error.what();
    notice(fmt::format("{}; trying the checkpoint before it", error.what()));
  }

  void notice(const std::string& text) const {
    const std::lock_guard lock(folder_.mutex_);
    if (folder_.hooks_.notice) folder_.hooks_.notice(text);
  }

  CheckpointFolder& folder_;
  std::string name_;
  RunIdentity identity_;
  Stopwatch since_;                   ///< the last checkpoint, or the start
  Index epochs_ = 0;                  ///< ended since then
  double last_write_ = 0;             ///< seconds that the last one took
  std::vector<std::string> damaged_;  ///< files that were passed over
};

CheckpointSchedule CheckpointSchedule::parse(std::string_view text, std::string_view option) {
  const auto refuse = [&] {
    throw InvalidArgument(
        fmt::format("{}: expected a number of epochs or seconds, like '5 epochs' or '30 s', found '{}'", option, text));
  };
  const auto digits = std::min(text.find_first_not_of("0123456789."), text.size());
  auto unit = text.substr(digits);
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  const double count = parse_number(text.substr(0, digits), option);
  constexpr double kMost = 1e9;
  if (count <= 0 || count > kMost) refuse();
  if (unit == "s") return {.seconds = count};
  const auto epochs = static_cast<Index>(count);
  if ((!unit.empty() && unit != "epoch" && unit != "epochs") || static_cast<double>(epochs) != count) refuse();
  return {.seconds = 0, .epochs = epochs};
}

CheckpointFolder::CheckpointFolder(std::string path, CheckpointSchedule schedule, bool resume, CheckpointHooks hooks)
    : path_(std::move(path)), schedule_(schedule), resume_(resume), hooks_(std::move(hooks)) {}

std::unique_ptr<RunKeeper> CheckpointFolder::keeper(const std::string& name, const RunIdentity& identity) {
  return std::make_unique<KeptRun>(*this, name, identity);
}

void CheckpointFolder::forget(const std::string& name) {
  const std::lock_guard lock(mutex_);
  pending_.erase(name);
  for (const auto& file : files_of_run(path_, name)) remove_file(path_of(path_, file));
}

bool CheckpointFolder::holds_checkpoints(const std::string& path, std::string_view beginning) {
  return !files_beginning(path, beginning).empty() || !records_beginning(path, beginning).empty();
}

void CheckpointFolder::clear(const std::string& path, std::string_view beginning) {
  for (const auto& file : files_beginning(path, beginning)) remove_file(path_of(path, file));
  for (const auto& name : records_beginning(path, beginning)) remove_file(path + "/" + name);
}

void CheckpointFolder::hold() {
  const std::lock_guard lock(mutex_);
  hold_locked();
}

void CheckpointFolder::hold_locked() {
  if (lock_) return;
  folder_.emplace(path_);
  lock_ = std::make_unique<FolderLock>(path_);
}

void CheckpointFolder::write_waiting() {
  const std::lock_guard lock(mutex_);
  write_pending();
}

// The new file first: at every moment the last or the one before it is whole.
void CheckpointFolder::write(const std::string& name, const RunIdentity& identity, const RunState& state) {
  hold_locked();
  auto files = files_of_run(path_, name);
  files.push_back({name, files.empty() ? 1 : files.back().number + 1});
  save_checkpoint(state, identity, path_of(path_, files.back()));
  // A result without tensors is the last of its run: what led to it has done its duty.
  const std::size_t kept = state.tensors.empty() ? 1 : kKept;
  for (std::size_t i = 0; i + kept < files.size(); ++i) remove_file(path_of(path_, files[i]));
}

void CheckpointFolder::write_pending() {
  for (auto& [name, pending] : std::exchange(pending_, {})) {
    RunState state{.position = pending.run.position, .tensors = {}, .numbers = pending.run.numbers};
    for (auto& [tensor, values] : pending.run.tensors) state.tensors.push_back(named(tensor, values));
    write(name, pending.identity, state);
  }
}

}  // namespace dbn
