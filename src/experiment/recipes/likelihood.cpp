// How good an RBM of 500 hidden units is on thresholded MNIST, with log Z from both sides: annealing from a base model
// flatters, annealing back from samples of the model does the opposite [Burda, Grosse & Salakhutdinov 2015].

#include <algorithm>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/stopwatch.hpp>
#include <dbn/rbm/annealed_importance.hpp>

#include "rbm_arms.hpp"
#include "recipe_table.hpp"
#include "steps.hpp"

namespace dbn::detail {
namespace {

/// Mean log-likelihood of the test cases by either log Z, by seed.
struct Ends {
  std::vector<double> forward, reverse, difference, seconds, annealing_seconds;
};

class Likelihood final : public Recipe {
 public:
  std::vector<RecipeSection> options() override {
    return {{"pretrain", pretrain_.fields()}, {"annealing", annealing_.fields()}};
  }
  OptionFields published() override {
    return {{.name = "forward", .value = &published_forward_, .help = "test log-likelihood, nats, by annealing"},
            {.name = "reverse", .value = &published_reverse_, .help = "the same by annealing back"},
            {.name = "least", .value = &least_, .help = "of either"},
            {.name = "most-difference", .value = &most_difference_, .help = "between them"}};
  }
  void check(const RecipeRun& run) const override {
    pretrain_.validate();
    annealing_.validate();
    if (!run.data.training || !run.data.test)
      throw InvalidArgument("recipe: expected training and test cases; see --data and --test");
    if (pretrain_.layers.size() != 1 || pretrain_.pretrainer.front() != "rbm")
      throw InvalidArgument("--pretrain.layers: expected one layer trained as an RBM");
  }
  double memory(const RecipeRun& run) const override {
    const Index features = run.data.training->feature_count();
    const double test = static_cast<double>(run.data.test->case_count()) * static_cast<double>(features);
    const double annealing =
        annealing_memory(features, pretrain_.layers.front(), annealing_) + 2 * stack_memory(features, pretrain_);
    return std::max(pretrain_memory(features, pretrain_, run.data.training->case_count(), 0), annealing) +
           2 * sizeof(Scalar) * test;
  }

  RecipeResult run(const RecipeRun& run) const override {
    const PreparedCases training = training_cases(run);
    const Matrix test = all_of(test_cases(run));
    Ends ends;
    for (Index i = 0; i < run.seeds; ++i) run_seed(run, training, test, run.seed + static_cast<std::uint64_t>(i), ends);
    return report(ends);
  }

 private:
  void run_seed(const RecipeRun& run, const PreparedCases& training, const Matrix& test, std::uint64_t seed,
                Ends& ends) const;
  RecipeResult report(const Ends& ends) const;

  static AnnealingData known_of(const PreparedCases& training, Index chains);

  PretrainOptions pretrain_;
  AnnealingOptions annealing_;
  double published_forward_ = 0, published_reverse_ = 0, least_ = 0, most_difference_ = 0;
};

void Likelihood::run_seed(const RecipeRun& run, const PreparedCases& training, const Matrix& test, std::uint64_t seed,
                          Ends& ends) const {
  const std::string stack = fmt::format("seed-{}.stack", seed);
  const auto numbers = run.once(fmt::format("seed-{}", seed), [&](RunKeeper*) -> Numbers {
    const auto trained = pretrain_step(run, stack, fmt::format("seed {}, training", seed), training, pretrain_, seed);
    const Rbm& rbm = std::get<Rbm>(trained.stack.layers.front());
    if (run.observer.stage) run.observer.stage(fmt::format("seed {}, annealing", seed));
    const Stopwatch watch;
    const auto z = annealed_log_partition(rbm, annealing_, seed, known_of(training, annealing_.chains),
                                          {.progress = run.observer.progress, .stop_requested = {}});
    const double free_energy = rbm.free_energy(test).mean();
    return {{"forward", {-free_energy - z.forward.log_partition}},
            {"reverse", {-free_energy - z.reverse.log_partition}},
            {"seconds", {training_seconds(trained.history.front())}},
            {"annealing seconds", {watch.seconds()}}};
  });
  run.forget(stack);
  ends.forward.push_back(numbers.at("forward").at(0));
  ends.reverse.push_back(numbers.at("reverse").at(0));
  ends.difference.push_back(ends.forward.back() - ends.reverse.back());
  ends.seconds.push_back(numbers.at("seconds").at(0));
  ends.annealing_seconds.push_back(numbers.at("annealing seconds").at(0));
  if (run.observer.line)
    run.observer.line(
        fmt::format("seed {}  test log-likelihood {:.2f} nats by annealing, {:.2f} by annealing back  {:.0f} s", seed,
                    ends.forward.back(), ends.reverse.back(), ends.seconds.back()));
}

// The base model has the training cases' means; half the chains of the way back start at training cases.
AnnealingData Likelihood::known_of(const PreparedCases& training, Index chains) {
  Matrix cases(training.feature_count(), std::min(chains, training.case_count()));
  training.gather_into(all_cases(cases.cols()), cases);
  return {.mean = summarize(training).features.mean, .cases = std::move(cases)};
}

RecipeResult Likelihood::report(const Ends& ends) const {
  RecipeResult result;
  const double training = mean_of(ends.seconds), annealing = mean_of(ends.annealing_seconds);
  result.rows = {recipe_row("test log-likelihood, nats, by annealing", fmt::format("{:g}", published_forward_),
                            ends.forward, training),
                 recipe_row("test log-likelihood, nats, by annealing back", fmt::format("{:g}", published_reverse_),
                            ends.reverse, annealing),
                 recipe_row("distance of the two, nats", fmt::format("{:.2f}", published_forward_ - published_reverse_),
                            ends.difference, 0)};
  for (std::size_t i = 0; i < 2; ++i) result.rows[i].target = at_least(least_, result.rows[i].measured);
  result.rows[2].target = within(most_difference_, 0, result.rows[2].measured);
  result.remarks = {
      "Annealing alone is optimistic: the truth is between the two ends, if the model's samples are its own."};
  return result;
}

}  // namespace

std::unique_ptr<Recipe> make_likelihood() { return std::make_unique<Likelihood>(); }

}  // namespace dbn::detail
