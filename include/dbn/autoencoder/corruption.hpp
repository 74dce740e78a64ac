#pragma once
// Noise that a denoising autoencoder learns to undo [Vincent et al. 2010]. To add one: a function and a row in
// corruptions().

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <dbn/core/random.hpp>
#include <dbn/core/types.hpp>

namespace dbn {

/// One kind of noise. Draws are functions of (seed, epoch, case, unit): column c is case cases[c].
/// `clean` and `corrupted` are (features x cases) and share no memory. `touched`, of the same shape, becomes 1 where
/// the noise chose a feature, even one that it left with its value, and 0 elsewhere; null where nobody wants to know.
struct CorruptionKind {
  std::string name;
  std::string strength;  ///< what help calls the strength; empty: there is none
  double most;           ///< largest strength; the least is 0
  void (*apply)(const Stream& stream, double strength, std::uint32_t epoch, std::span<const Index> cases,
                const ConstMatrixRef& clean, MatrixRef corrupted, MatrixRef* touched);
  bool touches_all = false;  ///< every feature, so that none is left alone
};

/// none; masking: each feature becomes 0 with probability `strength`; salt-and-pepper: with that probability it becomes
/// 0 or 1, by a fair coin, which are the ends of features in [0, 1]; gaussian: `strength` times a standard normal is
/// added to every feature.
const std::vector<CorruptionKind>& corruptions();

/// What a text may be: every kind, with the range of its strength.
std::string corruption_domain();

/// A kind and its strength, written `masking:0.25`; `none` has no strength.
struct Corruption {
  const CorruptionKind* kind = nullptr;
  double strength = 0;

  /// Throws InvalidArgument, naming `option`, for an unknown kind or a strength out of range.
  static Corruption parse(std::string_view text, std::string_view option);

  /// As CorruptionKind::apply.
  void apply(const Stream& stream, std::uint32_t epoch, std::span<const Index> cases, const ConstMatrixRef& clean,
             MatrixRef corrupted, MatrixRef* touched = nullptr) const {
    kind->apply(stream, strength, epoch, cases, clean, corrupted, touched);
  }
};

}  // namespace dbn
