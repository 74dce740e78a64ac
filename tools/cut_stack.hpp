#pragma once
// A stack cut at one of its layers: codes go up to that layer, and what it makes of them comes down as data.

#include <string>
#include <vector>

#include <dbn/core/types.hpp>
#include <dbn/pretrain/stack.hpp>

/// Layer N of a stack and those below it.
struct CutStack {
  dbn::Stack below;       ///< layers 1 to N - 1, from the data upwards
  dbn::StackLayer layer;  ///< layer N

  /// The layer as an RBM; DataError, which says that `path` lacks it for `what`, when it is an autoencoder.
  const dbn::Rbm& rbm(const std::string& path, const std::string& what) const;
  /// The layer that sees the data.
  const dbn::StackLayer& first() const { return below.layers.empty() ? layer : below.layers.front(); }
  /// Sizes of features and of every layer up to N.
  std::vector<dbn::Index> sizes() const;

  /// What layer N sees (units x cases) of data (features x cases), by codes from layer to layer.
  dbn::Matrix up(dbn::Matrix data) const;
  /// What layer N sees (units x cases) becomes data (features x cases), by means from layer to layer. Where the first
  /// layer is replicated, its counts are those of `data`, or one a case without any.
  dbn::Matrix down(dbn::Matrix codes, const dbn::Matrix* data = nullptr) const;
};

/// Cuts at layer N, counted from 1 at the data. InvalidArgument names --layer when the stack has no such layer.
CutStack cut_stack(dbn::Stack stack, dbn::Index layer);
