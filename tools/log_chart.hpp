#pragma once
// Curves on the terminal, on a logarithmic scale.

#include <string>
#include <vector>

#include <dbn/experiment/recipe.hpp>

/// A chart of curves with values above 0, each drawn by a letter of its own, with a legend. Values that are not are
/// left out; where nothing is left the text is empty.
std::string log_chart(const dbn::RecipeChart& chart);
