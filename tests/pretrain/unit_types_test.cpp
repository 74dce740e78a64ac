// Unit types in training: what they are for, on data that ask for them.

#include <cmath>
#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>

#include <dbn/core/math.hpp>
#include <dbn/data/source.hpp>
#include <dbn/data/split.hpp>
#include <dbn/pretrain/pretrain.hpp>
#include <dbn/rbm/annealed_importance.hpp>
#include <dbn/rbm/gibbs.hpp>

namespace dbn {
namespace {

/// A table of one real, one categorical (3 values) and two binary columns that hang together.
PreparedCases table(Index cases) {
  auto data = std::make_shared<Dataset>();
  Matrix x = Matrix::Zero(6, cases);
  const Stream stream(9, Purpose::synthetic_training);
  for (Index c = 0; c < cases; ++c) {
    const auto at = static_cast<std::uint32_t>(c);
    const Index category = stream.uniform({0, at, 0}) < 0.5 ? 0 : stream.uniform({1, at, 0}) < 0.6 ? 1 : 2;
    x(1 + category, c) = 1;
    const bool first = stream.uniform({2, at, 0}) < 0.2 + 0.3 * static_cast<double>(category);
    x(4, c) = first ? Scalar{1} : Scalar{0};
    x(5, c) = stream.uniform({3, at, 0}) < (first ? 0.8 : 0.3) ? Scalar{1} : Scalar{0};
    x(0, c) = static_cast<Scalar>(static_cast<double>(category) - 0.7 + 0.5 * stream.normal({4, at, 0}));
  }
  data->name = "table";
  data->shape = {6};
  data->features = std::move(x);
  return {data, all_cases(cases), {}};
}

// Where learning has come to rest, the gradients of visible biases and log variances are 0: the model's marginals are
// those of the data. What a sample shows of them differs by its own error, and by the last updates' noise: at the
// cosine's end the rate is next to nothing, and of the quarter of an epoch before it 25 updates of 100 chains each are
// averaged, which leaves less than the error of 4000 samples. Six of those for each of six means.
TEST(UnitTypesSlow, SamplesOfMixedColumnsHaveTheDatasMarginals) {
  constexpr Index kCases = 2000, kSamples = 4000;
  const PreparedCases cases = table(kCases);
  PretrainOptions options;
  options.layers = {12};
  options.visible = "gaussian-learned:0,softmax:1-3,bernoulli:4-";
  options.divergence.estimator = "pcd";
  options.epochs = {150};
  options.batch = 20;
  options.learning_rate = {0.01};
  options.schedule.name = "cosine";
  options.weight_cost = {0};
  const auto trained = pretrain(cases, nullptr, options, 1);
  const Rbm& rbm = std::get<Rbm>(trained.stack.layers.front());
  const Matrix drawn = sample(rbm, {.count = kSamples, .steps = 500, .states = true}, 2);
  Matrix data(6, kCases);
  cases.gather_into(all_cases(kCases), data);
  for (Index i = 0; i < 6; ++i) {
    const auto expected = mean_and_variance(data.row(i)), found = mean_and_variance(drawn.row(i));
    EXPECT_NEAR(found.mean, expected.mean, 6 * std::sqrt(expected.variance / kSamples)) << "column " << i;
    // A variance of n samples is off by sqrt(2/n) of it where the fourth moment is a normal's, and by less here.
    EXPECT_NEAR(found.variance, expected.variance, 6 * expected.variance * std::sqrt(2.0 / kSamples)) << "column " << i;
  }
  for (Index c = 0; c < kSamples; ++c) ASSERT_EQ(drawn.col(c).segment(1, 3).sum(), Scalar{1});
  // Columns hang together as in the data: the mean of the real one among cases of the third category.
  const auto mean_where = [](const Matrix& x) {
    const Eigen::ArrayXd third = x.row(3).cast<double>();
    return (x.row(0).cast<double>().transpose().array() * third).sum() / third.sum();
  };
  EXPECT_GT(mean_where(drawn),
            mean_and_variance(data.row(0)).mean + 0.5 * (mean_where(data) - mean_and_variance(data.row(0)).mean));
}

/// log p of the held-out cases by annealing: how good the model is, whatever its variances.
double validation_log_likelihood(const PreparedCases& training, const PreparedCases& validation,
                                 const std::string& visible) {
  PretrainOptions options;
  options.layers = {64};
  options.visible = visible;
  options.epochs = {30};
  const auto trained = pretrain(training, nullptr, options, 1);
  const Rbm& rbm = std::get<Rbm>(trained.stack.layers.front());
  EXPECT_TRUE(all_finite(rbm.weights)) << visible;
  Matrix x(validation.feature_count(), validation.case_count());
  validation.gather_into(all_cases(validation.case_count()), x);
  const auto z = annealed_log_partition(rbm, {.betas = "2000", .chains = 100, .reverse_steps = 100}, 3);
  return -rbm.free_energy(x).mean() - z.forward.log_partition;
}

// 64 real features, standardised: pixels that are almost always the same are nothing like a normal of variance 1.
TEST(UnitTypesSlowData, LearnedVariancesFitRealNumbersBetter) {
  const char* given = std::getenv("DBN_DATA_DIR");
  DataOptions options;
  options.data = std::string(given != nullptr ? given : DBN_DATA_DIR_DEFAULT) + "/optdigits/optdigits.tra";
  if (!std::filesystem::exists(options.data)) GTEST_SKIP() << options.data << " is not there; see data/fetch.sh";
  const DataFiles files = open_data(options);
  const Split split = split_validation(*files.training, "0.2", 1);
  const auto scaling = fit_preprocessing("standardize", *files.training, split.training);
  const PreparedCases training(files.training, split.training, scaling);
  const PreparedCases validation(files.training, split.validation, scaling);
  EXPECT_GT(validation_log_likelihood(training, validation, "gaussian-learned"),
            validation_log_likelihood(training, validation, "gaussian") + 1);
}

}  // namespace
}  // namespace dbn
