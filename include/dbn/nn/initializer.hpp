#pragma once
// The table of random starts for weights. To add one: a function and a row in initializers().

#include <string>
#include <string_view>
#include <vector>

#include <dbn/core/random.hpp>
#include <dbn/core/types.hpp>

namespace dbn {

/// One start: fills weights (fan_in x fan_out) with draws of the stream, weight (i, o) at unit i of instance o.
struct Initializer {
  std::string name;
  std::string source;      ///< paper or rule
  std::string activation;  ///< that it is meant for; sigmoid where it is meant for none, as pretrained nets have it
  void (*fill)(const Stream& stream, MatrixRef weights);
};

/// All initializers. Sampling standard deviations: normal 0.01 [Hinton 2012]; Xavier sqrt(2 / (fan_in + fan_out))
/// [Glorot & Bengio 2010]; He sqrt(2 / fan_in) [He et al. 2015]. `xavier` and `he` are their normal kinds.
const std::vector<Initializer>& initializers();

/// The row of that name; InvalidArgument lists the known ones.
const Initializer& initializer(std::string_view name);

std::vector<std::string> initializer_names();

/// weights = deviation * N(0, 1).
void fill_normal(const Stream& stream, double deviation, MatrixRef weights);

}  // namespace dbn
