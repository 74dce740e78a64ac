#pragma once
// Keeps a run's states in memory, and gives one of them back: how resuming is tested without a file.

#include <optional>
#include <utility>
#include <vector>

#include <dbn/nn/training_loop.hpp>

namespace dbn::test {

class MemoryKeeper final : public RunKeeper {
 public:
  /// From the start, or from a state that another keeper got; stops when `states` have been kept (0: never).
  explicit MemoryKeeper(std::optional<SavedRun> from = {}, std::size_t states = 0)
      : from_(std::move(from)), stop_after_(states) {}

  std::optional<SavedRun> take_saved() override { return std::exchange(from_, std::nullopt); }
  bool wants(Moment) override { return true; }
  bool stop_requested() override { return stop_after_ > 0 && kept_.size() + 1 >= stop_after_; }
  void keep(const RunState& state) override { kept_.emplace_back(state); }

  /// One state after each update, unless the run stopped.
  const std::vector<SavedRun>& kept() const { return kept_; }

 private:
  std::optional<SavedRun> from_;
  std::size_t stop_after_;
  std::vector<SavedRun> kept_;
};

}  // namespace dbn::test
