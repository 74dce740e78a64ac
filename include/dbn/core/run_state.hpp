#pragma once
// What a training run is made of between two updates: who saves it can go on from there with the same bits, because
// draws are functions of their position and need no saving.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <dbn/core/tensor.hpp>
#include <dbn/core/types.hpp>

namespace dbn {

/// Where a run stands.
struct RunPosition {
  std::string stage;  ///< pretrain, finetune; done for a run whose result is all that is kept
  Index layer = 0;    ///< from 1; 0 where there is one only
  Index epoch = 0;    ///< from 1: the one that the next update belongs to, or that has just ended
  Index update = 0;   ///< updates that are done, over all epochs

  bool operator==(const RunPosition&) const = default;
};

/// Lists of numbers by name, in full precision: history, counters, sums so far.
using Numbers = std::map<std::string, std::vector<double>>;

/// A view of a run's state. Names are unique; the run outlives it.
struct RunState {
  RunPosition position;
  TensorList tensors;
  Numbers numbers;
};

/// A copy of a run's state, in memory or as read from a file.
struct SavedRun {
  RunPosition position;
  std::map<std::string, Matrix> tensors;
  Numbers numbers;

  SavedRun() = default;
  explicit SavedRun(const RunState& state);

  /// Writes the saved values over those of the views of the same names. Throws DataError, naming the tensor, when one
  /// is missing or of another shape.
  void copy_into(const TensorList& tensors) const;
  /// The list of that name; DataError when there is none or it has another length than `count` (0: any).
  const std::vector<double>& list(const std::string& name, std::size_t count = 0) const;
  /// Entry `index` of a list of `length` numbers that counts something; DataError unless it is whole and from 0.
  Index count(const std::string& name, std::size_t index, std::size_t length) const;
};

/// Two entries of a list of numbers for a value that may be missing, and back.
void append_optional(std::vector<double>& list, const std::optional<double>& value);
std::optional<double> optional_at(const std::vector<double>& list, std::size_t index);

/// The same views under longer names.
TensorList with_prefix(const std::string& prefix, TensorList tensors);

/// False when a tensor or a number is infinite or not a number.
bool all_finite(const RunState& state);

}  // namespace dbn
