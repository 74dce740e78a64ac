#pragma once
// Supervised training of a net, wherever its weights started.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <dbn/data/case_source.hpp>
#include <dbn/nn/finetune_options.hpp>
#include <dbn/nn/mlp.hpp>
#include <dbn/nn/training_loop.hpp>

namespace dbn {

/// What was measured in one epoch.
struct FinetuneEpoch {
  Index epoch = 0;        ///< from 1
  double train_loss = 0;  ///< mean over the epoch's batches; of cross-entropies in nats
  /// None when nobody looked. Percent of cases; of a regression squared error in percent of the training targets'
  /// variance; of an autoencoder squared error of a case, summed over features.
  std::optional<double> validation_error = {};
  double learning_rate = 0;  ///< of the epoch's last update; 0 where line searches find steps
  double seconds = 0;
};

/// A trained net and the course of its training. With patience, the net is the one of the best validation epoch;
/// without, that of the last epoch.
struct FinetuneResult {
  Mlp net;
  std::vector<FinetuneEpoch> history;
  Index best_epoch = 0;  ///< the epoch whose net this is
};

/// Whom training tells how far it is; any may be empty.
struct FinetuneObserver {
  std::function<void(Index epoch, Index epochs, double done)> batch = {};  ///< share of the epoch that is done
  std::function<void(const FinetuneEpoch&, Index epochs)> epoch = {};
  std::function<void(const std::string&)> notice = {};  ///< something that a user should know, in a line
};

/// All that fine_tune() would refuse of a net of these sizes (features, hidden layers, outputs), before there is one.
/// `validation` may be null. Throws InvalidArgument or DataError.
void check_fine_tune(const std::vector<Index>& sizes, const PreparedCases& training, const PreparedCases* validation,
                     const FinetuneOptions& options);

/// Trains `start`, from the lowest layer that is not frozen, towards the labels or targets that every case of
/// `training` and of `validation` (may be null) has, or towards the cases themselves. Targets are learnt to one scale,
/// and the net that comes back predicts them in their own units; a `start` that does so already must first go through
/// unfold_target_scaling(). Throws InvalidArgument for bad options, missing labels, data and net that do not fit, or
/// patience without validation cases; DivergenceError (epoch, update, rate) when loss or weights pass all measure. With
/// a keeper, goes on from what it saved and hands it the run's state; Interrupted when it wants to stop.
FinetuneResult fine_tune(Mlp start, const PreparedCases& training, const PreparedCases* validation,
                         const FinetuneOptions& options, std::uint64_t seed, const FinetuneObserver& observer = {},
                         RunKeeper* keeper = nullptr);

/// A history as a list of numbers, for checkpoints, and back.
std::vector<double> history_numbers(const std::vector<FinetuneEpoch>& history);
std::vector<FinetuneEpoch> finetune_history(const std::vector<double>& numbers);

/// Bytes that fine_tune() takes at its largest for a net of these sizes (features, hidden layers, classes) on so many
/// cases: the net and everything that it is trained with, without the data.
double fine_tune_memory(const std::vector<Index>& sizes, const FinetuneOptions& options, Index cases);

/// Floating-point operations of all products of supervised training of such a net: 6 a weight and case of an epoch, and
/// as much for each look of a line search.
double fine_tune_work(const std::vector<Index>& sizes, const FinetuneOptions& options, Index cases);
/// Those of one look at so many cases: 2 a weight.
double scoring_work(const std::vector<Index>& sizes, Index cases);

}  // namespace dbn
