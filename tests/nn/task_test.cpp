#include <dbn/nn/task.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

namespace dbn {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(Task, RecommendsALossOfTheTable) {
  for (const auto& row : tasks()) {
    for (const auto& name : row.losses) EXPECT_EQ(task_loss(row, name).name, name);
    EXPECT_EQ(task_loss(row, "").name, row.losses.front());
  }
  EXPECT_EQ(task_loss(task("classification"), "").name, "softmax");
  EXPECT_EQ(task_loss(task("regression"), "").name, "squared-error");
}

TEST(Task, RefusesLossesOfOtherTasks) {
  EXPECT_THAT([] { task_loss(task("classification"), "squared-error"); },
              ThrowsMessage<InvalidArgument>(HasSubstr("expected softmax, for the task classification")));
  EXPECT_THAT([] { task_loss(task("regression"), "softmax"); },
              ThrowsMessage<InvalidArgument>(HasSubstr("squared-error or binary-cross-entropy")));
  EXPECT_THROW(task("ranking"), InvalidArgument);
}

}  // namespace
}  // namespace dbn
