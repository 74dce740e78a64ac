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

/// E(v, h) = E_visible(v) + E_hidden(h) - t(v)' W h, with the layer energies of the unit types. t(v) is v, divided by
/// the variance where that is learned; of counts that sum up to D, the hidden biases count D times.
struct Rbm {
  std::shared_ptr<const UnitType> visible;
  std::shared_ptr<const UnitType> hidden;
  Matrix weights;                    ///< (visible x hidden)
  Vector visible_bias;               ///< a
  Vector hidden_bias;                ///< b
  Vector visible_log_variance = {};  ///< of each visible unit; empty unless some variance is learned

  Index visible_count() const { return weights.rows(); }
  Index hidden_count() const { return weights.cols(); }

  /// Visible states become t(v), which is what hidden units are driven by.
  void to_statistics(MatrixRef visible_states) const;
  Matrix statistics(const ConstMatrixRef& visible_states) const;
  /// Sums of each case's states where the visible layer is replicated; empty otherwise.
  Vector counts_of(const ConstMatrixRef& visible_states) const;

  // Conditionals, tile of units by tile of units; `then` runs on each tile of means while it is in cache. `counts` are
  // those of each case, for a replicated visible layer.

  /// Means of hidden units (hidden x cases) given t(v) of visible states (visible x cases).
  void hidden_mean_into(const ConstMatrixRef& statistics, MatrixRef mean, RowTileEpilogue then = kNoEpilogue,
                        const Vector* counts = nullptr) const;
  /// The same with a sample beside it; draws are of instances 0, 1, ... of `update`.
  void hidden_mean_and_states_into(const ConstMatrixRef& statistics, const Stream& stream, std::uint32_t update,
                                   MatrixRef mean, MatrixRef states, RowTileEpilogue then = kNoEpilogue,
                                   const Vector* counts = nullptr) const;
  /// Means of visible units (visible x cases) given hidden states (hidden x cases).
  void visible_mean_into(const ConstMatrixRef& hidden_states, MatrixRef mean, RowTileEpilogue then = kNoEpilogue,
                         const Vector* counts = nullptr) const;
  void visible_mean_and_states_into(const ConstMatrixRef& hidden_states, const Stream& stream, std::uint32_t update,
                                    MatrixRef mean, MatrixRef states, RowTileEpilogue then = kNoEpilogue,
                                    const Vector* counts = nullptr) const;

  /// Codes of visible states (hidden x cases): what the layer above and the unrolled net see.
  void encode_into(const ConstMatrixRef& visible_states, MatrixRef codes) const;

  /// Up and down again by means (visible x cases).
  Matrix reconstruct(const ConstMatrixRef& visible_states) const;

  /// E(v, h) of each case, nats.
  Eigen::VectorXd energy(const ConstMatrixRef& visible_states, const ConstMatrixRef& hidden_states) const;
  /// F(v) = -log sum_h e^{-E(v, h)} of each case, nats. Throws InvalidArgument when shapes do not fit.
  Eigen::VectorXd free_energy(const ConstMatrixRef& visible_states) const;

  UnitContext visible_context(const Vector* counts = nullptr) const {
    return {0, visible_log_variance.size() > 0 ? &visible_log_variance : nullptr, counts};
  }

  /// Views of weights, visible bias and hidden bias, and of the visible log variance where there is one.
  TensorList tensors();
};

/// Weights deviation * N(0, 1), biases and log variances 0. Throws InvalidArgument for unknown unit types, types that
/// do not serve that layer, or sizes below 1.
Rbm make_rbm(std::string_view visible, std::string_view hidden, Index visible_count, Index hidden_count,
             const Stream& stream, double deviation = 0.01);

/// Throws InvalidArgument unless the unit types can be those of a visible layer and a hidden layer of these sizes.
void check_units(const UnitType& visible, const UnitType& hidden, Index visible_count, Index hidden_count);

}  // namespace dbn
