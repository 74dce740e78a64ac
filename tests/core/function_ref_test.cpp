#include <dbn/core/function_ref.hpp>

#include <memory>
#include <stdexcept>

#include <gtest/gtest.h>

namespace dbn {
namespace {

int call_twice(FunctionRef<int(int)> f) {
  f(1);
  return f(2);
}

TEST(FunctionRef, RefersToTheCallableInsteadOfCopyingIt) {
  int sum = 0;
  auto add = [&sum, calls = 0](int x) mutable {
    sum += x;
    return ++calls;
  };
  EXPECT_EQ(call_twice(add), 2);
  EXPECT_EQ(call_twice(add), 4);
  EXPECT_EQ(sum, 6);
}

TEST(FunctionRef, TakesTemporariesAndConstCallables) {
  EXPECT_EQ(call_twice([](int x) { return 10 * x; }), 20);
  const auto negate = [](int x) { return -x; };
  EXPECT_EQ(call_twice(negate), -2);
}

// A copy made of a reference would outlive it: copies refer to the callable.
TEST(FunctionRef, CopiesReferToTheSameCallable) {
  auto count = [calls = 0]() mutable { return ++calls; };
  auto first = std::make_unique<FunctionRef<int()>>(count);
  const FunctionRef<int()> second = *first;
  (*first)();
  first.reset();
  EXPECT_EQ(second(), 2);
}

TEST(FunctionRef, PassesReferencesAndMoveOnlyArguments) {
  int target = 0;
  const auto assign = [](int& to, std::unique_ptr<int> from) { to = *from; };
  const FunctionRef<void(int&, std::unique_ptr<int>)> f = assign;
  f(target, std::make_unique<int>(5));
  EXPECT_EQ(target, 5);
}

TEST(FunctionRef, LetsExceptionsThrough) {
  EXPECT_THROW(call_twice([](int) -> int { throw std::logic_error("x"); }), std::logic_error);
}

}  // namespace
}  // namespace dbn
