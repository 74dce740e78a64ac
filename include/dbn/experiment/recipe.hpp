#pragma once
// Recipes: published results that dbn reproduces. To add one: a class in src/experiment/recipes/<name>.cpp, a row in
// recipes(), and data/recipes/<name>.ini, which holds every number that a user may want to change.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <dbn/core/function_ref.hpp>
#include <dbn/core/option.hpp>
#include <dbn/data/source.hpp>
#include <dbn/experiment/statistics.hpp>
#include <dbn/model/checkpoint_folder.hpp>

namespace dbn {

/// What a row has to reach, in words, and whether it does.
struct RecipeTarget {
  std::string text;
  bool met = false;
};

/// One published number beside ours.
struct RecipeRow {
  std::string what;       ///< with its unit
  std::string published;  ///< as its source prints it; empty where there is none
  MeanEstimate measured;
  std::vector<double> values;  ///< by seed
  double seconds = 0;          ///< of training, mean of a seed
  std::optional<RecipeTarget> target = {};
};

/// A row with the mean of `values`, of which there is at least one.
RecipeRow recipe_row(std::string what, std::string published, std::vector<double> values, double seconds);

/// One line of a chart: a value for each epoch (or layer), mean over seeds.
struct RecipeCurve {
  std::string name;
  std::vector<double> values;
};

/// Curves that are shown together, on a logarithmic scale.
struct RecipeChart {
  std::string title;  ///< what they show, with its unit, and by what: "training loss, nats, by epoch"
  std::vector<RecipeCurve> curves;
};

/// What came of a recipe.
struct RecipeResult {
  std::vector<RecipeRow> rows;
  std::vector<std::string> remarks;  ///< in plain words, from the measured numbers
  std::vector<RecipeChart> charts;
};

/// Whom a recipe tells how far it is; any may be empty. Calls come from any thread, one at a time.
struct RecipeObserver {
  std::function<void(const std::string& what)> stage = {};  ///< what is trained next
  std::function<void(double done)> progress = {};           ///< share of that stage
  std::function<void(const std::string&)> line = {};        ///< something has finished
  std::function<void(const std::string&)> notice = {};      ///< something that a user should know, in a line
};

/// What a recipe runs on and with.
struct RecipeRun {
  DataFiles data;                 ///< of the file's [data]; null for recipes that make their own
  std::string scale = "auto";     ///< of these data
  std::string binarize = "none";  ///< of these data, by `seed`
  std::uint64_t seed = 0;         ///< the first; the others follow it
  Index seeds = 1;
  RecipeObserver observer = {};
  CheckpointFolder* folder = nullptr;  ///< where its pieces are kept; null: nowhere
  std::string name = {};               ///< of the recipe; set by reproduce()
  RunIdentity identity = {};           ///< all that its bits depend on, seeds apart; set by reproduce()

  /// The keeper of one piece; null without a folder.
  std::unique_ptr<RunKeeper> keeper(const std::string& piece) const;
  /// The numbers that a piece of work comes to. With a folder they are kept, and an interrupted recipe that goes on
  /// does finished work no second time; `work` may hand its keeper to a training loop. Throws Interrupted when the
  /// folder's hooks want to stop.
  Numbers once(const std::string& piece, FunctionRef<Numbers(RunKeeper* keeper)> work) const;
  /// Drops what is kept of a piece that is not needed any more.
  void forget(const std::string& piece) const;
};

/// Fields of one section of a recipe's file; `epochs` of [pretrain] is --pretrain.epochs on the command line.
struct RecipeSection {
  std::string name;
  OptionFields fields;
};

/// One recipe with its options. They are set through the fields before anything else is called.
class Recipe {
 public:
  virtual ~Recipe() = default;
  /// What a user may change.
  virtual std::vector<RecipeSection> options() = 0;
  /// The numbers of section [published], which are what they are.
  virtual OptionFields published() = 0;
  /// Throws InvalidArgument for options or data that it cannot run with.
  virtual void check(const RecipeRun& run) const = 0;
  /// Bytes that it takes at its largest, without `run.data`.
  virtual double memory(const RecipeRun& run) const = 0;
  virtual RecipeResult run(const RecipeRun& run) const = 0;
};

/// One published result.
struct RecipeKind {
  std::string name;
  std::string summary;
  std::unique_ptr<Recipe> (*make)();
};

/// All recipes: curves, deep-autoencoder and hinton-2006 [Hinton & Salakhutdinov 2006]; glorot-profile [Glorot & Bengio
/// 2010; He et al. 2015]; seed-linear, six starts measured with PyTorch; labels, depth, rectangles and convex
/// [Larochelle et al. 2007 and others], comparisons of starts; and others.
const std::vector<RecipeKind>& recipes();
const RecipeKind& recipe(std::string_view name);
std::vector<std::string> recipe_names();

/// Checks and runs a recipe of that name. Throws what its training throws: InvalidArgument, DivergenceError, and
/// Interrupted when the folder's hooks want to stop.
RecipeResult reproduce(const std::string& name, Recipe& recipe, RecipeRun run);

}  // namespace dbn
