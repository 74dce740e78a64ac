#pragma once
// Stochastic gradients of an RBM's log-likelihood: contrastive divergence [Hinton 2002] and its kin. They are one loop;
// what differs is where the Gibbs chains of the negative phase start, which machine they follow, and what of it is
// sampled.

#include <cstdint>
#include <optional>

#include <dbn/core/random.hpp>
#include <dbn/core/tensor.hpp>
#include <dbn/core/types.hpp>
#include <dbn/rbm/estimator.hpp>
#include <dbn/rbm/fast_weights.hpp>
#include <dbn/rbm/rbm.hpp>
#include <dbn/rbm/tempering.hpp>

namespace dbn {

/// Estimates gradients for one RBM.
class ContrastiveDivergence {
 public:
  /// Buffers for batches of up to `batch` cases. `layer` tells the streams of a stack's layers apart. The RBM outlives
  /// this. Throws InvalidArgument for options out of range, or that do not suit the units.
  ContrastiveDivergence(const Rbm& rbm, const ContrastiveDivergenceOptions& options, Index batch, std::uint64_t seed,
                        std::uint32_t layer);

  /// Where the next batch, of so many cases, may be written (visible x cases), so that it need not be copied.
  MatrixRef input(Index cases);

  /// Hands to `sink` the gradient, averaged over the batch, of an estimate of -log p; tensors count as Rbm::tensors().
  /// `steps` Gibbs steps, at most cd_k; 0: cd_k. The chains of cd start at `start`, cases as many as in the batch, when
  /// that is given: corrupted ones, for denoising.
  void gradient(const ConstMatrixRef& batch, std::uint32_t update, GradientSink sink, Index steps = 0,
                const Matrix* start = nullptr);

  /// Everything that the next gradient depends on beside the RBM: chains, fast weights, tempered replicas, offsets,
  /// mean activities. Empty for plain cd.
  TensorList state();

  /// Hidden states of the persistent chains (hidden x chains); those at temperature 1 of pt.
  const Matrix& chains() const { return chains_; }
  /// Shares of the swaps of neighbouring temperatures that were taken, from the hottest pair; empty but for pt.
  Vector swap_rates() const;

 private:
  Index fantasies(Index cases) const { return kind_.persistent ? options_.chains : cases; }
  void positive_phase(Index cases, std::uint32_t update, const Matrix* start);
  void negative_phase(MatrixRef hidden_states, Index cases, std::uint32_t update, Index steps);
  void tempered_phase(Index cases, std::uint32_t position, Index steps);
  void visible_step(const Rbm& machine, const ConstMatrixRef& hidden_states, MatrixRef visible, std::uint32_t position,
                    RowTileEpilogue then);
  void hidden_step(const Rbm& machine, const ConstMatrixRef& visible, MatrixRef hidden, MatrixRef states,
                   const Stream& stream, std::uint32_t position, bool draw, RowTileEpilogue then);
  void sum_visible(Index first, const ConstMatrixRef& fantasies, Index cases);
  void weigh_hidden(Index first, MatrixRef fantasies, const ConstMatrixRef& states, Index cases);
  void drop(MatrixRef tile, Index first) const;
  Index add_penalties(Index columns, Index cases);
  void center(Index columns);
  void variance_gradient(Index cases, Index fantasies);
  void start_chains();

  const Rbm& rbm_;
  ContrastiveDivergenceOptions options_;
  const Estimator& kind_;
  StatisticsRule rule_;
  bool mean_field_;
  Stream hidden_stream_;
  Stream data_stream_;  ///< of hidden units beside the data: where chains go on, they draw from another
  Stream visible_stream_, chain_stream_, dropout_stream_, swap_stream_;
  std::uint32_t update_ = 0;  ///< the one at hand
  // Data first, fantasies behind them, and what penalties add behind those: all is one product.
  Matrix visible_;        ///< (visible x columns), as statistics t(v)
  Matrix hidden_;         ///< (hidden x columns), means or samples, weighted by -1/batch and 1/fantasies
  Matrix hidden_states_;  ///< samples that start the chains of cd
  Matrix chains_;         ///< hidden states of the persistent chains
  Vector counts_;         ///< of each case of a replicated layer
  Vector visible_gradient_, visible_sums_, hidden_gradient_, variance_gradient_;
  Vector visible_offset_, hidden_offset_;  ///< running means; empty unless centered
  Vector activity_;                        ///< running mean of hidden units; empty without a sparsity target
  std::optional<FastWeights> fast_;
  std::optional<Tempering> tempering_;
};

/// Bytes of the buffers of a ContrastiveDivergence, without what its state() holds, which is the other number.
struct ContrastiveDivergenceMemory {
  double buffers = 0;
  double state = 0;
};
ContrastiveDivergenceMemory contrastive_divergence_memory(Index visible, Index hidden, Index batch,
                                                          const ContrastiveDivergenceOptions& options);

}  // namespace dbn
