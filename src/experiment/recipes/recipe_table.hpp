#pragma once
// What makes the recipes of the table in recipe.cpp.

#include <memory>

#include <dbn/experiment/recipe.hpp>

namespace dbn::detail {

std::unique_ptr<Recipe> make_bars_and_stripes();
std::unique_ptr<Recipe> make_centering();
std::unique_ptr<Recipe> make_comparison_recipe();
std::unique_ptr<Recipe> make_deep_autoencoder_recipe();
std::unique_ptr<Recipe> make_glorot_profile();
std::unique_ptr<Recipe> make_hinton_2006();
std::unique_ptr<Recipe> make_likelihood();
std::unique_ptr<Recipe> make_seed_linear();

}  // namespace dbn::detail
