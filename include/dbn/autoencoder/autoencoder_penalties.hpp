#pragma once
// What the codes of an autoencoder may be charged for beside its loss: that they follow their input, and that they are
// on.

#include <dbn/autoencoder/autoencoder.hpp>
#include <dbn/core/types.hpp>
#include <dbn/nn/activation.hpp>

namespace dbn {

/// Costs on codes; 0: none.
struct AutoencoderPenalties {
  /// On the mean over cases of ||dh/dx||^2, the squared length of the codes' slopes along the input [Rifai et al. 2011,
  /// "Contractive auto-encoders"].
  double contraction = 0;
  /// Mean activity over a batch that each unit is asked for [Ng 2011, lecture notes on the sparse autoencoder; Lee et
  /// al. 2008, "Sparse deep belief net model for visual area V2"].
  double sparsity_target = 0.05;
  /// On the sum over hidden units of KL(target || mean activity), nats [the same]. Below 1e-30 and within rounding of
  /// 1, where the divergence has no bounds, it goes on as a straight line.
  double sparsity_cost = 0;
  /// On the mean over cases of the sum of |h|.
  double code_l1 = 0;

  bool any() const { return contraction > 0 || sparsity_cost > 0 || code_l1 > 0; }
};

/// Throws InvalidArgument for costs below 0, a target outside [0, 1], and a sparsity cost on codes that do not lie in
/// [0, 1].
void check_penalties(const AutoencoderPenalties& penalties, const Activation& code);

/// What the penalties of a batch (visible x cases) come to.
double mean_penalty(const Autoencoder& model, const AutoencoderPenalties& penalties, const ConstMatrixRef& input);

/// The penalties' part of a gradient, with buffers that are made once.
class PenaltyGradient {
 public:
  /// For batches of up to `batch` cases; `with_value`: value() is asked for. The model outlives this. Throws as
  /// check_penalties.
  PenaltyGradient(const Autoencoder& model, const AutoencoderPenalties& penalties, Index batch, bool with_value);

  /// Adds the slopes with respect to codes. Both are tiles of rows (units x cases) that begin at unit `first`; disjoint
  /// ones may come from many threads.
  void add_slopes(Index first, const ConstMatrixRef& codes, MatrixRef slopes);

  /// Adds to columns of the weights' gradient, from unit `first` on, what does not pass through the codes. After
  /// add_slopes of these units.
  void add_pull(Index first, MatrixRef gradient) const;
  /// The same for columns of a decoder's gradient, from feature `first` on, where the decoder is the transposed
  /// weights.
  void add_pull_to_decoder(Index first, MatrixRef gradient) const;

  /// The penalties of the last batch.
  double value() const { return values_.sum(); }

 private:
  void add_l1(Index first, const ConstMatrixRef& codes, MatrixRef slopes);
  void add_divergence(Index first, const ConstMatrixRef& codes, MatrixRef slopes);
  void add_contraction(Index first, const ConstMatrixRef& codes, MatrixRef slopes);

  const Autoencoder& model_;
  AutoencoderPenalties penalties_;
  Matrix work_;             ///< (hidden x batch); empty without contraction
  Vector norms_;            ///< of each unit's weights, squared
  Vector pull_;             ///< for each unit, the part of its weights that is added to their gradient
  Vector activity_;         ///< of each unit; empty without a sparsity cost
  Eigen::VectorXd values_;  ///< of each unit; empty when no value is asked for
};

/// Bytes of the buffers of a PenaltyGradient.
double penalty_gradient_memory(Index hidden, Index batch, const AutoencoderPenalties& penalties, bool with_value);

}  // namespace dbn
