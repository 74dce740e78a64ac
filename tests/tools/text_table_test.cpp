#include "text_table.hpp"

#include <gtest/gtest.h>

namespace {

TEST(TextTable, ColumnsAreAsWideAsTheirWidestCellInCharacters) {
  EXPECT_EQ(text_table({{"a", "b", "c"}, {"±±±", "", "x"}, {"y"}}), "a    b  c\n±±±     x\ny\n");
  EXPECT_EQ(text_table({}), "");
}

TEST(TextTable, AnEstimateHasTwoDigitsOfItsInterval) {
  const auto text = [](double mean, double half) {
    return estimate_text({.mean = mean, .interval = std::array{mean - half, mean + half}});
  };
  EXPECT_EQ(text(1.23456, 0.0567), "1.235 ± 0.057");
  EXPECT_EQ(text(123.4, 56), "123 ± 56");
  EXPECT_EQ(text(86.1, 226.3), "86 ± 226");
  EXPECT_EQ(text(0.00454, 0.00065), "0.00454 ± 0.00065");
  EXPECT_EQ(text(0, 0), "0 ± 0");
  EXPECT_EQ(estimate_text({.mean = 2.58149}), "2.581");
}

}  // namespace
