#include <dbn/core/stopwatch.hpp>

#include <thread>

#include <gtest/gtest.h>

namespace dbn {
namespace {

TEST(Stopwatch, MeasuresAtLeastTheTimeThatWasSlept) {
  const Stopwatch watch;
  const double before = watch.seconds();
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_GE(before, 0);
  EXPECT_GE(watch.seconds() - before, 0.005);
}

}  // namespace
}  // namespace dbn
