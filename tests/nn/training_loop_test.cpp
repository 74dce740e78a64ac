#include <dbn/nn/training_loop.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

#include "../support/memory_keeper.hpp"

namespace dbn {
namespace {

using test::MemoryKeeper;
using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

// Minimises (w - 3)^2 / 2 by gradient descent with momentum: stable below rates of 4 or so, divergent above. Each
// update also mixes in the case numbers of its batch, so that order and position matter to every bit.
class Parabola final : public Learner {
 public:
  TensorList parameters() override { return {named("weight", weight_), named("bias", bias_)}; }
  TensorList state() override { return {named("weight.velocity", velocity_)}; }
  Numbers numbers() const override { return {{"history", history_}}; }
  void take_numbers(const SavedRun& saved) override { history_ = saved.list("history"); }

  double update(const BatchPosition& at, double rate) override {
    const double mean = std::accumulate(at.cases.begin(), at.cases.end(), 0.0) / static_cast<double>(at.cases.size());
    rates.push_back(rate);
    seen.insert(seen.end(), at.cases.begin(), at.cases.end());
    positions.push_back({at.epoch, at.update});
    const double gap = static_cast<double>(weight_(0, 0)) - 3;
    velocity_(0, 0) = static_cast<Scalar>(0.5 * static_cast<double>(velocity_(0, 0)) -
                                          rate * (gap + 1e-3 * mean / static_cast<double>(at.epoch)));
    weight_ += velocity_;
    if (static_cast<Index>(positions.size()) == break_at) bias_(0) = std::numeric_limits<Scalar>::quiet_NaN();
    return gap * gap / 2;
  }
  void end_epoch(const EndedEpoch& ended) override { history_.push_back(ended.loss); }
  bool satisfied() const override { return enough > 0 && std::ssize(history_) >= enough; }

  double weight() const { return static_cast<double>(weight_(0, 0)); }
  const std::vector<double>& history() const { return history_; }

  std::vector<double> rates;
  std::vector<Index> seen;
  std::vector<std::pair<Index, Index>> positions;
  Index enough = 0;     ///< epochs after which it is satisfied
  Index break_at = -1;  ///< the call of update that spoils the bias

 private:
  Matrix weight_ = Matrix::Zero(1, 1);
  Vector bias_ = Vector::Zero(1);
  Matrix velocity_ = Matrix::Zero(1, 1);
  std::vector<double> history_;
};

LoopOptions loop(double rate = 0.1, bool retry = false) {
  return {.stage = "finetune",
          .cases = 10,
          .batch = 4,
          .epochs = 4,
          .learning_rate = rate,
          .recommended_rate = 0.1,
          .retry = retry,
          .order = Stream(5, Purpose::batch_order)};
}

// Seen elsewhere: data never shuffled; a last partial batch padded or left out.
TEST(TrainingLoop, EveryEpochSeesEveryCaseOnceInAnOrderOfItsOwn) {
  Parabola learner;
  train(learner, loop(), nullptr);
  ASSERT_EQ(learner.seen.size(), 40U);
  std::set<std::vector<Index>> orders;
  for (std::ptrdiff_t e = 0; e < 4; ++e) {
    std::vector<Index> epoch(learner.seen.begin() + 10 * e, learner.seen.begin() + 10 * (e + 1));
    orders.insert(epoch);
    std::sort(epoch.begin(), epoch.end());
    EXPECT_THAT(epoch, testing::ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
  }
  EXPECT_EQ(orders.size(), 4U) << "epochs in the same order";
  ASSERT_EQ(learner.positions.size(), 12U);
  EXPECT_EQ(learner.positions[4], (std::pair<Index, Index>{2, 4}));
}

TEST(TrainingLoop, GoesOnFromEveryUpdateToTheSameBits) {
  for (const bool retry : {false, true}) {
    // With retries the rate is one that diverges at first, in an epoch that some checkpoints stand in.
    const double rate = retry ? 30 : 0.1;
    Parabola whole;
    MemoryKeeper states;
    train(whole, loop(rate, retry), &states);
    ASSERT_GE(states.kept().size(), 12U);
    for (const auto& state : states.kept()) {
      Parabola part;
      MemoryKeeper from(state);
      train(part, loop(rate, retry), &from);
      EXPECT_EQ(part.weight(), whole.weight()) << "from update " << state.position.update;
      EXPECT_EQ(part.history(), whole.history()) << "from update " << state.position.update;
    }
  }
}

TEST(TrainingLoop, StopsAfterAnUpdateWithItsStateKept) {
  Parabola whole;
  train(whole, loop(), nullptr);
  for (std::size_t updates = 1; updates <= 12; ++updates) {
    Parabola first;
    MemoryKeeper stopping({}, updates);
    EXPECT_THAT([&] { train(first, loop(), &stopping); }, ThrowsMessage<Interrupted>(HasSubstr("after update")));
    ASSERT_EQ(first.positions.size(), updates);
    ASSERT_EQ(stopping.kept().size(), updates);
    EXPECT_EQ(stopping.kept().back().position.update, static_cast<Index>(updates));
    EXPECT_EQ(stopping.kept().back().position.epoch, static_cast<Index>((updates - 1) / 3 + 1));
    Parabola second;
    MemoryKeeper from(stopping.kept().back());
    train(second, loop(), &from);
    EXPECT_EQ(second.weight(), whole.weight()) << updates;
    EXPECT_EQ(first.positions.size() + second.positions.size(), 12U) << "an update was made twice or not at all";
  }
}

TEST(TrainingLoop, EpochsMayGrowButNotShrink) {
  LoopOptions longer = loop();
  longer.epochs = 6;
  Parabola whole;
  train(whole, longer, nullptr);
  Parabola begun;
  MemoryKeeper states;
  train(begun, loop(), &states);
  Parabola grown;
  MemoryKeeper from(states.kept().back());
  std::string told;
  train(grown, longer, &from, [&](const std::string& text) { told += text; });
  EXPECT_EQ(grown.weight(), whole.weight());
  EXPECT_THAT(told, HasSubstr("--epochs grew from 4 to 6"));
  LoopOptions shorter = loop();
  shorter.epochs = 3;
  Parabola shrunk;
  MemoryKeeper early(states.kept().front());
  EXPECT_THAT([&] { train(shrunk, shorter, &early); },
              ThrowsMessage<InvalidArgument>(AllOf(HasSubstr("--epochs"), HasSubstr("at least 4, found 3"))));
}

TEST(TrainingLoop, AStateOfAnotherRunIsRefused) {
  Parabola begun;
  MemoryKeeper states;
  train(begun, loop(), &states);
  SavedRun spoilt = states.kept().back();
  spoilt.tensors.erase("weight.velocity");
  Parabola learner;
  MemoryKeeper from(spoilt);
  EXPECT_THAT([&] { train(learner, loop(), &from); }, ThrowsMessage<DataError>(HasSubstr("weight.velocity")));
  spoilt = states.kept().back();
  spoilt.numbers["loop"][0] = 13;
  MemoryKeeper beyond(spoilt);
  EXPECT_THROW(train(learner, loop(), &beyond), DataError);
}

TEST(TrainingLoop, ASatisfiedLearnerEndsAndStaysSo) {
  Parabola learner;
  learner.enough = 2;
  MemoryKeeper states;
  train(learner, loop(), &states);
  EXPECT_EQ(learner.positions.size(), 6U);
  Parabola again;
  again.enough = 2;
  MemoryKeeper from(states.kept().back());
  train(again, loop(), &from);
  EXPECT_TRUE(again.positions.empty());
  EXPECT_EQ(again.weight(), learner.weight());
}

TEST(TrainingLoop, DivergenceIsNoticedAtTheUpdateAndNotKept) {
  Parabola learner;
  learner.break_at = 5;
  MemoryKeeper states;
  EXPECT_THAT([&] { train(learner, loop(), &states); },
              ThrowsMessage<DivergenceError>(AllOf(HasSubstr("epoch 2 (update 5)"), HasSubstr("bias"),
                                                   HasSubstr("rate 0.1"), HasSubstr("--on-divergence retry"))));
  ASSERT_EQ(states.kept().size(), 4U);
  EXPECT_EQ(states.kept().back().position.update, 4) << "the last finite state stays";
}

TEST(TrainingLoop, ARetryGoesBackToTheLastEpochAtHalfTheRate) {
  Parabola learner;
  learner.break_at = 5;
  std::string told;
  train(learner, loop(0.1, true), nullptr, [&](const std::string& text) { told += text; });
  // Three updates of the first epoch, two of the second, then the second from its start.
  ASSERT_EQ(learner.rates.size(), 3U + 2U + 9U);
  EXPECT_EQ(learner.rates[4], 0.1);
  EXPECT_EQ(learner.rates[5], 0.05);
  EXPECT_EQ(learner.positions[5], (std::pair<Index, Index>{2, 3}));
  EXPECT_EQ(learner.history().size(), 4U);
  EXPECT_THAT(told, AllOf(HasSubstr("retry 1 of 5"), HasSubstr("from update 3"), HasSubstr("rate 0.05")));
}

// A run that diverged can be gone on from by somebody who now asks for retries.
TEST(TrainingLoop, ARetryMayBeAskedForWhenARunIsResumed) {
  Parabola begun;
  begun.break_at = 5;
  MemoryKeeper states;
  EXPECT_THROW(train(begun, loop(), &states), DivergenceError);
  Parabola resumed;
  resumed.break_at = 1;  // the fifth update of the run once more
  MemoryKeeper from(states.kept().back());
  std::string told;
  train(resumed, loop(0.1, true), &from, [&](const std::string& text) { told += text; });
  EXPECT_THAT(told, AllOf(HasSubstr("retry 1 of 5"), HasSubstr("from update 4"), HasSubstr("rate 0.05")));
  EXPECT_EQ(resumed.positions.size(), 9U);
  EXPECT_EQ(resumed.history().size(), 4U);
  EXPECT_TRUE(std::isfinite(resumed.history()[1]));
}

TEST(TrainingLoop, FiveRetriesLeadToTheRecommendedRate) {
  EXPECT_EQ(retried_rate(1e6, 0.1, 0), 1e6);
  EXPECT_DOUBLE_EQ(retried_rate(1e6, 0.1, 1), 1.6);
  EXPECT_DOUBLE_EQ(retried_rate(1e6, 0.1, 5), 0.1);
  // From less than 32 times the recommended rate each retry is half the rate and nothing else.
  EXPECT_DOUBLE_EQ(retried_rate(3, 0.1, 1), 1.5);
  EXPECT_DOUBLE_EQ(retried_rate(3, 0.1, 5), 3.0 / 32);
  Parabola learner;
  train(learner, loop(1e30, true), nullptr);
  EXPECT_TRUE(std::isfinite(learner.weight()));
}

TEST(TrainingLoop, GivesUpAfterTheLastRetry) {
  LoopOptions hopeless = loop(1e9, true);
  hopeless.recommended_rate = 1e8;
  Parabola learner;
  Index told = 0;
  EXPECT_THAT([&] { train(learner, hopeless, nullptr, [&](const std::string&) { ++told; }); },
              ThrowsMessage<DivergenceError>(HasSubstr("gave up after 5 retries")));
  EXPECT_EQ(told, kMostRetries);
}

}  // namespace
}  // namespace dbn
