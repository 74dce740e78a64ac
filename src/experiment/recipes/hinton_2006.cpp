// Hinton & Salakhutdinov, Science 313 (2006): a net that starts from RBMs errs on 1.2 % of MNIST's test images. From
// one stack a seed, the net is trained as they did, by conjugate gradient, and as one would today, by Adam.

#include <algorithm>
#include <array>
#include <functional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <dbn/nn/evaluation.hpp>
#include <dbn/pretrain/unroll.hpp>

#include "recipe_table.hpp"
#include "steps.hpp"

namespace dbn::detail {
namespace {

struct Way {
  std::string name;  ///< section finetune.NAME
  std::string what;
  FinetuneOptions options;
};

/// What one way came to, by seed.
struct Arm {
  std::vector<double> errors, seconds, pretrain_seconds;
  std::vector<std::vector<double>> losses;
};

class Hinton2006 final : public Recipe {
 public:
  std::vector<RecipeSection> options() override {
    std::vector<RecipeSection> sections{{"pretrain", pretrain_.fields()}};
    for (auto& way : ways_) sections.push_back({"finetune." + way.name, way.options.fields()});
    return sections;
  }
  OptionFields published() override {
    return {
        {.name = "test-error", .value = &published_error_, .help = "percent, of the paper"},
        {.name = "test-error-again", .value = &published_again_, .help = "percent, of re-runs by others"},
        {.name = "most-error", .value = &most_error_, .help = "percent, of our mean"},
        {.name = "most-pretrain-seconds", .value = &most_pretrain_seconds_, .help = "mean of a seed"},
        {.name = "most-seconds", .value = &most_seconds_, .help = "of all training, mean of a seed"},
    };
  }
  void check(const RecipeRun& run) const override {
    check_labelled_data(run);
    pretrain_.validate();
    const RecipeCases cases = recipe_cases(run);
    for (const auto& way : ways_) check_fine_tune(sizes(run), cases.labelled, nullptr, way.options);
  }
  double memory(const RecipeRun& run) const override {
    const Index cases = run.data.training->case_count();
    const Index features = run.data.training->feature_count();
    double tuning = 0;
    for (const auto& way : ways_) tuning = std::max(tuning, fine_tune_memory(sizes(run), way.options, cases));
    return std::max(pretrain_memory(features, pretrain_, cases, 0), 2 * stack_memory(features, pretrain_) + tuning);
  }
  RecipeResult run(const RecipeRun& run) const override;

 private:
  using Arms = std::array<Arm, 2>;

  std::vector<Index> sizes(const RecipeRun& run) const {
    std::vector<Index> all{run.data.training->feature_count()};
    all.insert(all.end(), pretrain_.layers.begin(), pretrain_.layers.end());
    all.push_back(static_cast<Index>(run.data.training->classes.size()));
    return all;
  }
  void run_seed(const RecipeRun& run, const RecipeCases& cases, std::uint64_t seed, Arms& arms) const;
  RecipeResult report(const Arms& arms, Index test_cases) const;
  std::string differences() const;

  PretrainOptions pretrain_;
  std::array<Way, 2> ways_{{{"cg", "conjugate gradient", {}}, {"adam", "Adam", {}}}};
  double published_error_ = 0;
  std::vector<double> published_again_{0};
  double most_error_ = 0, most_pretrain_seconds_ = 0, most_seconds_ = 0;
};

// The stack is made when the first way needs it: none does when both were finished before an interruption.
void Hinton2006::run_seed(const RecipeRun& run, const RecipeCases& cases, std::uint64_t seed, Arms& arms) const {
  const std::string stack_name = fmt::format("seed-{}.stack", seed);
  std::optional<PretrainResult> stack;
  for (std::size_t i = 0; i < ways_.size(); ++i) {
    const Way& way = ways_[i];
    const auto numbers = run.once(fmt::format("seed-{}.{}", seed, way.name), [&](RunKeeper* keeper) -> Numbers {
      if (!stack)
        stack =
            pretrain_step(run, stack_name, fmt::format("seed {}, pretraining", seed), cases.training, pretrain_, seed);
      double pretrain_seconds = 0;
      for (const auto& layer : stack->history) pretrain_seconds += training_seconds(layer);
      const auto tuned = finetune_step(run, fmt::format("seed {}, {}", seed, way.what),
                                       unroll(stack->stack, cases.training.class_count(), seed), cases.labelled,
                                       way.options, seed, keeper);
      return {{"error", {evaluate(tuned.net, cases.test).error}},
              {"pretrain seconds", {pretrain_seconds}},
              {"seconds", {training_seconds(tuned.history)}},
              {"losses", losses_of(tuned.history)}};
    });
    arms[i].errors.push_back(numbers.at("error").at(0));
    arms[i].seconds.push_back(numbers.at("seconds").at(0));
    arms[i].pretrain_seconds.push_back(numbers.at("pretrain seconds").at(0));
    arms[i].losses.push_back(numbers.at("losses"));
    if (run.observer.line)
      run.observer.line(fmt::format("seed {}  {:<18}  test error {:.2f} %  {:.0f} s after {:.0f} s of pretraining",
                                    seed, way.what, arms[i].errors.back(), arms[i].seconds.back(),
                                    arms[i].pretrain_seconds.back()));
  }
  run.forget(stack_name);
}

RecipeResult Hinton2006::run(const RecipeRun& run) const {
  const RecipeCases cases = recipe_cases(run);
  Arms arms;
  for (Index i = 0; i < run.seeds; ++i) run_seed(run, cases, run.seed + static_cast<std::uint64_t>(i), arms);
  return report(arms, cases.test.case_count());
}

std::string which_is_better(const MeanEstimate& difference) {
  const auto& interval = difference.interval;
  if (!interval) return "These seeds do not tell conjugate gradient from Adam: one, or equal differences.";
  const std::string text = fmt::format(
      "Adam's error minus conjugate gradient's: {:+.2f} points (paired 95 % interval "
      "{:+.2f} to {:+.2f})",
      difference.mean, (*interval)[0], (*interval)[1]);
  if ((*interval)[0] <= 0 && (*interval)[1] >= 0) return text + ": these seeds do not tell them apart.";
  return text +
         fmt::format(": from the same stacks {} is better.", difference.mean < 0 ? "Adam" : "conjugate gradient");
}

// What a test set of this size can tell at all.
std::string resolution(double published, Index cases) {
  const auto interval = wilson_interval(static_cast<Index>(published / 100 * static_cast<double>(cases)), cases);
  return fmt::format(
      "{} test cases know an error of {:g} % to ±{:.2f} points: published numbers that differ by less are "
      "the same number.",
      cases, published, (interval[1] - interval[0]) / 2);
}

// What is not as in the paper, so that nobody takes a number for more than it is.
std::string Hinton2006::differences() const {
  return fmt::format(
      "Each layer is trained for {} epochs (the paper: 50); conjugate gradient gets {} epochs, the first {} of them of "
      "the output layer alone; Adam gets {}, with dropout of {:g} (inputs {:g}), which the paper did not have.",
      fmt::join(pretrain_.epochs, ", "), ways_[0].options.epochs, ways_[0].options.head_epochs, ways_[1].options.epochs,
      fmt::join(ways_[1].options.dropout, ", "), ways_[1].options.input_dropout);
}

RecipeResult Hinton2006::report(const Arms& arms, Index test_cases) const {
  RecipeResult result;
  RecipeChart losses{.title = "training loss, nats, by epoch", .curves = {}};
  const std::string published = fmt::format("{:g} (re-runs {:g})", published_error_, fmt::join(published_again_, ", "));
  for (std::size_t i = 0; i < ways_.size(); ++i) {
    result.rows.push_back(
        recipe_row("test error %, " + ways_[i].what, published, arms[i].errors, mean_of(arms[i].seconds)));
    result.rows.back().target = at_most(most_error_, result.rows.back().measured);
    losses.curves.push_back({ways_[i].what, mean_curve(arms[i].losses)});
  }
  const auto& pretraining = arms[0].pretrain_seconds;
  result.rows.push_back(recipe_row("pretraining, seconds a seed", "", pretraining, mean_of(pretraining)));
  result.rows.back().target = at_most(most_pretrain_seconds_, result.rows.back().measured);
  std::vector<double> total = pretraining;
  for (const auto& arm : arms)
    std::transform(total.begin(), total.end(), arm.seconds.begin(), total.begin(), std::plus<>());
  result.rows.push_back(recipe_row("all training, seconds a seed", "", total, mean_of(total)));
  result.rows.back().target = at_most(most_seconds_, result.rows.back().measured);
  result.charts.push_back(std::move(losses));
  result.remarks = {which_is_better(paired_difference(arms[1].errors, arms[0].errors)),
                    resolution(published_error_, test_cases), differences()};
  return result;
}

}  // namespace

std::unique_ptr<Recipe> make_hinton_2006() { return std::make_unique<Hinton2006>(); }

}  // namespace dbn::detail
