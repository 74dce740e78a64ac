#pragma once
// One-layer autoencoders: parameters, maths and gradients [Bengio et al. 2007; Vincent et al. 2010].

#include <string>
#include <vector>

#include <dbn/core/product.hpp>
#include <dbn/core/random.hpp>
#include <dbn/core/tensor.hpp>
#include <dbn/core/types.hpp>
#include <dbn/nn/activation.hpp>

namespace dbn {

/// What a reconstruction costs, summed over units and averaged over cases: cross_entropy, -x log y - (1-x) log(1-y)
/// with a sigmoid output for data in [0, 1]; squared_error, (y - x)^2 / 2 with a linear output.
enum class ReconstructionLoss { cross_entropy, squared_error };

/// Names in the order of the enumeration: cross-entropy, squared-error.
const std::vector<std::string>& reconstruction_loss_names();
/// Throws InvalidArgument, listing the names, for an unknown one.
ReconstructionLoss reconstruction_loss(std::string_view name);

/// Names of the activations that codes may have while they are learned: those whose slope follows from the output,
/// since a gradient keeps codes and not their total inputs.
std::vector<std::string> code_activation_names();

/// h = f(weights' x + hidden_bias), y = g(decoder' h + decoder_bias). Tied: the decoder is the transposed weights.
struct Autoencoder {
  Matrix weights;          ///< (visible x hidden)
  Vector hidden_bias;      ///< hidden
  Matrix decoder_weights;  ///< (hidden x visible); empty when tied
  Vector decoder_bias;     ///< visible
  const Activation* code = nullptr;
  ReconstructionLoss loss = ReconstructionLoss::cross_entropy;

  bool tied() const { return decoder_weights.size() == 0; }
  Index visible_count() const { return weights.rows(); }
  Index hidden_count() const { return weights.cols(); }

  /// Codes (hidden x cases) of cases (visible x cases).
  void encode_into(const ConstMatrixRef& visible, MatrixRef code_out) const;
  /// Reconstructions (visible x cases) of codes (hidden x cases); `then` runs on each tile while it is in cache.
  void decode_into(const ConstMatrixRef& codes, MatrixRef visible, RowTileEpilogue then = kNoEpilogue) const;

  /// Mean cost over cases of reconstructing `target` from `input` (both visible x cases): nats, or half squared units.
  double mean_loss(const ConstMatrixRef& input, const ConstMatrixRef& target) const;

  /// Views of weights, hidden bias, decoder bias and, when untied, decoder weights, in this order.
  TensorList tensors();
};

/// Weights by the Xavier rule, biases 0; decoder weights, when untied, start as the transposed weights. Throws
/// InvalidArgument for sizes below 1 and for activations that are not among code_activation_names().
Autoencoder make_autoencoder(Index visible, Index hidden, const std::string& activation, ReconstructionLoss loss,
                             bool tied, const Stream& stream);

/// Gradients on batches of up to `batch` cases, with buffers that are made once.
class AutoencoderGradient {
 public:
  /// The model outlives this; only its parameters may change meanwhile.
  AutoencoderGradient(const Autoencoder& model, Index batch);

  /// Where the next corrupted batch, of so many cases, may be written (visible x cases), so that it need not be copied.
  MatrixRef input(Index cases);

  /// Hands to `sink` the gradient of mean_loss(corrupted, clean), tensors counted as in Autoencoder::tensors(). Both
  /// batches are (visible x cases). Throws InvalidArgument when shapes do not fit.
  void gradient(const ConstMatrixRef& corrupted, const ConstMatrixRef& clean, GradientSink sink);

 private:
  void output_delta(const ConstMatrixRef& clean);
  void hidden_delta();

  const Autoencoder& model_;
  Index cases_ = 0;
  // With tied weights the encoder's and the decoder's gradient are one product of twice the batch:
  // [corrupted | output delta] [hidden delta | codes]'.
  Matrix visible_;                     ///< (visible x 2 batch): corrupted input, then output delta
  Matrix hidden_;                      ///< (hidden x 2 batch): hidden delta, then codes
  Vector hidden_sums_, visible_sums_;  ///< of the deltas: the gradients of the biases
};

/// Bytes of the buffers of an AutoencoderGradient.
double autoencoder_gradient_memory(Index visible, Index hidden, Index batch);

}  // namespace dbn
