#pragma once
// Draws from an RBM by block Gibbs sampling: all hidden units given the visible ones, then all visible units given the
// hidden ones, over and over [Smolensky 1986; Hinton 2002].

#include <cstdint>

#include <dbn/core/option.hpp>
#include <dbn/core/types.hpp>
#include <dbn/rbm/rbm.hpp>

namespace dbn {

/// Chains that walk together, which bounds memory. A chain's draws follow from its number and the seed.
inline constexpr Index kChainBlock = 256;

/// Chains, and what becomes of them.
struct GibbsOptions {
  Index count = 100;    ///< chains, each of which ends in one draw
  Index steps = 1000;   ///< Gibbs steps of each chain
  bool states = false;  ///< whether chains end in states; else in means given the last hidden states, as pictures show
  Index first = 0;      ///< number of the first chain, a multiple of kChainBlock: how a long list is drawn in parts

  /// count, gibbs and states.
  OptionFields fields();
  /// Throws InvalidArgument that names the first bad field.
  void validate() const;
};

/// `count` draws of visible units (visible x count). Chains start at `start` (visible x count) where it is given, else
/// at states drawn from the visible biases alone. Hidden units may be of a type that is not exact(). Throws
/// InvalidArgument for options out of range, a start that does not fit, or none for a replicated layer, whose counts
/// only data have; DivergenceError when chains grow beyond all numbers, as of Gaussian units on both sides they may.
Matrix sample(const Rbm& rbm, const GibbsOptions& options, std::uint64_t seed, const Matrix* start = nullptr);

/// Cases (visible x cases) after so many Gibbs steps, the last visible units as means; after 0 steps up and down once,
/// by means alone. `first` is the number of the first case, as in GibbsOptions.
Matrix reconstruct(const Rbm& rbm, const ConstMatrixRef& cases, Index steps, std::uint64_t seed, Index first = 0);

}  // namespace dbn
