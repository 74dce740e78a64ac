#pragma once
// Random search [Bergstra & Bengio 2012]: every treatment is tried with the same configurations.

#include <cstdint>
#include <vector>

#include <dbn/experiment/comparison_run.hpp>
#include <dbn/nn/finetune_options.hpp>

namespace dbn::detail {

/// Configuration number `trial` of fine-tuning a net with so many layers, the output layer included. Trial 0 is empty:
/// the options as they were given. The others draw, from the seed and the trial alone, learning rate (the optimizer's
/// recommended one times 1/10 to 3, evenly on a log scale), weight cost (none, or 1e-6 to 1e-3), dropout of hidden
/// layers (0, .25 or .5), and a factor on the rates of the layers below the output layer (1, .3 or .1).
Settings random_settings(std::uint64_t seed, Index trial, std::size_t layers, const FinetuneOptions& options);

/// The options changed by settings. Throws InvalidArgument for what they do not have.
FinetuneOptions with_settings(FinetuneOptions options, const Settings& settings);

/// The trial of least validation error, in whatever order they finished; of several the one of least number. Those that
/// diverged come last. There is at least one.
const TuningTrial& best_trial(const std::vector<TuningTrial>& trials, const Treatment& treatment);

}  // namespace dbn::detail
