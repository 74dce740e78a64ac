#pragma once
// What a run will need, before it starts: for --dry-run.

#include <string>
#include <vector>

#include <dbn/core/types.hpp>
#include <dbn/nn/fine_tune.hpp>
#include <dbn/pretrain/pretrain_options.hpp>

/// Floating-point operations of all products of pretraining: 6 + 4 cd_k a weight and case, and 2 for each layer passed
/// below.
double pretrain_work(const std::vector<dbn::Index>& sizes, const dbn::PretrainOptions& options, dbn::Index cases);

/// The same for supervised training: 6 a weight and case.
double finetune_work(const std::vector<dbn::Index>& sizes, const dbn::FinetuneOptions& options, dbn::Index cases);

/// Shapes, parameters, memory and time of a plan, as lines of text. Measures this machine's product for a moment.
std::string describe_plan(const std::vector<dbn::Index>& sizes, double work);
