#pragma once
// One-layer autoencoders: parameters and maths [Bengio et al. 2007; Vincent et al. 2010].

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

/// Whether codes by that activation lie in [0, 1] and may be taken as probabilities.
bool codes_are_probabilities(std::string_view activation);

/// Weights of features in a loss where every feature counts as 1.
inline const Matrix kUnweighted{};

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
  /// The same up to the output function, which is left to `then`: a loss is best measured before it.
  void decode_total_input_into(const ConstMatrixRef& codes, MatrixRef visible, RowTileEpilogue then) const;
  /// The output function of the loss: total inputs (visible x cases) become reconstructions.
  void output_in_place(MatrixRef total_input) const;

  /// Adds to each of `sums` (visible) a feature's cost over all cases, from the decoder's total inputs, the target and
  /// the features' weights (all visible x cases).
  void add_costs(const ConstMatrixRef& total_input, const ConstMatrixRef& target, const ConstMatrixRef& feature_weights,
                 Eigen::Ref<Eigen::VectorXd> sums) const;

  /// Mean cost over cases of reconstructing `target` from `input` (both visible x cases): nats, or half squared units.
  /// `feature_weights`, of the same shape, says how much each feature of each case counts [Vincent et al. 2010 §5.1].
  double mean_loss(const ConstMatrixRef& input, const ConstMatrixRef& target,
                   const ConstMatrixRef& feature_weights = kUnweighted) const;

  /// Views of weights, hidden bias, decoder bias and, when untied, decoder weights, in this order.
  TensorList tensors();
};

/// Weights by the Xavier rule, biases 0; decoder weights, when untied, start as the transposed weights. Throws
/// InvalidArgument for sizes below 1 and for activations that are not among code_activation_names().
Autoencoder make_autoencoder(Index visible, Index hidden, const std::string& activation, ReconstructionLoss loss,
                             bool tied, const Stream& stream);

}  // namespace dbn
