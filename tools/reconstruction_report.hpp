#pragma once
// How well an autoencoder gives back cases, as text and as JSON.

#include <string>

#include <nlohmann/json_fwd.hpp>

#include <dbn/nn/reconstruction_evaluation.hpp>

/// Lines of text.
std::string reconstruction_text(const dbn::ReconstructionEvaluation& evaluation);

/// {"cases", "error", "unexplained", "cross_entropy"}: the squared error of a case, and what is left unexplained,
/// percent
nlohmann::json reconstruction_json(const dbn::ReconstructionEvaluation& evaluation);
