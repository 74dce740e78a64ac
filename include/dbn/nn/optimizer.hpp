#pragma once
// Optimizers: from gradients to parameters. To add one: a class and a row in optimizers().

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <dbn/core/tensor.hpp>
#include <dbn/core/types.hpp>

namespace dbn {

/// A tensor that is trained, and the L2 cost on it: cost/2 * sum of squares is added to what is minimised.
struct Parameter {
  NamedTensor tensor;
  double weight_cost = 0;
};

/// Rates of one update.
struct UpdateRates {
  double learning_rate = 0;
  double momentum = 0;  ///< ignored by optimizers that have no such thing
};

/// Changes parameters by gradients of a quantity to be minimised. Stateful, made per run; the state is tensors that a
/// checkpoint can save.
class Optimizer {
 public:
  explicit Optimizer(std::vector<Parameter> parameters) : parameters_(std::move(parameters)) {}
  virtual ~Optimizer() = default;

  /// Starts an update; every tile that follows belongs to it. `update` counts from 0 over the whole run.
  virtual void begin_update(UpdateRates rates, Index update) = 0;

  /// Applies a gradient tile: columns first_column... of tensor `parameter`. Disjoint tiles may come from many threads.
  virtual void apply(std::size_t parameter, Index first_column, const ConstMatrixRef& gradient) = 0;

  /// Everything that the next update depends on, beside the parameters.
  virtual TensorList state() = 0;

 protected:
  std::vector<Parameter> parameters_;
};

/// One kind of optimizer.
struct OptimizerKind {
  std::string name;
  std::string source;
  double default_rate;
  int state_copies;  ///< how many tensors of a parameter's shape its state holds
  std::unique_ptr<Optimizer> (*make)(std::vector<Parameter> parameters);
};

/// sgd: w -= rate * g; momentum: v = momentum * v - rate * g, w += v [Hinton 2012 §9]; adam: b1 .9, b2 .999, eps 1e-8
/// [Kingma & Ba 2015].
const std::vector<OptimizerKind>& optimizers();
const OptimizerKind& optimizer(std::string_view name);
std::vector<std::string> optimizer_names();

}  // namespace dbn
