#pragma once
// What a unit of an RBM layer is. To add one: src/units/<name>.cpp and a row in unit_types().
//
// Every type is an exponential family: given its total input x, a unit's state s has density proportional to
// base(s) e^{x s}. The energy of a layer with biases b is E(s) = -sum_i (b_i s_i + log base(s_i)), and the
// log-partition of a unit is log of the sum (or integral) of base(s) e^{x s}; its slope is the unit's mean. Where a
// type says otherwise (groups of units, learned variances, counts), its own file does.

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <dbn/core/random.hpp>
#include <dbn/core/types.hpp>

namespace dbn {

/// Which units of a layer the rows of a matrix are, and what their conditionals depend on beside total inputs.
struct UnitContext {
  Index first = 0;                       ///< unit of the layer that the first row is
  const Vector* log_variance = nullptr;  ///< log variance of every unit of the layer; null: 0
  const Vector* counts = nullptr;        ///< how often a replicated layer draws, case by case
};

/// What is known of a layer's data, feature by feature.
struct FeatureSummary {
  Vector mean;
  Vector variance;
  Vector least;
  Vector most;
};

/// One unit type: stateless, shared, working on whole matrices (units x cases).
class UnitType {
 public:
  virtual ~UnitType() = default;

  virtual std::string_view name() const = 0;

  /// Throws InvalidArgument when a layer of so many units cannot be of this type.
  virtual void check(Index units) const;

  /// Whether each unit goes by its own total input, so that any rows of a layer may be treated alone.
  virtual bool separable() const { return true; }

  /// Total inputs become means, in place.
  virtual void mean_in_place(MatrixRef input, const UnitContext& context = {}) const = 0;

  /// Total inputs become means, and `states` (same shape) a sample; row r is unit first.unit + r, column c is instance
  /// first.instance + c of the stream.
  virtual void mean_and_states(const Stream& stream, Position first, MatrixRef input, MatrixRef states,
                               const UnitContext& context = {}) const = 0;

  /// Total inputs become what the layer above and the unrolled net see: means, unless the type says otherwise.
  virtual void code_in_place(MatrixRef input, const UnitContext& context = {}) const { mean_in_place(input, context); }

  /// Sum of the units' log-partitions for each case, nats.
  virtual Eigen::VectorXd log_partition(const ConstMatrixRef& input, const UnitContext& context = {}) const = 0;

  /// Sum over units of -(b s + log base(s)) for each case, nats; here for base 1. InvalidArgument where the type has no
  /// such thing.
  virtual Eigen::VectorXd energy(const ConstMatrixRef& states, const ConstVectorRef& bias,
                                 const UnitContext& context = {}) const;

  /// Bias at which a unit's mean is `mean` when nothing else drives it; used to start visible biases from data.
  virtual Scalar bias_for_mean(Scalar mean) const = 0;
  /// The same for all units of a layer.
  virtual Vector biases_for_means(const ConstVectorRef& means) const;

  /// The activation of nn/ that computes this type's code: how a layer unrolls into a net. Empty: none does.
  virtual std::string_view activation() const = 0;

  /// Between which numbers a unit's data may lie.
  virtual std::pair<double, double> range() const = 0;
  /// What in these data does not suit a layer of this type, starting with its unit `first`; empty: nothing.
  virtual std::string objection(const FeatureSummary& data) const;

  /// How many states a layer has, when that is finite and they can be enumerated; infinity otherwise.
  virtual double state_count(Index units) const;
  /// State number `number`, from 0, of an enumerable layer.
  virtual void state_into(Index number, VectorRef state) const;

  /// Whether the variance of this unit is a parameter of the model.
  virtual bool learns_variance(Index /*unit*/) const { return false; }
  /// Whether that holds for any unit.
  virtual bool learns_variances() const { return learns_variance(0); }
  /// Whether the layer's states are counts, whose sum is that of the data.
  virtual bool replicated() const { return false; }
  /// Whether samples and means are those of one joint distribution with the energy; likelihoods need it.
  virtual bool exact() const { return true; }
  /// Whether data can be of this type; else it is for hidden units alone.
  virtual bool visible() const { return true; }
  /// Whether hidden units can be of this type.
  virtual bool hidden() const { return true; }

  /// Learning rate that suits CD with such units [Hinton 2012].
  virtual double default_rate() const = 0;
};

/// All unit types.
const std::vector<std::shared_ptr<const UnitType>>& unit_types();

/// The type of that name, or for `gaussian:0-3,softmax:4-9,bernoulli:10-` a layer of several groups, whose features are
/// counted from 0 and follow each other without a gap; the last group may be open. InvalidArgument lists the names.
std::shared_ptr<const UnitType> unit_type(std::string_view name);

std::vector<std::string> unit_type_names();

}  // namespace dbn
