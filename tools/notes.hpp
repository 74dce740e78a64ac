#pragma once
// Notes on stderr: what a result means and might be overlooked in its numbers. --quiet leaves them out.

#include <string>
#include <vector>

#include <dbn/nn/evaluation.hpp>

/// Says so when all cases, of several classes, were predicted as one.
void note_only_prediction(const dbn::Evaluation& evaluation, const std::vector<std::string>& classes, bool quiet);
