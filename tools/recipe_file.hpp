#pragma once
// data/recipes/NAME.ini: what a recipe runs with unless a user says otherwise. The files are part of the tool.

#include <string>
#include <string_view>
#include <vector>

#include <dbn/core/option.hpp>
#include <dbn/data/source.hpp>
#include <dbn/experiment/recipe.hpp>

/// One file as it was when the tool was built.
struct EmbeddedRecipe {
  std::string name;
  std::string_view text;
};
const std::vector<EmbeddedRecipe>& embedded_recipes();

/// A recipe as its file sets it up.
struct RecipeFile {
  std::string title;
  std::string source;
  dbn::Index seeds = 1;
  double minutes = 0;  ///< that these seeds take on two cores
  bool reads_data = false;
  dbn::DataOptions data = {};
  std::unique_ptr<dbn::Recipe> recipe = {};
};

/// Reads the file of a recipe and sets the recipe's options from it. Throws InvalidArgument for an unknown name,
/// DataError with file:line for what is not a field.
RecipeFile read_recipe(const std::string& name);

/// The same from a text.
RecipeFile read_recipe(const std::string& name, std::string_view text);
