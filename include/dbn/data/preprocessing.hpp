#pragma once
// Scaling and binarization of features, fitted on training cases only and stored with the model, so that later data are
// treated alike.

#include <span>
#include <string>
#include <vector>

#include <dbn/core/types.hpp>
#include <dbn/data/binarization.hpp>
#include <dbn/data/dataset.hpp>
#include <dbn/data/schema.hpp>

namespace dbn {

/// x becomes (x - shift) * factor, feature by feature, and is then binarized. One number in a vector serves all
/// features.
struct Preprocessing {
  std::string scale = "none";  ///< the rule that was fitted: none, unit, minmax, standardize
  Vector shift = Vector::Zero(1);
  Vector factor = Vector::Ones(1);
  Binarization binarization = {};
  Schema schema = {};  ///< of the table that the training cases were, by which others are read

  /// Applies it to a batch (features x cases) of the named cases of a dataset; only Rule::sample asks for their
  /// numbers. Throws InvalidArgument when the number of features does not fit, or that of cases where it matters.
  void apply(MatrixRef batch, std::span<const Index> cases = {}) const;

  /// Back to the data's own units, up to rounding: x becomes x / factor + shift. What was binarized stays two-valued.
  /// Throws InvalidArgument when the number of features does not fit.
  void invert(MatrixRef batch) const;
};

/// Names that `fit_preprocessing` knows, `auto` first.
const std::vector<std::string>& scale_names();

/// Fits a rule to the named training cases:
/// none; unit (divide by the largest value: 255 for bytes of images); minmax (each feature to [0, 1]); standardize
/// (each feature to mean 0, variance 1); auto (none when all values lie in [0, 1], else unit when none is negative,
/// else standardize). A constant feature is only shifted; those of categories are left alone by all of them. Throws
/// InvalidArgument for an unknown rule, no cases, or a threshold that would change categories, DataError when `unit` or
/// `auto` cannot serve, or when values are to be sampled that are not in [0, 1].
Preprocessing fit_preprocessing(const std::string& scale, const Dataset& dataset, std::span<const Index> training,
                                const Binarization& binarization = {});

}  // namespace dbn
