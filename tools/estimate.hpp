#pragma once
// What a run will need, before it starts: for --dry-run.

#include <string>
#include <vector>

#include <dbn/core/types.hpp>
#include <dbn/nn/fine_tune.hpp>
#include <dbn/pretrain/pretrain_options.hpp>

#include "command_line.hpp"

// Memory is in bytes beside what the process holds already, the data among it: at the largest, which is training or
// writing the file. Sizes are those of features, hidden layers and, of a net, classes.

/// What pretraining of a stack takes.
double pretrain_bytes(const std::vector<dbn::Index>& sizes, const dbn::PretrainOptions& options, dbn::Index cases,
                      dbn::Index validation_cases);

/// What supervised training of a net takes.
double finetune_bytes(const std::vector<dbn::Index>& sizes, const dbn::FinetuneOptions& options, dbn::Index cases);

/// Throws MemoryError when the process would grow by so many bytes beyond the command's --max-memory. `what` is
/// trained; `advice` says how to need less.
void check_memory(const CommandLine& line, const std::string& what, double bytes, const std::string& advice);

/// Shapes, parameters, memory and time of a plan, as lines of text. Measures this machine's product for a moment.
std::string describe_plan(const std::vector<dbn::Index>& sizes, double bytes, double work);
