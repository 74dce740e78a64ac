#include <dbn/rbm/estimator.hpp>

#include <tuple>

#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/rbm/contrastive_divergence.hpp>

#include "../support/tiny_rbm.hpp"

namespace dbn {
namespace {

using test::tiny_rbm;
using Options = ContrastiveDivergenceOptions;

TEST(Statistics, RulesAreNamedOrSpelledOut) {
  const auto words = [](const char* text) {
    const auto rule = StatisticsRule::parse(text);
    return std::tuple(rule.sample_positive, rule.sample_visible, rule.sample_negative);
  };
  EXPECT_EQ(words("hinton2010"), std::tuple(false, false, false));
  for (const char* preset : {"pcd", "theano", "sklearn"}) EXPECT_EQ(words(preset), std::tuple(false, true, false));
  EXPECT_EQ(words("sample,mean,sample"), std::tuple(true, false, true));
  for (const char* text : {"", "mean", "mean,mean", "mean,mean,mean,mean", "Mean,mean,mean", "mean,,mean", "hinton"})
    EXPECT_THROW(StatisticsRule::parse(text), InvalidArgument) << text;
}

TEST(Estimators, RefuseOptionsOutOfRange) {
  const Rbm rbm = tiny_rbm("bernoulli", "bernoulli");
  for (const Options& options :
       {Options{.estimator = "CD"}, Options{.estimator = ""}, Options{.cd_k = 0}, Options{.cd_k = 1001},
        Options{.estimator = "pcd", .chains = 0}, Options{.estimator = "pcd", .chains = -1},
        Options{.estimator = "pt", .replicas = 1}, Options{.estimator = "exact", .centered = true},
        Options{.statistics = "means"}, Options{.centered = true, .offset_rate = 0}, Options{.sparsity_decay = 1},
        Options{.dropout = 1}})
    EXPECT_THROW(ContrastiveDivergence(rbm, options, 4, 1, 0), InvalidArgument) << options.estimator;
  // As many states as are too many, said before any batch has come.
  const Rbm large = tiny_rbm("bernoulli", "bernoulli", 21, 21);
  EXPECT_THROW(ContrastiveDivergence(large, {.estimator = "exact"}, 4, 1, 0), InvalidArgument);
  const Rbm counts = tiny_rbm("replicated-softmax", "bernoulli");
  for (const char* name : {"pcd", "fpcd", "pt", "exact"})
    EXPECT_THROW(ContrastiveDivergence(counts, {.estimator = name}, 4, 1, 0), InvalidArgument) << name;
}

}  // namespace
}  // namespace dbn
