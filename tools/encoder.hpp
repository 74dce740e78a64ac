#pragma once
// Cases become codes: up through a stack or a model to one of its hidden layers.

#include <cstdint>
#include <optional>
#include <string>

#include "case_map.hpp"
#include "trained_file.hpp"

/// Which codes.
struct EncoderChoice {
  std::optional<dbn::Index> layer;  ///< else a stack's top, an autoencoder's codes, a net's last hidden layer
  std::optional<std::uint64_t> states_by = {};  ///< seed by which hidden units' states are drawn; else their means
};

/// Codes by what `path` held. Throws InvalidArgument for a layer that there is not and for states of a model's units,
/// DataError for a net without hidden layers and for states of an autoencoder's.
CaseMap make_encoder(TrainedFile file, const std::string& path, const EncoderChoice& choice);
