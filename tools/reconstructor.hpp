#pragma once
// Cases are given back: up through a stack or a deep autoencoder and down again.

#include <cstdint>
#include <optional>
#include <string>

#include "case_map.hpp"
#include "pictures.hpp"
#include "trained_file.hpp"

/// How far up a stack, and what happens there.
struct ReconstructorChoice {
  std::optional<dbn::Index> layer;  ///< else the top
  dbn::Index gibbs = 0;             ///< Gibbs steps in that layer's RBM; 0: by means alone
  std::uint64_t seed = 0;           ///< of these
};

/// Reconstructions, in the units of scaled features.
struct Reconstructor {
  CaseMap map;
  dbn::ValueRange range;  ///< of features
};

/// Reconstructions by what `path` held. Throws DataError for a model that is no autoencoder and for Gibbs steps in a
/// layer that is no RBM; InvalidArgument for a layer that there is not and for a choice where an autoencoder has none.
Reconstructor make_reconstructor(TrainedFile file, const std::string& path, const ReconstructorChoice& choice);
