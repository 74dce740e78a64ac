#pragma once
// What a unit of an RBM layer is. To add one: src/units/<name>.cpp and a row in unit_types().
//
// Every type is an exponential family: given its total input x, a unit's state s has density proportional to
// base(s) e^{x s}. The energy of a layer with biases b is E(s) = -sum_i (b_i s_i + log base(s_i)), and the
// log-partition of a unit is log of the sum (or integral) of base(s) e^{x s}; its slope is the unit's mean.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <dbn/core/random.hpp>
#include <dbn/core/types.hpp>

namespace dbn {

/// One unit type: stateless, shared, working on whole matrices (units x cases).
class UnitType {
 public:
  virtual ~UnitType() = default;

  virtual std::string_view name() const = 0;

  /// Total inputs become means, in place.
  virtual void mean_in_place(MatrixRef input) const = 0;

  /// Total inputs become means, and `states` (same shape) a sample; row r is unit first.unit + r, column c is instance
  /// first.instance + c of the stream.
  virtual void mean_and_states(const Stream& stream, Position first, MatrixRef input, MatrixRef states) const = 0;

  /// Sum of the units' log-partitions for each case, nats.
  virtual Eigen::VectorXd log_partition(const ConstMatrixRef& input) const = 0;

  /// Sum over units of -(b s + log base(s)) for each case, nats.
  virtual Eigen::VectorXd energy(const ConstMatrixRef& states, const ConstVectorRef& bias) const = 0;

  /// Bias at which a unit's mean is `mean` when nothing else drives it; used to start visible biases from data.
  virtual Scalar bias_for_mean(Scalar mean) const = 0;

  /// The activation of nn/ that computes this type's mean: how a layer unrolls into a net.
  virtual std::string_view activation() const = 0;

  /// Whether a state is 0 or 1, so that data must lie in [0, 1] and states can be enumerated.
  virtual bool binary() const = 0;

  /// Learning rate that suits CD with such visible units [Hinton 2012].
  virtual double default_rate() const = 0;
};

/// All unit types.
const std::vector<std::shared_ptr<const UnitType>>& unit_types();

/// The type of that name; InvalidArgument lists the known ones.
std::shared_ptr<const UnitType> unit_type(std::string_view name);

std::vector<std::string> unit_type_names();

}  // namespace dbn
