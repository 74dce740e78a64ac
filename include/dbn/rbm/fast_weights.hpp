#pragma once
// Weights that learn fast and are forgotten fast: they push persistent chains away from where they have been
// [Tieleman & Hinton 2009].

#include <vector>

#include <dbn/core/tensor.hpp>
#include <dbn/core/types.hpp>
#include <dbn/rbm/rbm.hpp>

namespace dbn {

/// An overlay on all parameters of an RBM.
class FastWeights {
 public:
  FastWeights(const Rbm& rbm, double rate, double decay);

  /// The RBM with the overlay added: what drives the chains. Valid until the next call.
  const Rbm& driver();
  /// Passes a gradient on to `sink` and, tile by tile, learns from it.
  void learn(std::size_t tensor, Index first_column, const ConstMatrixRef& gradient);

  TensorList state();

 private:
  const Rbm& rbm_;
  Scalar rate_, decay_;
  Rbm overlay_;  ///< the fast parameters
  Rbm sum_;
};

}  // namespace dbn
