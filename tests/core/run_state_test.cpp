#include <dbn/core/run_state.hpp>

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

namespace dbn {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(SavedRun, IsACopyThatCanBeWrittenBack) {
  Matrix weights = Matrix::Constant(3, 2, Scalar{1.5f});
  Vector bias = Vector::Constant(2, Scalar{-1});
  const RunState state{.position = {"pretrain", 2, 3, 17},
                       .tensors = {named("weight", weights), named("bias", bias)},
                       .numbers = {{"loss", {0.1, 0.2}}}};
  const SavedRun saved(state);
  const Matrix before = weights;
  weights.setZero();
  bias.setZero();
  saved.copy_into(state.tensors);
  EXPECT_EQ(weights, before);
  EXPECT_EQ(bias, Vector::Constant(2, Scalar{-1}));
  EXPECT_EQ(saved.position, state.position);
  EXPECT_EQ(saved.list("loss"), (std::vector<double>{0.1, 0.2}));
}

TEST(SavedRun, RefusesWhatItDoesNotHoldOrHoldsInAnotherShape) {
  Matrix weights = Matrix::Zero(3, 2);
  Matrix turned = Matrix::Zero(2, 3);
  const SavedRun saved({.position = {}, .tensors = {named("weight", weights)}, .numbers = {{"one", {1}}}});
  EXPECT_THAT([&] { saved.copy_into({named("other", weights)}); }, ThrowsMessage<DataError>(HasSubstr("'other'")));
  EXPECT_THAT([&] { saved.copy_into({named("weight", turned)}); },
              ThrowsMessage<DataError>(HasSubstr("expected 2 x 3, found 3 x 2")));
  EXPECT_THAT([&] { saved.list("two"); }, ThrowsMessage<DataError>(HasSubstr("'two'")));
  EXPECT_THAT([&] { saved.list("one", 2); }, ThrowsMessage<DataError>(HasSubstr("expected 2 numbers, found 1")));
}

TEST(SavedRun, CountsAreWholeAndNotNegative) {
  SavedRun saved;
  saved.numbers["places"] = {3, -1, 0.5, 1e300, std::numeric_limits<double>::quiet_NaN()};
  EXPECT_EQ(saved.count("places", 0, 5), 3);
  for (std::size_t index = 1; index < 5; ++index) EXPECT_THROW(saved.count("places", index, 5), DataError) << index;
  EXPECT_THROW(saved.count("places", 0, 4), DataError);
}

TEST(Numbers, HoldOptionalValues) {
  std::vector<double> list;
  append_optional(list, std::nullopt);
  append_optional(list, 0.0);
  append_optional(list, -2.5);
  EXPECT_EQ(optional_at(list, 0), std::nullopt);
  EXPECT_EQ(optional_at(list, 2), 0.0);
  EXPECT_EQ(optional_at(list, 4), -2.5);
}

TEST(RunState, PrefixLengthensNames) {
  Matrix weights(1, 1);
  EXPECT_EQ(with_prefix("layers.0.", {named("weight", weights)})[0].name, "layers.0.weight");
}

TEST(RunState, KnowsWhatIsNotFinite) {
  Matrix weights = Matrix::Zero(2, 2);
  RunState state{.position = {}, .tensors = {named("weight", weights)}, .numbers = {{"loss", {1}}}};
  EXPECT_TRUE(all_finite(state));
  weights(1, 1) = std::numeric_limits<Scalar>::infinity();
  EXPECT_FALSE(all_finite(state));
  weights(1, 1) = 0;
  state.numbers["loss"].push_back(std::numeric_limits<double>::quiet_NaN());
  EXPECT_FALSE(all_finite(state));
}

}  // namespace
}  // namespace dbn
