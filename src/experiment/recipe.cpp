#include <dbn/experiment/recipe.hpp>

#include <utility>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/table.hpp>
#include <dbn/data/fingerprint.hpp>

#include "recipes/recipe_table.hpp"

namespace dbn {
namespace {

constexpr const char* kDone = "done";

RunIdentity identity_of(Recipe& recipe, const RecipeRun& run) {
  RunIdentity identity;
  for (auto& [section, fields] : recipe.options()) {
    std::erase_if(fields, [](const OptionField& field) { return field.name == "on-divergence"; });
    for (auto& field : fields) field.name = section + "." + field.name;
    add_options(identity, fields);
  }
  if (run.data.training) {
    identity["--scale"] = run.scale;
    // Samples follow the first seed, whichever seed a piece is of.
    identity["--binarize"] = run.binarize == "sample" ? fmt::format("sample by seed {}", run.seed) : run.binarize;
    identity["training data"] = fingerprint(*run.data.training);
  }
  if (run.data.test) identity["test data"] = fingerprint(*run.data.test);
  return identity;
}

// The command's name comes first: a folder knows its runs by it.
std::string kept_name(const RecipeRun& run, const std::string& piece) { return "reproduce." + run.name + "." + piece; }

}  // namespace

RecipeRow recipe_row(std::string what, std::string published, std::vector<double> values, double seconds) {
  return {.what = std::move(what),
          .published = std::move(published),
          .measured = mean_estimate(values),
          .values = values,
          .seconds = seconds};
}

std::unique_ptr<RunKeeper> RecipeRun::keeper(const std::string& piece) const {
  return folder != nullptr ? folder->keeper(kept_name(*this, piece), identity) : nullptr;
}

Numbers RecipeRun::once(const std::string& piece, FunctionRef<Numbers(RunKeeper*)> work) const {
  // A keeper gives out what is saved once: one is asked whether the work is done, another goes on with it.
  if (const auto earlier = keeper(piece))
    if (auto saved = earlier->take_saved(); saved && saved->position.stage == kDone) return std::move(saved->numbers);
  const auto own = keeper(piece);
  if (own && own->stop_requested()) throw Interrupted(piece + " was not begun");
  Numbers numbers = work(own.get());
  if (own) own->keep({.position = {.stage = kDone}, .tensors = {}, .numbers = numbers});
  return numbers;
}

void RecipeRun::forget(const std::string& piece) const {
  if (folder != nullptr) folder->forget(kept_name(*this, piece));
}

const std::vector<RecipeKind>& recipes() {
  static const std::vector<RecipeKind> table{
      {"bars-and-stripes",
       "exact log-likelihood of a small RBM by contrastive divergence, persistent chains, tempering",
       &detail::make_bars_and_stripes},
      {"centering", "centred and plain RBMs on thresholded MNIST and on its negative, exact log-likelihood",
       &detail::make_centering},
      {"convex", "are white regions convex? 6000 pictures: pretrained stacks against random starts",
       &detail::make_comparison_recipe},
      {"curves", "pictures of curves through three points, 784-400-200-100-50-25-6 and back: from RBMs, Xavier, He",
       &detail::make_deep_autoencoder_recipe},
      {"deep-autoencoder", "MNIST, 784-1000-500-250-30 and back: from RBMs and, in as many seconds, from Xavier and He",
       &detail::make_deep_autoencoder_recipe},
      {"depth", "10 000 MNIST images, one to four layers: pretrained stacks against random starts",
       &detail::make_comparison_recipe},
      {"glorot-profile",
       "what starts do to signals: tanh nets of Glorot & Bengio 2010, deep ReLU nets of He et al. 2015",
       &detail::make_glorot_profile},
      {"hinton-2006", "MNIST, 784-500-500-2000-10 by RBMs, then conjugate gradient as in 2006, or Adam",
       &detail::make_hinton_2006},
      {"labels", "MNIST with 100, 1000 and 10 000 labels, all images unlabelled: RBMs against tuned random starts",
       &detail::make_comparison_recipe},
      {"likelihood", "an RBM of 500 units on thresholded MNIST: log-likelihood with log Z from both sides",
       &detail::make_likelihood},
      {"rectangles", "tall or wide? 1000 outlines: pretrained stacks against random starts",
       &detail::make_comparison_recipe},
      {"seed-linear", "six starts of a ReLU net on a linear task: loss after 50 epochs beside PyTorch's",
       &detail::make_seed_linear},
  };
  return table;
}

const RecipeKind& recipe(std::string_view name) { return row_named(recipes(), name, "recipe"); }

std::vector<std::string> recipe_names() { return row_names(recipes()); }

RecipeResult reproduce(const std::string& name, Recipe& recipe, RecipeRun run) {
  if (run.seeds < 1) throw InvalidArgument("--seeds: expected at least one seed");
  recipe.check(run);
  run.name = name;
  run.identity = identity_of(recipe, run);
  return recipe.run(run);
}

}  // namespace dbn
