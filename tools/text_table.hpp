#pragma once
// Columns of text for the terminal.

#include <string>
#include <vector>

#include <dbn/experiment/statistics.hpp>

/// Rows of cells as lines, each column as wide as its widest cell; counted in characters, not bytes.
std::string text_table(const std::vector<std::vector<std::string>>& rows);

/// `mean ± half the interval`, to two digits of the latter; the mean alone without an interval.
std::string estimate_text(const dbn::MeanEstimate& estimate);
