#include <dbn/nn/task.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <dbn/core/error.hpp>
#include <dbn/core/table.hpp>

namespace dbn {

const std::vector<Task>& tasks() {
  static const std::vector<Task> table{
      {"classification", Outputs::classes, {"softmax"}},
      {"regression", Outputs::targets, {"squared-error", "binary-cross-entropy"}},
      {"autoencoder", Outputs::inputs, {"binary-cross-entropy", "squared-error"}},
  };
  return table;
}

const char* outputs_name(Outputs outputs) {
  switch (outputs) {
    case Outputs::classes:
      return "classes";
    case Outputs::targets:
      return "targets";
    case Outputs::inputs:
      break;
  }
  return "inputs";
}

const Task& task(std::string_view name) { return row_named(tasks(), name, "task"); }

std::vector<std::string> task_names() { return row_names(tasks()); }

const Loss& task_loss(const Task& task, const std::string& name) {
  if (name.empty()) return loss(task.losses.front());
  if (std::find(task.losses.begin(), task.losses.end(), name) == task.losses.end())
    throw InvalidArgument(fmt::format("--loss: expected {}, for the task {}, found '{}'",
                                      fmt::join(task.losses, " or "), task.name, name));
  return loss(name);
}

}  // namespace dbn
