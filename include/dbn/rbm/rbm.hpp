#pragma once
// A restricted Boltzmann machine: parameters and exact maths [Smolensky 1986; Hinton 2002]. Learning lives in
// contrastive_divergence.

#include <memory>

#include <dbn/core/product.hpp>
#include <dbn/core/random.hpp>
#include <dbn/core/tensor.hpp>
#include <dbn/core/types.hpp>
#include <dbn/units/unit_type.hpp>

namespace dbn {

/// E(v, h) = E_visible(v) + E_hidden(h) - v' W h, with the layer energies of the unit types.
struct Rbm {
  std::shared_ptr<const UnitType> visible;
  std::shared_ptr<const UnitType> hidden;
  Matrix weights;       ///< (visible x hidden)
  Vector visible_bias;  ///< a
  Vector hidden_bias;   ///< b

  Index visible_count() const { return weights.rows(); }
  Index hidden_count() const { return weights.cols(); }

  // Conditionals, tile of units by tile of units; `then` runs on each tile of means while it is in cache.

  /// Means of hidden units (hidden x cases) given visible states (visible x cases).
  void hidden_mean_into(const ConstMatrixRef& visible_states, MatrixRef mean, RowTileEpilogue then = kNoEpilogue) const;
  /// The same with a sample beside it; draws are of instances 0, 1, ... of `update`.
  void hidden_mean_and_states_into(const ConstMatrixRef& visible_states, const Stream& stream, std::uint32_t update,
                                   MatrixRef mean, MatrixRef states, RowTileEpilogue then = kNoEpilogue) const;
  /// Means of visible units (visible x cases) given hidden states (hidden x cases).
  void visible_mean_into(const ConstMatrixRef& hidden_states, MatrixRef mean, RowTileEpilogue then = kNoEpilogue) const;
  void visible_mean_and_states_into(const ConstMatrixRef& hidden_states, const Stream& stream, std::uint32_t update,
                                    MatrixRef mean, MatrixRef states, RowTileEpilogue then = kNoEpilogue) const;

  /// E(v, h) of each case, nats.
  Eigen::VectorXd energy(const ConstMatrixRef& visible_states, const ConstMatrixRef& hidden_states) const;
  /// F(v) = -log sum_h e^{-E(v, h)} of each case, nats. Throws InvalidArgument when shapes do not fit.
  Eigen::VectorXd free_energy(const ConstMatrixRef& visible_states) const;

  /// Views of weights, visible bias and hidden bias, in this order.
  TensorList tensors();
};

/// Weights deviation * N(0, 1), biases 0. Throws InvalidArgument for unknown unit types or sizes below 1.
Rbm make_rbm(std::string_view visible, std::string_view hidden, Index visible_count, Index hidden_count,
             const Stream& stream, double deviation = 0.01);

}  // namespace dbn
