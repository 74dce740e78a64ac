#pragma once
// Counter-based random numbers: Philox4x32-10 [Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"].
//
// A draw is a pure function of (seed, stream, position). It does not depend on threads, on tiles, on how a batch is
// split, or on what else was drawn; to resume a run, its position is all that has to be known.

#include <cstdint>
#include <span>
#include <vector>

#include <dbn/core/types.hpp>

namespace dbn {

/// What a stream's numbers are for. Values are part of the reproducibility promise: never renumber, only append.
enum class Purpose : std::uint8_t {
  initial_weights = 1,
  batch_order = 2,
  hidden_states = 3,
  visible_states = 4,
  chain_start = 5,
  corruption = 6,
  label_choice = 7,
  validation_split = 8,
  synthetic_training = 9,
  synthetic_test = 10,
  monitored_cases = 11,
  dropout = 12,
  swaps = 13,
  annealing = 14,
  generation = 15,
  pseudo_likelihood = 16,
  binarization = 17,
  states_of_data = 18,
  code_states = 19,
  bootstrap = 20,
  tuning = 21,
  shuffled_weights = 22,
};

/// Where in a stream a draw stands.
struct Position {
  std::uint32_t update = 0;    ///< parameter update, epoch or sweep
  std::uint32_t instance = 0;  ///< case, chain or row
  std::uint32_t unit = 0;      ///< unit of the layer
};

/// One stream of draws, chosen by seed, purpose and layer. Copies are cheap; there is no state.
class Stream {
 public:
  Stream(std::uint64_t seed, Purpose purpose, std::uint32_t layer = 0);

  /// 32 uniform bits.
  std::uint32_t bits(Position at) const;
  /// Uniform on [0, 1), a multiple of 2^-24.
  double uniform(Position at) const;
  /// Standard normal by Box-Muller; units 2i and 2i+1 share one pair of uniforms.
  double normal(Position at) const;
  /// Uniform on {0, ..., n-1}; n >= 1. Bias below 2^-32 n, by multiplication [Lemire 2019].
  std::uint32_t below(std::uint32_t n, Position at) const;

  // The following are for units at.unit, at.unit + 1, ..., and vectorised; at.unit must be a multiple of 4.

  void uniforms_into(Position at, std::span<Scalar> out) const;
  /// A state is 1 where the unit's uniform falls below its mean, else 0. Sizes agree; both may be the same memory.
  void bernoulli_into(Position at, std::span<const Scalar> mean, std::span<Scalar> states) const;
  /// Adds the units' normals.
  void add_normals(Position at, std::span<Scalar> values) const;

 private:
  std::uint32_t key_[2];
  std::uint32_t stream_;
};

/// Columns of `states` become 1 where a uniform falls below `mean`, else 0. Column c is instance `first.instance` + c,
/// row r is unit `first.unit` + r (a multiple of 4). Shapes must agree; `mean` and `states` may be the same matrix.
void draw_bernoulli(const Stream& stream, Position first, const ConstMatrixRef& mean, MatrixRef states);

/// Adds standard normal noise to `values`, positions as in draw_bernoulli.
void add_normal_noise(const Stream& stream, Position first, MatrixRef values);

/// A permutation of 0..n-1 (Fisher-Yates); `round` is the epoch. Throws InvalidArgument when n exceeds 2^32 - 1.
std::vector<Index> permutation(const Stream& stream, std::uint32_t round, Index n);

}  // namespace dbn
