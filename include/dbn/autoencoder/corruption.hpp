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
/// `clean` and `corrupted` are (features x cases) and share no memory.
struct CorruptionKind {
  std::string name;
  double most;  ///< largest strength; the least is 0
  void (*apply)(const Stream& stream, double strength, std::uint32_t epoch, std::span<const Index> cases,
                const ConstMatrixRef& clean, MatrixRef corrupted);
};

/// none; masking: each feature becomes 0 with probability `strength`.
const std::vector<CorruptionKind>& corruptions();

/// A kind and its strength, written `masking:0.25`; `none` has no strength.
struct Corruption {
  const CorruptionKind* kind = nullptr;
  double strength = 0;

  /// Throws InvalidArgument, naming `option`, for an unknown kind or a strength out of range.
  static Corruption parse(std::string_view text, std::string_view option);
};

}  // namespace dbn
