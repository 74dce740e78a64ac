#include <dbn/io/line_file.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/io/file.hpp>

#include "../support/failing_calls.hpp"
#include "../support/temp_dir.hpp"

namespace dbn {
namespace {

std::string text_of(const std::string& path) {
  const ByteBuffer bytes = read_file(path);
  return {bytes.begin(), bytes.end()};
}

TEST(LineFile, AddsLinesBehindWhatIsThere) {
  const test::TempDir dir;
  write_file(dir.path("a"), std::string_view("one\n"));
  {
    LineFile file(dir.path("a"));
    file.append("two");
    EXPECT_EQ(text_of(dir.path("a")), "one\ntwo\n") << "a line is there when append returns";
    file.append("");
  }
  LineFile(dir.path("a")).append("three");
  EXPECT_EQ(text_of(dir.path("a")), "one\ntwo\n\nthree\n");
}

TEST(LineFile, NeedsAFile) {
  const test::TempDir dir;
  EXPECT_THAT([&] { LineFile file(dir.path("none")); },
              testing::ThrowsMessage<IoError>(testing::HasSubstr(dir.path("none"))));
}

// Whatever fails, lines that were whole stay so, and nothing comes behind a torn one.
TEST(LineFile, TakesNothingMoreAfterAFailure) {
  const test::TempDir dir;
  for (int n = 1;; ++n) {
    write_file(dir.path("a"), std::string_view("one\n"));
    bool whole = false;
    std::string call;  // that failed
    {
      const test::FailNthCall fault(n, ENOSPC, 2);  // two bytes a call: some are written before the disk is full
      try {
        LineFile file(dir.path("a"));
        try {
          file.append("two");
          whole = true;
        } catch (const IoError&) {
          EXPECT_THROW(file.append("three"), InvalidArgument) << fault.call();
        }
      } catch (const IoError&) {
        EXPECT_EQ(fault.call(), "open");
      }
      call = fault.call();
    }
    SCOPED_TRACE(call);
    EXPECT_THAT(text_of(dir.path("a")), testing::StartsWith("one\n"));
    EXPECT_THAT(text_of(dir.path("a")), testing::Not(testing::HasSubstr("three")));
    if (whole) {
      EXPECT_EQ(text_of(dir.path("a")), "one\ntwo\n");
    }
    if (call.empty()) {
      EXPECT_TRUE(whole);
      break;
    }
    ASSERT_LT(n, 50);
  }
}

}  // namespace
}  // namespace dbn
