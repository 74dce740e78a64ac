#pragma once
// What is wrong with pretrained layers, and what to change about it: the checks of Hinton 2012, "A practical guide to
// training restricted Boltzmann machines", and a few more.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <dbn/core/types.hpp>
#include <dbn/data/case_source.hpp>
#include <dbn/pretrain/pretrain.hpp>
#include <dbn/pretrain/stack.hpp>

namespace dbn {

enum class Severity {
  note,    ///< worth knowing
  warning  ///< the layer is likely to serve badly
};

/// One thing that is not as it should be.
struct Finding {
  Index layer = 0;   ///< from 1
  std::string what;  ///< 12 of 500 units are never on: ...
  double value = 0;  ///< the number that it goes by: a share, a ratio, nats
  Severity severity = Severity::note;
  std::string advice;  ///< what to change, to be read behind "try"
};

/// Findings on layer `number`, from 1. `inputs` (visible x cases) are what the layer sees; null: what its weights, its
/// history and the evidence tell alone. Throws InvalidArgument when inputs and layer do not fit.
std::vector<Finding> examine(const StackLayer& layer, Index number, const Matrix* inputs,
                             std::span<const PretrainEpoch> history, const TrainingEvidence& evidence = {});

/// Findings on all layers, lowest first, from up to 1000 of the cases, evenly spaced; `cases` may be null. History and
/// evidence are by layer, and may end before the stack does.
std::vector<Finding> examine(const Stack& stack, const CaseSource* cases,
                             const std::vector<std::vector<PretrainEpoch>>& history,
                             const std::vector<TrainingEvidence>& evidence = {});

}  // namespace dbn
