#pragma once
// The table of supervised tasks: what a net's outputs mean, and which losses serve them.

#include <string>
#include <string_view>
#include <vector>

#include <dbn/nn/loss.hpp>

namespace dbn {

/// What a net's outputs stand for.
enum class Outputs {
  classes,  ///< one for each class
  targets,  ///< one for each target
  inputs    ///< one for each feature: the case itself
};

/// classes, targets or inputs.
const char* outputs_name(Outputs outputs);

/// One kind of thing that a net may learn to tell of a case.
struct Task {
  std::string name;
  Outputs outputs;
  std::vector<std::string> losses;  ///< rows of losses() that serve it, the recommended one first
};

/// classification: one of several classes; regression: one or several numbers; autoencoder: the case itself.
const std::vector<Task>& tasks();
const Task& task(std::string_view name);
std::vector<std::string> task_names();

/// The loss of that name, or what the task recommends for an empty one. Throws InvalidArgument for a loss that does not
/// serve the task.
const Loss& task_loss(const Task& task, const std::string& name);

}  // namespace dbn
