#pragma once
// Replicas of Gibbs chains at several temperatures, which exchange their states [Desjardins et al. 2010].

#include <cstdint>

#include <dbn/core/random.hpp>
#include <dbn/core/tensor.hpp>
#include <dbn/core/types.hpp>
#include <dbn/rbm/rbm.hpp>

namespace dbn {

/// The state of all replicas. Replica r of chain c is column c * replicas + r; inverse temperatures rise evenly from 0,
/// where only the biases count, to 1, the model: p_beta(v, h) ~ exp(-E_visible(v) - E_hidden(h) + beta t(v)' W h).
class Tempering {
 public:
  /// Throws InvalidArgument for fewer than two replicas.
  Tempering(const Rbm& rbm, Index chains, Index replicas, const Stream& start);

  /// One Gibbs step of all replicas, then one round of swaps between neighbours, of even or odd pairs by turns.
  void step(const Stream& hidden, const Stream& visible, const Stream& swaps, std::uint32_t position);

  /// Visible statistics and hidden states at temperature 1 (units x chains).
  void model_states_into(MatrixRef visible_statistics, MatrixRef hidden_states) const;

  /// Hidden states of all replicas, and the swap rates.
  TensorList state();

  /// Running share of the swaps of each pair of neighbours that was taken, hottest pair first.
  const Vector& swap_rates() const { return swap_rates_; }

 private:
  double beta(Index replica) const { return static_cast<double>(replica) / static_cast<double>(replicas_ - 1); }
  const Matrix& scaled(const Matrix& columns, Matrix& into) const;
  void swap(const Stream& swaps, std::uint32_t position);

  const Rbm& rbm_;
  Index chains_, replicas_;
  Matrix visible_;  ///< statistics
  Matrix hidden_;
  Matrix visible_driver_, hidden_driver_;  ///< states, scaled by inverse temperatures
  Matrix visible_mean_, hidden_mean_;
  Vector swap_rates_;
};

}  // namespace dbn
