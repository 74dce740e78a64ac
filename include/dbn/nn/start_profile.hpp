#pragma once
// What a start does to a net before anything is learned: how signals fare on the way up and gradients on the way down.

#include <span>
#include <string>
#include <vector>

#include <dbn/core/types.hpp>
#include <dbn/nn/mlp.hpp>

namespace dbn {

/// One layer of a net on one batch. Moments are over units and cases together. Gradients are those of each case's own
/// cross-entropy (nats) with respect to the layer's total inputs, not divided by the number of cases.
struct LayerProfile {
  Index units = 0;
  double activation_mean = 0, activation_variance = 0;
  double gradient_mean = 0, gradient_variance = 0;
  /// Share of outputs whose slope is at most a twentieth of the function's steepest. What that means follows from the
  /// function: both ends of a sigmoid (outside 0.013 to 0.987), tanh (beyond 0.975), softsign or a hard variant, the
  /// inactive side of a ReLU (about half by design), of a leaky one too, and an ELU's lower end. 0 for linear units.
  double saturated = 0;
  double dead = 0;   ///< share of units that are saturated for every case: next to no gradient passes
  double alike = 0;  ///< share of units whose weights and bias repeat those of another unit: they would learn the same
  /// Of the weights, by eigenvalues of their Gram matrix in double: to about 1e-8 of the largest.
  double largest_singular_value = 0, smallest_singular_value = 0;
};

/// Every layer's profile on `batch` (features x cases); labels are class numbers. Throws InvalidArgument when shapes,
/// labels or net do not fit, or when a weight is not finite.
std::vector<LayerProfile> start_profile(const Mlp& net, const ConstMatrixRef& batch, std::span<const int> labels);

/// What a hidden layer leaves of the activations' variance, going up: the geometric mean over the steps from one hidden
/// layer to the next. 1 with fewer than two, 0 where the first layer's is 0 already.
double activation_factor(const std::vector<LayerProfile>& profile);

/// The same for the gradients' variance, going down from the last hidden layer to the first.
double gradient_factor(const std::vector<LayerProfile>& profile);

/// What is wrong with a start, in plain words; empty when nothing stands out. Hidden layers count.
std::vector<std::string> start_faults(const std::vector<LayerProfile>& profile);

}  // namespace dbn
