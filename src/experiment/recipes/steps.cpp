#include "steps.hpp"

#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/data/split.hpp>

namespace dbn::detail {

namespace {

Preprocessing fitted(const RecipeRun& run) {
  const Dataset& training = *run.data.training;
  return fit_preprocessing(run.scale, training, all_cases(training.case_count()),
                           Binarization::parse(run.binarize, run.seed));
}

}  // namespace

RecipeCases recipe_cases(const RecipeRun& run) {
  const auto& [training, test] = run.data;
  const auto all = all_cases(training->case_count());
  const Preprocessing scaling = fitted(run);
  return {.training = {training, all, scaling},
          .labelled = {training, labelled_cases(*training, all), scaling},
          .test = {test, labelled_cases(*test, all_cases(test->case_count())), scaling}};
}

PreparedCases training_cases(const RecipeRun& run) {
  return {run.data.training, all_cases(run.data.training->case_count()), fitted(run)};
}

PreparedCases test_cases(const RecipeRun& run) {
  return {run.data.test, all_cases(run.data.test->case_count()), fitted(run)};
}

void check_labelled_data(const RecipeRun& run) {
  if (!run.data.training || !run.data.training->labelled())
    throw InvalidArgument("recipe: expected training cases with labels, found none; see --data and --label-file");
  if (!run.data.test || !run.data.test->labelled())
    throw InvalidArgument(fmt::format(
        "{}: the recipe expects test cases with labels, found none; name them with --test", run.data.training->name));
}

RecipeTarget at_most(double bound, const MeanEstimate& measured) {
  return {fmt::format("at most {:g}", bound), measured.mean <= bound};
}

RecipeTarget at_least(double bound, const MeanEstimate& measured) {
  return {fmt::format("at least {:g}", bound), measured.mean >= bound};
}

RecipeTarget within(double tolerance, double published, const MeanEstimate& measured) {
  return {fmt::format("within {:.2g}", tolerance), std::abs(measured.mean - published) <= tolerance};
}

PretrainResult pretrain_step(const RecipeRun& run, const std::string& piece, const std::string& what,
                             const CaseSource& cases, const PretrainOptions& options, std::uint64_t seed) {
  const auto& observer = run.observer;
  if (observer.stage) observer.stage(what);
  const std::size_t layers = options.layers.size();
  const auto batch = [&](Index layer, Index epoch, double done) {
    const auto epochs =
        static_cast<double>(per_layer(options.epochs, static_cast<std::size_t>(layer - 1), layers, "epochs"));
    if (observer.progress)
      observer.progress((static_cast<double>(layer - 1) + (static_cast<double>(epoch - 1) + done) / epochs) /
                        static_cast<double>(layers));
  };
  const auto keeper = run.keeper(piece);
  return pretrain(cases, nullptr, options, seed, {.batch = batch, .notice = observer.notice}, keeper.get());
}

FinetuneResult finetune_step(const RecipeRun& run, const std::string& what, Mlp start, const PreparedCases& cases,
                             const FinetuneOptions& options, std::uint64_t seed, RunKeeper* keeper) {
  const auto& observer = run.observer;
  if (observer.stage) observer.stage(what);
  const auto batch = [&](Index epoch, Index epochs, double done) {
    if (observer.progress) observer.progress((static_cast<double>(epoch - 1) + done) / static_cast<double>(epochs));
  };
  return fine_tune(std::move(start), cases, nullptr, options, seed, {.batch = batch, .notice = observer.notice},
                   keeper);
}

std::vector<double> losses_of(const std::vector<FinetuneEpoch>& history) {
  std::vector<double> losses;
  for (const auto& epoch : history) losses.push_back(epoch.train_loss);
  return losses;
}

std::vector<double> mean_curve(const std::vector<std::vector<double>>& curves) {
  std::vector<double> mean(curves.front().size());
  for (const auto& curve : curves)
    for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += curve[i] / static_cast<double>(curves.size());
  return mean;
}

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace dbn::detail
