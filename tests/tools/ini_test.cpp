#include "ini.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (const auto& e : parse_ini(text, "x.ini"))
    lines.push_back(std::to_string(e.line) + "[" + e.section + "]" + e.key + "=" + e.value);
  return lines;
}

TEST(Ini, ReadsSectionsKeysValuesAndLines) {
  EXPECT_THAT(lines_of("top = 1\n\n[a]\nkey = two words\n[ b c ]\n  key=3  \n"),
              ElementsAre("1[]top=1", "4[a]key=two words", "6[b c]key=3"));
  EXPECT_THAT(lines_of(""), ElementsAre());
}

TEST(Ini, AValueMayBeEmptyOrHoldAnEqualsSign) {
  EXPECT_THAT(lines_of("a =\nb = c=d\n"), ElementsAre("1[]a=", "2[]b=c=d"));
}

TEST(Ini, CommentsStartALineOrFollowASpace) {
  EXPECT_THAT(lines_of("# one\n ; two\na = 1 # three\nb = 2\t; four\nc = x#y;z\n[s] # five\nd = 4\n"),
              ElementsAre("3[]a=1", "4[]b=2", "5[]c=x#y;z", "7[s]d=4"));
}

TEST(Ini, TakesAByteOrderMarkCrlfAndAMissingLastLineEnd) {
  EXPECT_THAT(lines_of("\xEF\xBB\xBF[a]\r\nkey = 1\r\n\r\nother = 2"), ElementsAre("2[a]key=1", "4[a]other=2"));
}

TEST(Ini, RefusesOtherLinesByTheirNumber) {
  for (const char* text : {"[a]\nnonsense\n", "[a]\n= 1\n", "[a]\n[b\n", "[a]\r\n--key\r\n"})
    EXPECT_THAT([&] { parse_ini(text, "x.ini"); }, testing::ThrowsMessage<dbn::DataError>(HasSubstr("x.ini:2:")))
        << text;
}

}  // namespace
