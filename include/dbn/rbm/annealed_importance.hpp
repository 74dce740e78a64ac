#pragma once
// log Z of RBMs too large to sum, from both sides: annealed importance sampling [Neal 2001; Salakhutdinov & Murray
// 2008] from a model without weights, and the same way back from samples of the RBM [Burda, Grosse & Salakhutdinov
// 2015].
//
// On the way, p_beta(v) ~ e^{-F_beta(v)}: visible biases are (1 - beta) a_base + beta a, hidden units are driven by
// beta (b + W' t(v)), and variances are the RBM's. At beta = 0 nothing is coupled and Z is known.
//
// A mean of weights is right, so that by Jensen's inequality its logarithm is too small in expectation: log Z is too
// small on the way up, which flatters the model, and too large on the way back. The truth is in between, unless the
// samples that the way back starts from are not the RBM's: both ways may miss a mode that no chain has found.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <dbn/core/option.hpp>
#include <dbn/core/types.hpp>
#include <dbn/rbm/rbm.hpp>

namespace dbn {

/// How far and how slowly.
struct AnnealingOptions {
  std::string betas = "0:1e-3:0.5,0.5:1e-4:0.9,0.9:1e-5:1";  ///< as parse_betas() [Salakhutdinov & Murray 2008]
  Index chains = 100;                                        ///< of either way [the same]
  Index reverse_steps = 1000;  ///< Gibbs steps before the way back, by which its chains become samples of the RBM

  OptionFields fields();
  /// Throws InvalidArgument that names the first bad field.
  void validate() const;
};

/// Inverse temperatures from 0 to 1: pieces `from:step:to` that follow each other without a gap, or a number of even
/// steps. A step is made as long as it must be for a whole number of them. Throws InvalidArgument, naming `option`, for
/// other texts and for more than ten million steps.
std::vector<double> parse_betas(std::string_view text, std::string_view option);

/// What is known of the data that the RBM was trained on; either may be empty.
struct AnnealingData {
  Vector mean = {};   ///< of each feature: the base model's means are these; empty: its biases are the RBM's
  Matrix cases = {};  ///< (visible x any number): every second chain of the way back starts at one of them
};

/// Whom annealing tells how far it is, and asks whether to go on; either may be empty.
struct AnnealingObserver {
  std::function<void(double done)> progress = {};  ///< share of both ways that is done
  std::function<bool()> stop_requested = {};
};

/// One way's estimate.
struct PartitionEstimate {
  double log_partition = 0;          ///< log Z, nats
  double standard_error = 0;         ///< of log Z, by the delta method: that of the mean weight, divided by it
  double effective_sample_size = 0;  ///< chains of equal weight that would be worth as much: (sum w)^2 / sum w^2
  double least = 0;  ///< log of the mean weight less three of its standard deviations, as log Z; may be -infinity
  double most = 0;   ///< of the mean weight and three of them; of the way back each is the other, and may be infinity
};

struct AnnealedPartition {
  PartitionEstimate forward;  ///< from the base model
  PartitionEstimate reverse;  ///< from the RBM's samples: half the chains start where the way up ended
};

/// Throws InvalidArgument for bad options, data that do not fit, and as check_annealing() does; DivergenceError when
/// weights are not finite, as of two Gaussian layers whose energy has no minimum; Interrupted when the observer wants
/// to stop.
AnnealedPartition annealed_log_partition(const Rbm& rbm, const AnnealingOptions& options, std::uint64_t seed,
                                         const AnnealingData& data = {}, const AnnealingObserver& observer = {});

/// Throws InvalidArgument for hidden units that are not exact(), and for replicated visible units.
void check_annealing(const Rbm& rbm);

/// Floating-point operations of both ways' products, and bytes beside the RBM.
double annealing_work(Index visible, Index hidden, const AnnealingOptions& options);
double annealing_memory(Index visible, Index hidden, const AnnealingOptions& options);

}  // namespace dbn
