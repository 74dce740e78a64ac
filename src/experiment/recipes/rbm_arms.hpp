#pragma once
// RBMs trained side by side in several ways, for recipes that compare likelihoods.

#include <string>
#include <vector>

#include <dbn/experiment/recipe.hpp>
#include <dbn/pretrain/pretrain.hpp>
#include <dbn/rbm/rbm.hpp>

namespace dbn::detail {

/// One way of training, whose options are the section pretrain.NAME of the recipe's file.
struct RbmArm {
  std::string name;
  std::string what;  ///< in a line of the report
  PretrainOptions options = {};
};

/// What one way came to, by seed.
struct ArmRuns {
  std::vector<double> log_likelihood;  ///< mean of a case, nats
  std::vector<double> seconds;         ///< of training
};

/// The sections of the arms' options.
std::vector<RecipeSection> sections_of(std::vector<RbmArm>& arms);

/// Throws InvalidArgument unless each arm trains one RBM.
void check_one_rbm(const std::vector<RbmArm>& arms);

/// The largest memory that an arm takes over so many cases.
double arms_memory(const std::vector<RbmArm>& arms, Index features, Index cases);

/// Trains the arm's RBM on `training`, measures it by `log_likelihood`, and appends both to `runs`. What is kept of it
/// goes by `piece`; a line says what came of it.
void run_arm(const RecipeRun& run, const RbmArm& arm, const std::string& piece, const CaseSource& training,
             std::uint64_t seed, FunctionRef<double(const Rbm&)> log_likelihood, ArmRuns& runs);

/// All cases of a source in a matrix (features x cases).
Matrix all_of(const CaseSource& cases);

}  // namespace dbn::detail
