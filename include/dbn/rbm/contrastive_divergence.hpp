#pragma once
// Stochastic gradients of an RBM's log-likelihood: contrastive divergence [Hinton 2002] and its persistent kind
// [Tieleman 2008]. They are one loop; what differs is where the Gibbs chains of the negative phase start.

#include <cstdint>
#include <string>
#include <vector>

#include <dbn/core/random.hpp>
#include <dbn/core/tensor.hpp>
#include <dbn/core/types.hpp>
#include <dbn/rbm/rbm.hpp>

namespace dbn {

/// How the negative phase is drawn.
struct ContrastiveDivergenceOptions {
  std::string estimator = "cd";  ///< cd: chains start at the data; pcd: chains go on from the last update
  Index cd_k = 1;                ///< Gibbs steps an update [Hinton 2002: 1]
  Index chains = 100;            ///< pcd: number of chains, whatever the batch [Tieleman 2008]
  bool sample_visible = false;   ///< cd: sample the reconstructed visibles; without it many steps stay biased
};

/// Names of the estimators.
const std::vector<std::string>& estimator_names();

/// Estimates gradients for one RBM. Statistics rule [Hinton 2012 §3]: hidden states that drive a reconstruction are
/// sampled; the last hidden update and both statistics use probabilities. Reconstructed visibles are probabilities in
/// cd, which is quieter but biased however many the steps, and samples in pcd, whose chains must follow the model.
class ContrastiveDivergence {
 public:
  /// Buffers for batches of up to `batch` cases. `layer` tells the streams of a stack's layers apart. The RBM outlives
  /// this. Throws InvalidArgument for options out of range.
  ContrastiveDivergence(const Rbm& rbm, const ContrastiveDivergenceOptions& options, Index batch, std::uint64_t seed,
                        std::uint32_t layer);

  /// Where the next batch, of so many cases, may be written (visible x cases), so that it need not be copied.
  MatrixRef input(Index cases);

  /// Hands to `sink` the gradient, averaged over the batch, of an estimate of -log p; tensors count as Rbm::tensors().
  void gradient(const ConstMatrixRef& batch, std::uint32_t update, GradientSink sink);

  /// The chains' hidden states (hidden x chains); empty for cd. All that a checkpoint needs.
  TensorList state();

 private:
  void positive_phase(Index cases, std::uint32_t update);
  void negative_phase(MatrixRef hidden_states, Index cases, std::uint32_t update);
  void gibbs_step(MatrixRef hidden_states, Index cases, std::uint32_t update, Index step, RowTileEpilogue with_visible,
                  RowTileEpilogue with_hidden);
  void start_chains();

  const Rbm& rbm_;
  ContrastiveDivergenceOptions options_;
  Stream hidden_stream_, visible_stream_, chain_stream_;
  bool persistent_;
  bool sampled_;  ///< reconstructed visibles are samples
  // Data first, fantasies behind them: both phases are one product.
  Matrix visible_;        ///< (visible x (batch + fantasies))
  Matrix hidden_;         ///< (hidden x (batch + fantasies)), means, weighted by -1/batch and 1/fantasies
  Matrix hidden_states_;  ///< samples that start the chains of cd
  Matrix chains_;         ///< hidden states of the persistent chains
  Vector visible_gradient_, visible_sums_, hidden_gradient_;
};

/// Bytes of the buffers of a ContrastiveDivergence, without chains that persist; `fantasies` is the number of Gibbs
/// chains, for cd that of the batch's cases.
double contrastive_divergence_memory(Index visible, Index hidden, Index batch, Index fantasies);

}  // namespace dbn
