#pragma once
// Greedy layer-wise pretraining [Hinton, Osindero & Teh 2006; Bengio et al. 2007]: each layer is trained on the
// probabilities of the one below, without labels.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <dbn/data/case_source.hpp>
#include <dbn/nn/training_loop.hpp>
#include <dbn/pretrain/layer_trainer.hpp>
#include <dbn/pretrain/pretrain_options.hpp>
#include <dbn/pretrain/stack.hpp>

namespace dbn {

/// What was measured after an epoch, on up to 1000 training and 1000 validation cases.
struct PretrainEpoch {
  Index layer = 0;                  ///< from 1
  Index epoch = 0;                  ///< from 1
  double reconstruction_error = 0;  ///< squared error of a training case's reconstruction from its means, summed
                                    ///< over units
  std::optional<double> free_energy_gap = {};  ///< mean F(validation) - mean F(training), nats; grows when over-fitting
  double seconds = 0;
};

/// A pretrained stack with the course of its training.
struct PretrainResult {
  Stack stack;
  std::vector<std::vector<PretrainEpoch>> history;  ///< by layer
  std::vector<TrainingEvidence> evidence;           ///< by layer; empty ones for layers finished before a resumption
};

/// Whom training tells how far it is; any may be empty.
struct PretrainObserver {
  std::function<void(Index layer, Index epoch, double done)> batch = {};  ///< share of the epoch that is done
  std::function<void(const PretrainEpoch&)> epoch = {};
  std::function<void(const std::string&)> notice = {};  ///< something that a user should know, in a line
};

/// Trains a stack on `training`. `validation` may be null. Throws InvalidArgument for bad options or data that do not
/// suit the units, DivergenceError (layer, epoch, update, rate) when weights pass all measure. With a keeper, goes on
/// from what it saved and hands it the state of the whole stack; Interrupted when it wants to stop.
PretrainResult pretrain(const CaseSource& training, const CaseSource* validation, const PretrainOptions& options,
                        std::uint64_t seed, const PretrainObserver& observer = {}, RunKeeper* keeper = nullptr);

/// Bytes that pretrain() takes at its largest over data of so many features, with so many training and validation
/// cases: the layers and everything that they are trained with, without the data. One more copy of a layer and its
/// training state is counted, for a checkpoint.
double pretrain_memory(Index features, const PretrainOptions& options, Index cases, Index validation_cases);
/// Bytes of the parameters of the stack that comes of it.
double stack_memory(Index features, const PretrainOptions& options);

/// Floating-point operations of all products of pretraining a stack of these sizes (features, layers) on so many cases:
/// 6 + 4 cd_k a weight and case, and 2 for each layer passed below.
double pretrain_work(const std::vector<Index>& sizes, const PretrainOptions& options, Index cases);

}  // namespace dbn
