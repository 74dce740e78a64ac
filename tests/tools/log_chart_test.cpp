#include "log_chart.hpp"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using testing::HasSubstr;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines(1);
  for (const char c : text)
    if (c == '\n')
      lines.emplace_back();
    else
      lines.back() += c;
  return lines;
}

TEST(LogChart, EqualFactorsAreEqualHeights) {
  const auto lines = lines_of(log_chart({"loss", {{"down", {1000, 100, 10, 1}}, {"flat", {10, 10, 10, 10}}}}));
  EXPECT_EQ(lines[0], "loss, logarithmic scale");
  EXPECT_THAT(lines[1], HasSubstr("1000 |aaa"));
  EXPECT_THAT(lines[6], HasSubstr(" |  "));
  EXPECT_THAT(lines[6], HasSubstr("100 |"));
  EXPECT_THAT(lines[11], HasSubstr("10 |bbb"));
  EXPECT_THAT(lines[16], HasSubstr("1 |"));
  EXPECT_EQ(lines[16].back(), 'a');
  EXPECT_THAT(lines[19], HasSubstr("a down"));
  EXPECT_THAT(lines[20], HasSubstr("b flat"));
}

TEST(LogChart, WhatHasNoLogarithmIsLeftOut) {
  EXPECT_EQ(log_chart({"x", {}}), "");
  EXPECT_EQ(log_chart({"x", {{"none", {}}, {"zero", {0, -1, std::numeric_limits<double>::quiet_NaN()}}}}), "");
  EXPECT_THAT(log_chart({"x", {{"some", {0, 5}}}}), HasSubstr("a some"));
}

}  // namespace
