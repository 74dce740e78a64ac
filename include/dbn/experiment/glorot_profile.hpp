#pragma once
// Published measurements of nets at their start: what layers do to signals before anything is learned [Glorot & Bengio
// 2010, section 4; He et al. 2015, section 2.2].

#include <cstdint>
#include <string>
#include <vector>

#include <dbn/core/types.hpp>
#include <dbn/nn/initializer.hpp>

namespace dbn {

/// A deep net whose layers and inputs are all `width` wide, and the N(0, 1) cases it is shown.
struct ProfileNet {
  Index width = 1000;
  Index depth = 5;
  Index cases = 300;
  Index jacobian_cases = 2;  ///< of these, how many have their Jacobians taken; 0 for none
};

/// A tanh net at its start, per layer.
struct GlorotProfile {
  double input_scale = 0;                    ///< of the cases, so that the first layer starts where it was published
  std::vector<double> activation_deviation;  ///< of layers 1 to depth
  /// Mean singular value of the Jacobian of total inputs with respect to those of the layer below, layers 2 to depth,
  /// averaged over cases; empty without jacobian_cases.
  std::vector<double> singular_value;
  /// What random matrix theory expects of it: 8 / (3 pi) sqrt(n var W) E tanh', E over the same cases.
  std::vector<double> expected_singular_value;
};

/// One published start.
struct PublishedProfile {
  std::string name;
  std::string initializer;
  InitializerOptions options;
  std::vector<double> activation_deviation;
  double singular_value;  ///< mean over layers
};

/// For nets 1000 wide and 5 deep: the heuristic U(-1/sqrt(n), 1/sqrt(n)), and Glorot & Bengio's uniform start.
/// Deviations are from a re-measurement of their figure 6.
const std::vector<PublishedProfile>& published_profiles();

/// Measures a tanh net whose inputs are scaled until the first layer's activations have deviation `first_deviation`.
/// Throws InvalidArgument for an unknown initializer, for sizes below 1, for a deviation outside (0, 0.9], and where no
/// scale reaches it, as with weights that are all 0.
GlorotProfile glorot_profile(const std::string& initializer, const InitializerOptions& options, double first_deviation,
                             std::uint64_t seed, const ProfileNet& net = {});

/// Second moments of the activations of layers 1 to depth of a ReLU net, whose inputs have second moment 1. Its
/// expectation over seeds is (n var W / 2)^layer: 1 for He, halved by every layer for Xavier. A seed strays from it by
/// about sqrt(5 layer / width) of it.
std::vector<double> relu_second_moments(const std::string& initializer, std::uint64_t seed,
                                        const ProfileNet& net = {.depth = 30, .jacobian_cases = 0});

}  // namespace dbn
