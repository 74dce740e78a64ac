#pragma once
// The one loop of all training: epochs of shuffled batches, with divergence watched, state kept, interruptions obeyed
// and retries made.
//
// A trainer gets all of this by handing out its state as named tensors: a Learner whose parameters(), state() and
// numbers() are everything that its next update depends on. There is no other way to a checkpoint, and no trainer
// writes code of its own for one. What is left out there makes a resumed run end with other bits, which the tests of
// resuming from every update notice.

#include <functional>
#include <optional>
#include <span>
#include <string>

#include <dbn/core/option.hpp>
#include <dbn/core/random.hpp>
#include <dbn/core/run_state.hpp>
#include <dbn/core/tensor.hpp>
#include <dbn/core/types.hpp>

namespace dbn {

/// Where in a run a batch stands: all that a draw may depend on.
struct BatchPosition {
  Index epoch;                   ///< from 1
  Index update;                  ///< from 0, over all epochs
  std::span<const Index> cases;  ///< case numbers of the batch's columns
};

/// An epoch that has ended.
struct EndedEpoch {
  Index epoch = 0;           ///< from 1
  double loss = 0;           ///< mean of what update() returned, weighted by cases
  double learning_rate = 0;  ///< before the learner's own schedule
  double seconds = 0;        ///< of training, all pieces of an interrupted run together
};

/// What the loop trains. Views that it hands out stay valid while it lives.
class Learner {
 public:
  virtual ~Learner() = default;

  /// What is trained. A run whose weights are not all_moderate, or whose other parameters are not finite, has diverged.
  virtual TensorList parameters() = 0;
  /// Everything else that the next update depends on and that is a tensor: optimizer state, chains, the best so far.
  /// No name is that of a parameter.
  virtual TensorList state() = 0;
  /// What is not a tensor: the history, at least. Optional values by append_optional.
  virtual Numbers numbers() const = 0;
  /// Takes numbers() back; the tensors have been written already.
  virtual void take_numbers(const SavedRun& saved) = 0;

  /// One update at the given rate, before the learner's own schedule. Returns the mean loss of the batch, or 0 for a
  /// learner that knows none.
  virtual double update(const BatchPosition& at, double learning_rate) = 0;
  /// Measures and records an epoch.
  virtual void end_epoch(const EndedEpoch& epoch) = 0;
  /// Whether training shall end before its last epoch.
  virtual bool satisfied() const { return false; }
};

/// Between which updates a state could be kept.
enum class Moment { within_epoch, epoch_end, run_end };

/// Whom a run hands its state to between two updates, and gets it back from when it goes on.
class RunKeeper {
 public:
  virtual ~RunKeeper() = default;
  /// What an earlier run left; nothing when the run starts from its beginning. Asked once.
  virtual std::optional<SavedRun> take_saved() = 0;
  /// Whether the state is wanted now.
  virtual bool wants(Moment moment) = 0;
  /// Whether the run shall stop. It hands over its state first.
  virtual bool stop_requested() = 0;
  /// Keeps a state whose values are all finite.
  virtual void keep(const RunState& state) = 0;
};

/// How a learner is trained.
struct LoopOptions {
  std::string stage;            ///< pretrain or finetune
  Index layer = 0;              ///< from 1; 0 where there is one only
  Index cases = 0;              ///< training cases, at least 1
  Index batch = 100;            ///< cases a batch, at most `cases`; the last batch of an epoch may be smaller
  Index epochs = 1;             ///< may be more than those of the run that is resumed
  double learning_rate = 0;     ///< before the learner's own schedule
  double recommended_rate = 0;  ///< what the learner is known to converge with: where retries end
  bool retry = false;           ///< on divergence, go back to the last epoch's end at a smaller rate
  Stream order;                 ///< of the batches
};

/// The option of every trainer that says what becomes of a diverged run.
OptionField on_divergence_field(std::string* value);

/// How often a diverged run is tried again.
inline constexpr Index kMostRetries = 5;

/// The rate after so many retries: each halves it, and the k-th takes no more than 2^(5-k) times the recommended rate,
/// so that the fifth is one that converges, however absurd the first.
double retried_rate(double rate, double recommended, Index retries);

/// Trains until the last epoch, or until the learner is satisfied. `keeper` may be null. Throws DivergenceError (layer,
/// epoch, update, rate) when parameters pass all measure, after kMostRetries with `retry`; Interrupted when the keeper
/// wants to stop; DataError for a saved state that is not this learner's; InvalidArgument when that has more epochs.
/// `notice` (may be empty) receives lines that a user should know: of retries, of epochs that grew.
void train(Learner& learner, const LoopOptions& options, RunKeeper* keeper,
           const std::function<void(const std::string&)>& notice = {});

}  // namespace dbn
