#include "printable.hpp"

#include <gtest/gtest.h>

namespace {

TEST(Printable, LeavesTextAlone) {
  for (const char* text : {"", "a: b, 'c'", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x99\x82", "\xC2\xA0"})
    EXPECT_EQ(printable(text), text);
}

TEST(Printable, ShowsWhatWouldCommandATerminal) {
  EXPECT_EQ(printable("a\x1b[31mb\n"), "a\\x1b[31mb\\x0a");
  EXPECT_EQ(printable(std::string("\0\x7f", 2)), "\\x00\\x7f");
  EXPECT_EQ(printable("\xC2\x9B"), "\\xc2\\x9b") << "a control character of two bytes";
}

// Alone, cut off, longer than needed, half of a pair, beyond the last character.
TEST(Printable, ShowsBytesThatAreNoUtf8) {
  EXPECT_EQ(printable("\x9B"
                      "a"),
            "\\x9ba");
  EXPECT_EQ(printable("\xFF"), "\\xff");
  EXPECT_EQ(printable("\xC3"), "\\xc3");
  EXPECT_EQ(printable("\xE2\x82"
                      "a"),
            "\\xe2\\x82a");
  EXPECT_EQ(printable("\xC0\xAF"), "\\xc0\\xaf");
  EXPECT_EQ(printable("\xE0\x80\x80"), "\\xe0\\x80\\x80");
  EXPECT_EQ(printable("\xED\xA0\x80"), "\\xed\\xa0\\x80");
  EXPECT_EQ(printable("\xF4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
}

}  // namespace
