#pragma once
// Optimizers: from gradients to parameters. To add one: a class in a file of its own (or beside its like) and a row in
// optimizers().

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <dbn/core/function_ref.hpp>
#include <dbn/core/option.hpp>
#include <dbn/core/tensor.hpp>
#include <dbn/core/types.hpp>

namespace dbn {

/// A tensor that is trained, and the L2 cost on it: cost/2 * sum of squares is added to what is minimised.
struct Parameter {
  NamedTensor tensor;
  double weight_cost = 0;
  double rate_factor = 1;  ///< on the learning rate; ignored by optimizers that have none
};

/// Rates of one update.
struct UpdateRates {
  double learning_rate = 0;
  double momentum = 0;  ///< ignored by optimizers that have no such thing
};

/// What an optimizer may be told beside its rates.
struct OptimizerSettings {
  double mean_decay = 0.9;                  ///< of the running mean of gradients: Adam's beta1, in [0, 1)
  std::optional<double> square_decay = {};  ///< of the running mean of squares, in [0, 1); none: adam .999, rmsprop .99
  std::optional<double> epsilon = {};       ///< added to the root of that mean; none: 1e-8, adagrad 1e-10
  std::optional<Index> line_searches = {};  ///< iterations on one batch; none: cg 3, lbfgs 20

  OptionFields fields();
};

/// The loss of a batch at the parameters' present values, its gradient handed to the sink. The same function of the
/// parameters however often an update calls it.
using Objective = FunctionRef<double(GradientSink sink)>;

/// Changes parameters so that an objective falls. Stateful, made per run; the state is tensors that a checkpoint can
/// save.
class Optimizer {
 public:
  explicit Optimizer(std::vector<Parameter> parameters) : parameters_(std::move(parameters)) {}
  virtual ~Optimizer() = default;

  /// One update; `number` counts from 0 over the whole run. Returns the objective before it, without weight costs. The
  /// gradient's tiles are whole columns; disjoint ones may come from many threads.
  virtual double update(Objective objective, UpdateRates rates, Index number) = 0;

  /// Everything that the next update depends on, beside the parameters.
  virtual TensorList state() = 0;

 protected:
  std::vector<Parameter> parameters_;
};

/// One kind of optimizer.
struct OptimizerKind {
  std::string name;
  std::string source;
  double default_rate;          ///< 0 where line searches find the steps
  Index default_line_searches;  ///< on a batch; 0: none
  double default_weight_cost;   ///< when none is asked for
  int state_copies;             ///< how many tensors of a parameter's shape its state holds
  int working_doubles;          ///< how many doubles for each parameter it works with beside that
  std::unique_ptr<Optimizer> (*make)(std::vector<Parameter> parameters, const OptimizerSettings& settings);
};

/// sgd: w -= rate * g; momentum: v = momentum * v - rate * g, w += v [Hinton 2012 §9]; nesterov: the same, its step
/// seen from where the momentum leads [Sutskever et al. 2013]; adagrad [Duchi et al. 2011]; rmsprop [Tieleman & Hinton
/// 2012]; adam [Kingma & Ba 2015]; adamw: adam, and w -= rate * cost * w in place of a cost in the gradient [Loshchilov
/// & Hutter 2019]; cg: nonlinear conjugate gradient [Polak & Ribiere 1969]; lbfgs [Liu & Nocedal 1989].
const std::vector<OptimizerKind>& optimizers();
const OptimizerKind& optimizer(std::string_view name);
std::vector<std::string> optimizer_names();

}  // namespace dbn
