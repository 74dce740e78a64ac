#pragma once
// The table of random starts for weights. To add one: a function and a row in initializers().

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <dbn/core/option.hpp>
#include <dbn/core/random.hpp>
#include <dbn/core/types.hpp>

namespace dbn {

/// What may be said about a start beside its name. Unset: what its paper says.
struct InitializerOptions {
  std::optional<double> gain = {};   ///< factor on the weights of starts that follow from fan-in or fan-out
  std::optional<double> scale = {};  ///< standard deviation, bound or value of starts that do not
  Index connections = 15;            ///< of each unit of a sparse start [Martens 2010, section 5]
  std::string output = {};           ///< initializer of the output layer; empty: see make_mlp

  OptionFields fields();
};

/// One start. The law's numbers come from the paper or from `InitializerOptions`.
struct Initializer {
  /// The numbers of a law, resolved for one layer.
  struct Law {
    double gain_squared;  ///< what variances are multiplied by; squared, because He's 2 is exact and its root is not
    double scale;
    Index connections;
  };

  std::string name;
  std::string source;      ///< paper or rule
  std::string activation;  ///< that it is meant for; sigmoid where it is meant for none, as pretrained nets have it
  void (*fill_weights)(const Stream& stream, const Law& law, MatrixRef weights);
  double gain_squared = 1;  ///< 2 for He: a rectifier halves the second moment
  double scale = 1;
  bool whole_net = false;  ///< meant for the output layer too
  /// For layers whose biases do not start at 0.
  void (*fill_bias)(const Stream& stream, Index fan_in, VectorRef bias) = nullptr;
  bool needs_data = false;  ///< fit_start (lsuv.hpp) has to finish it

  /// Fills weights (fan_in x fan_out) with draws of the stream: weight (i, o) from unit i of instance o.
  void fill(const Stream& stream, MatrixRef weights, const InitializerOptions& options = {}) const;
};

/// All initializers. Sampling standard deviations, with gain g: Xavier g sqrt(2 / (fan_in + fan_out)) [Glorot & Bengio
/// 2010]; He g sqrt(1 / fan_in) with g = sqrt(2), or fan_out for its kind that keeps gradients [He et al. 2015]; LeCun
/// g sqrt(1 / fan_in) [LeCun et al. 1998]; a uniform kind is bounded by sqrt(3) times that. `xavier`, `he`,
/// `he-fan-out` and `lecun` are their normal kinds.
///
/// `scale` is the standard deviation of normal (0.01 [Hinton 2012]), truncated-normal (0.01: of the normal that is cut
/// at two of them, as torch's trunc_normal_ cuts, which leaves 0.88 of it) and sparse (1); the bound of uniform (0.05);
/// the value of constant (0.1) and of identity's diagonal (1).
///
/// sparse gives every unit exactly `connections` incoming weights N(0, scale^2), or all of them when there are fewer
/// [Martens 2010]; torch's sparse_ instead zeroes a share of each column at deviation 0.01. orthogonal draws uniformly
/// (Haar) from matrices with orthonormal rows or columns, whichever are fewer, times g [Saxe et al. 2014]. lsuv is
/// orthogonal until fit_start has seen data. pytorch is what torch.nn.Linear does: weights and biases uniform within
/// 1 / sqrt(fan_in).
const std::vector<Initializer>& initializers();

/// The row of that name; InvalidArgument lists the known ones.
const Initializer& initializer(std::string_view name);

std::vector<std::string> initializer_names();

/// weights = deviation * N(0, 1).
void fill_normal(const Stream& stream, double deviation, MatrixRef weights);

}  // namespace dbn
