#pragma once
// Gradients of one-layer autoencoders.

#include <dbn/autoencoder/autoencoder.hpp>
#include <dbn/autoencoder/autoencoder_penalties.hpp>
#include <dbn/core/tensor.hpp>
#include <dbn/core/types.hpp>

namespace dbn {

/// What is minimised beside the loss, and what is asked for beside its gradient.
struct AutoencoderGradientOptions {
  AutoencoderPenalties penalties = {};
  bool with_value = false;  ///< whether gradient() returns what is minimised; that takes time
};

/// Gradients on batches of up to `batch` cases, with buffers that are made once.
class AutoencoderGradient {
 public:
  /// The model outlives this; only its parameters may change meanwhile. Throws InvalidArgument as check_penalties.
  AutoencoderGradient(const Autoencoder& model, Index batch, const AutoencoderGradientOptions& options = {});

  /// Where the next corrupted batch, of so many cases, may be written (visible x cases), so that it need not be copied.
  MatrixRef input(Index cases);

  /// Hands to `sink` the gradient of mean_loss(corrupted, clean, feature_weights) + mean_penalty(corrupted), tensors
  /// counted as in Autoencoder::tensors(), and returns that sum when it is asked for, else 0. The batches and weights
  /// are (visible x cases). `as_tied`: the weights of an untied model, which are each other's transpose, both get the
  /// gradient of the tied one. Throws InvalidArgument when shapes do not fit.
  double gradient(const ConstMatrixRef& corrupted, const ConstMatrixRef& clean, GradientSink sink,
                  const ConstMatrixRef& feature_weights = kUnweighted, bool as_tied = false);

 private:
  void check(const ConstMatrixRef& corrupted, const ConstMatrixRef& clean, const ConstMatrixRef& feature_weights) const;
  void output_delta(const ConstMatrixRef& clean, const ConstMatrixRef& feature_weights);
  void hidden_delta();
  void hand_out_weights(GradientSink sink, bool together) const;
  void hand_out_decoder(GradientSink sink, bool together) const;

  const Autoencoder& model_;
  PenaltyGradient penalties_;
  Index cases_ = 0;
  // With tied weights the encoder's and the decoder's gradient are one product of twice the batch:
  // [corrupted | output delta] [hidden delta | codes]'.
  Matrix visible_;                     ///< (visible x 2 batch): corrupted input, then output delta
  Matrix hidden_;                      ///< (hidden x 2 batch): hidden delta, then codes
  Vector hidden_sums_, visible_sums_;  ///< of the deltas: the gradients of the biases
  Eigen::VectorXd costs_;              ///< of each feature; empty when no value is asked for
};

/// Bytes of the buffers of an AutoencoderGradient.
double autoencoder_gradient_memory(Index visible, Index hidden, Index batch,
                                   const AutoencoderGradientOptions& options = {});

}  // namespace dbn
