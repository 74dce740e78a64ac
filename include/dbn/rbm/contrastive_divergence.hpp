#pragma once
// Stochastic gradients of an RBM's log-likelihood: contrastive divergence [Hinton 2002] and its kin. They are one loop;
// what differs is where the Gibbs chains of the negative phase start, which machine they follow, and what of it is
// sampled.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <dbn/core/option.hpp>
#include <dbn/core/random.hpp>
#include <dbn/core/tensor.hpp>
#include <dbn/core/types.hpp>
#include <dbn/rbm/fast_weights.hpp>
#include <dbn/rbm/rbm.hpp>
#include <dbn/rbm/tempering.hpp>

namespace dbn {

/// One way to a gradient.
struct Estimator {
  std::string name;
  std::string source;
  bool persistent;         ///< chains go on from the last update, instead of from the data
  std::string statistics;  ///< the rule when none is asked for
};

/// cd [Hinton 2002]; pcd [Tieleman 2008]; fpcd: pcd whose chains are driven by fast weights as well [Tieleman & Hinton
/// 2009]; pt: pcd with tempered replicas of each chain [Desjardins et al. 2010]; mean-field: cd without any draw
/// [Welling & Hinton 2002]; exact: all states of the smaller layer, for small models.
const std::vector<Estimator>& estimators();
const Estimator& estimator(std::string_view name);
std::vector<std::string> estimator_names();

/// What is a sample and what a probability, phase by phase. Hidden states that drive a reconstruction are samples in
/// every rule; mean-field drives by probabilities, and its rule is its own.
struct StatisticsRule {
  bool sample_positive = false;  ///< hidden units beside the data
  bool sample_visible = false;   ///< reconstructed visible units, which drive the hidden ones again
  bool sample_negative = false;  ///< hidden units beside the reconstruction

  /// A preset, or three words `mean` or `sample` for the fields in their order, such as `mean,sample,mean`. Presets:
  /// hinton2010: mean,mean,mean [Hinton 2012 §3]; pcd, theano and sklearn: mean,sample,mean (chains must follow the
  /// model; the deep learning tutorial's and scikit-learn's code do the same). InvalidArgument for other texts.
  static StatisticsRule parse(std::string_view text);
};

/// How gradients are estimated.
struct ContrastiveDivergenceOptions {
  std::string estimator = "cd";     ///< row of estimators()
  Index cd_k = 1;                   ///< most Gibbs steps an update [Hinton 2002: 1]
  Index chains = 100;               ///< of persistent estimators, whatever the batch [Tieleman 2008]
  std::string statistics = "auto";  ///< StatisticsRule as text; auto: the estimator's own
  Index replicas = 10;              ///< pt: temperatures of each chain, from 0 to 1 [Desjardins et al. 2010]
  double fast_rate = 0.01;          ///< fpcd: rate of the fast weights [Tieleman & Hinton 2009: that of the weights]
  double fast_decay = 0.95;         ///< fpcd: what remains of them after an update [Tieleman & Hinton 2009: 19/20]
  bool centered = false;            ///< subtract offsets of both layers in the gradient [Melchior et al. 2016]
  double offset_rate = 0.01;        ///< of the offsets' running means [Melchior et al. 2016: 0.01]
  double sparsity_target = 0;       ///< mean activity that hidden units are pulled to; 0: none [Hinton 2012 §11]
  double sparsity_cost = 0.01;      ///< strength of that pull
  double sparsity_decay = 0.95;     ///< of the running mean activity [Hinton 2012: 0.9 to 0.99]
  double dropout = 0;  ///< share of the hidden units that is left out, case by case [Srivastava et al. 2014 §8]

  /// All but cd_k, which training schedules.
  OptionFields fields();
};

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
                   std::uint32_t position, bool draw, RowTileEpilogue then);
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
  Stream hidden_stream_, visible_stream_, chain_stream_, dropout_stream_, swap_stream_;
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
