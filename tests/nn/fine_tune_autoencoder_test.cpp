// Nets that learn their own inputs.

#include <dbn/nn/fine_tune.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <Eigen/Eigenvalues>

#include <dbn/core/error.hpp>
#include <dbn/nn/deep_autoencoder.hpp>
#include <dbn/nn/reconstruction_evaluation.hpp>

#include "../support/allocation_count.hpp"
#include "../support/digits.hpp"
#include "../support/memory_keeper.hpp"
#include "../support/thread_count.hpp"

namespace dbn {
namespace {

Mlp start() { return make_deep_autoencoder({784, 30, 10}, "sigmoid", "linear", "xavier", 1); }

const PreparedCases& training() {
  static const PreparedCases cases = test::digits(Purpose::synthetic_training, 300);
  return cases;
}
const PreparedCases& held_out() {
  static const PreparedCases cases = test::digits(Purpose::synthetic_test, 100);
  return cases;
}

FinetuneOptions options_of(const std::string& optimizer = "adam") {
  FinetuneOptions options{.task = "autoencoder", .optimizer = optimizer, .epochs = 3};
  options.batch = 110;  // 300 cases: two batches and one of 80
  return options;
}

/// Cases of these features (features x cases), without labels.
PreparedCases unlabelled(const Matrix& features) {
  Dataset dataset;
  dataset.name = "made";
  dataset.features = features;
  return {std::make_shared<const Dataset>(dataset), all_cases(features.cols()), {}};
}

TEST(FineTuneAutoencoder, TellsTheSquaredErrorOfValidationCases) {
  FinetuneOptions options = options_of();
  options.epochs = 20;
  options.batch = 10;
  const auto result = fine_tune(start(), training(), &held_out(), options, 1);
  const Loss& by = loss("binary-cross-entropy");
  const auto e = evaluate_reconstruction(result.net, held_out(), by);
  EXPECT_EQ(*result.history.back().validation_error, e.squared_error);
  // At the start every output is near 1/2, and most of what it stands for is 0.
  EXPECT_LT(e.squared_error, 0.5 * evaluate_reconstruction(start(), held_out(), by).squared_error);
  EXPECT_LT(result.history.back().train_loss, result.history.front().train_loss);
}

// The best that a linear autoencoder can do is to span the first principal components: what it leaves is the sum of the
// other eigenvalues of the covariance [Baldi & Hornik 1989], and every other stationary point is a saddle.
TEST(FineTuneAutoencoder, ALinearOneComesToThePrincipalSubspace) {
  constexpr Index kFeatures = 8, kCases = 60, kCodes = 3;
  Matrix features(kFeatures, kCases);
  fill_normal(Stream(5, Purpose::initial_weights), 1, features);
  for (Index r = 0; r < kFeatures; ++r) features.row(r) *= Scalar(1) + static_cast<Scalar>(r) / Scalar{2};
  features.array() += Scalar(1);
  const Eigen::MatrixXd centred = (features.colwise() - features.rowwise().mean()).cast<double>();
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> covariance(centred * centred.transpose() / double{kCases});
  const double left = covariance.eigenvalues().head(kFeatures - kCodes).sum();

  FinetuneOptions options = options_of("lbfgs");
  options.loss = "squared-error";
  options.batch = kCases;
  options.epochs = 1;
  options.settings.line_searches = 1000;
  const auto cases = unlabelled(features);
  const Mlp net =
      fine_tune(make_deep_autoencoder({kFeatures, kCodes}, "tanh", "linear", "xavier", 2), cases, nullptr, options, 1)
          .net;
  const double error = evaluate_reconstruction(net, cases, loss("squared-error")).squared_error;
  // From below no net can be better but by rounding; a thousand line searches in 51 dimensions come as near as floats
  // do.
  EXPECT_GT(error, left * (1 - 1e-4));
  EXPECT_LT(error, left * (1 + 1e-3));
}

TEST(FineTuneAutoencoder, GoesOnFromEveryUpdateToTheSameBits) {
  for (const char* optimizer : {"adam", "nesterov", "cg", "lbfgs"}) {
    FinetuneOptions options = options_of(optimizer);
    options.input_dropout = 0.1;
    test::MemoryKeeper states;
    auto whole = fine_tune(start(), training(), &held_out(), options, 1, {}, &states);
    ASSERT_EQ(states.kept().size(), 9U);
    for (const auto& state : states.kept()) {
      const test::ThreadCount scope(static_cast<int>(state.position.update % 3) + 1);
      test::MemoryKeeper keeper(state);
      auto part = fine_tune(start(), training(), &held_out(), options, 1, {}, &keeper);
      const auto expected = whole.net.tensors(), found = part.net.tensors();
      for (std::size_t i = 0; i < expected.size(); ++i)
        EXPECT_EQ(found[i].values, expected[i].values) << optimizer << " " << expected[i].name;
      EXPECT_EQ(part.history.back().validation_error, whole.history.back().validation_error);
    }
  }
}

TEST(FineTuneAutoencoder, AllocatesNothingAfterTheFirstBatch) {
  if (!test::can_count_allocations()) GTEST_SKIP() << "allocations cannot be counted in this build";
  for (const char* loss : {"binary-cross-entropy", "squared-error"}) {
    FinetuneOptions options = options_of();
    options.loss = loss;
    test::SecondEpochCounts record;
    const auto count = [&](Index epoch, Index, double) { record(epoch); };
    fine_tune(start(), training(), nullptr, options, 1, {.batch = count, .epoch = {}});
    ASSERT_EQ(record.counts().size(), 3U);
    EXPECT_EQ(record.counts().back(), record.counts().front()) << loss;
  }
}

TEST(FineTuneAutoencoder, RefusesWhatDoesNotFit) {
  EXPECT_THROW(fine_tune(make_mlp({784, 5, 10}, "relu", "he", 1), training(), nullptr, options_of(), 1),
               InvalidArgument);
  const Mlp net = make_deep_autoencoder({2, 1}, "tanh", "linear", "xavier", 1);
  const auto cases = unlabelled(Matrix::Constant(2, 4, Scalar(-1)));
  EXPECT_THROW(fine_tune(net, cases, nullptr, options_of(), 1), DataError);
  FinetuneOptions options = options_of();
  options.loss = "squared-error";
  EXPECT_NO_THROW(fine_tune(net, cases, nullptr, options, 1));
  options.classes.class_weights = "balanced";
  EXPECT_THROW(fine_tune(net, cases, nullptr, options, 1), InvalidArgument);
}

}  // namespace
}  // namespace dbn
