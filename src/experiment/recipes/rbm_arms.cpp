#include "rbm_arms.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/function_ref.hpp>

#include "steps.hpp"

namespace dbn::detail {

std::vector<RecipeSection> sections_of(std::vector<RbmArm>& arms) {
  std::vector<RecipeSection> sections;
  for (auto& arm : arms) sections.push_back({"pretrain." + arm.name, arm.options.fields()});
  return sections;
}

void check_one_rbm(const std::vector<RbmArm>& arms) {
  for (const auto& arm : arms) {
    arm.options.validate();
    if (arm.options.layers.size() != 1 || arm.options.pretrainer.front() != "rbm")
      throw InvalidArgument(fmt::format("--pretrain.{}.layers: expected one layer trained as an RBM", arm.name));
  }
}

double arms_memory(const std::vector<RbmArm>& arms, Index features, Index cases) {
  double most = 0;
  for (const auto& arm : arms) most = std::max(most, pretrain_memory(features, arm.options, cases, 0));
  return most;
}

void run_arm(const RecipeRun& run, const RbmArm& arm, const std::string& piece, const CaseSource& training,
             std::uint64_t seed, FunctionRef<double(const Rbm&)> log_likelihood, ArmRuns& runs) {
  const std::string stack = piece + ".stack";
  const auto numbers = run.once(piece, [&](RunKeeper*) -> Numbers {
    const PretrainResult trained = pretrain_step(run, stack, piece, training, arm.options, seed);
    return {{"log-likelihood", {log_likelihood(std::get<Rbm>(trained.stack.layers.front()))}},
            {"seconds", {training_seconds(trained.history.front())}}};
  });
  run.forget(stack);
  runs.log_likelihood.push_back(numbers.at("log-likelihood").at(0));
  runs.seconds.push_back(numbers.at("seconds").at(0));
  if (run.observer.line)
    run.observer.line(fmt::format("{:<28}  log-likelihood {:9.3f} nats  {:.1f} s", piece, runs.log_likelihood.back(),
                                  runs.seconds.back()));
}

Matrix all_of(const CaseSource& cases) {
  Matrix all(cases.feature_count(), cases.case_count());
  cases.gather_into(all_cases(cases.case_count()), all);
  return all;
}

}  // namespace dbn::detail
