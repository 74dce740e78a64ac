#pragma once
// The steps that recipes are made of: training that tells the recipe's observer.

#include <string>
#include <vector>

#include <dbn/data/case_source.hpp>
#include <dbn/experiment/recipe.hpp>
#include <dbn/nn/fine_tune.hpp>
#include <dbn/pretrain/pretrain.hpp>

namespace dbn::detail {

/// All training cases of the recipe's data, scaled and binarized; those with labels; the test cases with labels.
struct RecipeCases {
  PreparedCases training;
  PreparedCases labelled;
  PreparedCases test;
};
RecipeCases recipe_cases(const RecipeRun& run);
/// All training cases, and all test cases, with the scaling that was fitted on the former.
PreparedCases training_cases(const RecipeRun& run);
PreparedCases test_cases(const RecipeRun& run);

/// Throws InvalidArgument unless there are labelled training and test cases.
void check_labelled_data(const RecipeRun& run);

/// Targets of a mean: a bound from above, one from below, a tolerance to either side.
RecipeTarget at_most(double bound, const MeanEstimate& measured);
RecipeTarget at_least(double bound, const MeanEstimate& measured);
RecipeTarget within(double tolerance, double published, const MeanEstimate& measured);

/// pretrain(), kept under the name of that piece; `what` is said of it.
PretrainResult pretrain_step(const RecipeRun& run, const std::string& piece, const std::string& what,
                             const CaseSource& cases, const PretrainOptions& options, std::uint64_t seed);

/// fine_tune() on all cases; `what` is said of it.
FinetuneResult finetune_step(const RecipeRun& run, const std::string& what, Mlp start, const PreparedCases& cases,
                             const FinetuneOptions& options, std::uint64_t seed, RunKeeper* keeper);

template <typename Epoch>
double training_seconds(const std::vector<Epoch>& history) {
  double sum = 0;
  for (const auto& epoch : history) sum += epoch.seconds;
  return sum;
}

/// The training loss of each epoch.
std::vector<double> losses_of(const std::vector<FinetuneEpoch>& history);

/// Entry by entry; all lists are of one length.
std::vector<double> mean_curve(const std::vector<std::vector<double>>& curves);

/// The mean of a list that is not empty.
double mean_of(const std::vector<double>& values);

}  // namespace dbn::detail
