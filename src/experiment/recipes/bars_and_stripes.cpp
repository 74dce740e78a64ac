// Bars and stripes, a task on which the likelihood can be summed exactly and simple estimators go wrong [MacKay 2003;
// Fischer & Igel 2010]: what the estimators of an RBM's gradient are worth.

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/rbm/exact_likelihood.hpp>

#include "rbm_arms.hpp"
#include "recipe_table.hpp"
#include "steps.hpp"

namespace dbn::detail {
namespace {

class BarsAndStripes final : public Recipe {
 public:
  std::vector<RecipeSection> options() override { return sections_of(arms_); }
  OptionFields published() override {
    return {{.name = "bound", .value = &bound_, .help = "log-likelihood of the data's own distribution, nats a case"},
            {.name = "least", .value = &least_, .help = "log-likelihood to reach"}};
  }
  void check(const RecipeRun& run) const override {
    check_one_rbm(arms_);
    if (!run.data.training) throw InvalidArgument("recipe: expected training cases, found none; see --data");
  }
  double memory(const RecipeRun& run) const override {
    return arms_memory(arms_, run.data.training->feature_count(), run.data.training->case_count());
  }

  RecipeResult run(const RecipeRun& run) const override {
    const PreparedCases cases = training_cases(run);
    const Matrix all = all_of(cases);
    const auto likelihood = [&](const Rbm& rbm) { return exact_log_likelihood(rbm, all); };
    std::vector<ArmRuns> runs(arms_.size());
    for (Index i = 0; i < run.seeds; ++i)
      for (std::size_t a = 0; a < arms_.size(); ++a) {
        const std::uint64_t seed = run.seed + static_cast<std::uint64_t>(i);
        run_arm(run, arms_[a], fmt::format("seed {}, {}", seed, arms_[a].name), cases, seed, likelihood, runs[a]);
      }
    return report(runs);
  }

 private:
  // Each arm, and whether it is better than the one before it.
  RecipeResult report(const std::vector<ArmRuns>& runs) const {
    RecipeResult result;
    for (std::size_t a = 0; a < arms_.size(); ++a)
      result.rows.push_back(recipe_row("log-likelihood, nats, " + arms_[a].what,
                                       a == 0 ? fmt::format("bound {:g}", bound_) : "", runs[a].log_likelihood,
                                       mean_of(runs[a].seconds)));
    result.rows.back().target = at_least(least_, result.rows.back().measured);
    for (std::size_t a = 1; a < arms_.size(); ++a) {
      std::vector<double> gains;
      for (std::size_t i = 0; i < runs[a].log_likelihood.size(); ++i)
        gains.push_back(runs[a].log_likelihood[i] - runs[a - 1].log_likelihood[i]);
      result.rows.push_back(
          recipe_row(fmt::format("{} minus {}, nats", arms_[a].name, arms_[a - 1].name), "", gains, 0));
      result.rows.back().target = at_least(0, result.rows.back().measured);
    }
    result.remarks = {fmt::format("No model can be above {:g} nats a case: that is the entropy of the data.", bound_)};
    return result;
  }

  std::vector<RbmArm> arms_{{"cd", "contrastive divergence, one step"},
                            {"pcd", "persistent contrastive divergence"},
                            {"pt", "parallel tempering"}};
  double bound_ = 0, least_ = 0;
};

}  // namespace

std::unique_ptr<Recipe> make_bars_and_stripes() { return std::make_unique<BarsAndStripes>(); }

}  // namespace dbn::detail
