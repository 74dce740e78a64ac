#include <dbn/io/streamed_file.hpp>

#include <filesystem>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/io/file.hpp>
#include <dbn/io/folder.hpp>

#include "tests/support/temp_dir.hpp"

namespace dbn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::ThrowsMessage;

class StreamedFileTest : public testing::Test {
 protected:
  StreamedFileTest() { write_file(path_, "old"); }

  std::string text() const {
    const ByteBuffer bytes = read_file(path_);
    return {bytes.begin(), bytes.end()};
  }
  std::vector<std::string> names() const { return names_in_folder(dir_.folder()); }

  test::TempDir dir_;
  std::string path_ = dir_.path("a");
};

TEST_F(StreamedFileTest, AppearsWholeWhenItIsCommitted) {
  StreamedFile file(path_);
  for (const std::string_view piece : {"one, ", "", "two, "}) file.append(piece);
  file.append(ByteBuffer{'t', 'h', 'r', 'e', 'e'});
  EXPECT_EQ(text(), "old");
  EXPECT_THAT(names(), SizeIs(2)) << "the temporary file stands beside it";
  file.commit();
  EXPECT_EQ(text(), "one, two, three");
  EXPECT_THAT(names(), ElementsAre("a"));
}

TEST_F(StreamedFileTest, WithoutCommitNothingHasHappened) {
  {
    StreamedFile file(path_);
    file.append("new");
  }
  EXPECT_EQ(text(), "old");
  EXPECT_THAT(names(), ElementsAre("a"));
}

TEST_F(StreamedFileTest, MayBeCommittedWithNothingInIt) {
  StreamedFile(path_).commit();
  EXPECT_EQ(text(), "");
}

TEST_F(StreamedFileTest, IsCommittedOnce) {
  StreamedFile file(path_);
  file.append("new");
  file.commit();
  EXPECT_THAT([&] { file.append("more"); }, ThrowsMessage<InvalidArgument>(HasSubstr(path_)));
  EXPECT_THAT([&] { file.commit(); }, ThrowsMessage<InvalidArgument>(HasSubstr(path_)));
  EXPECT_EQ(text(), "new");
}

TEST_F(StreamedFileTest, GoesOnWhereItIsMovedTo) {
  StreamedFile file(path_);
  file.append("one, ");
  StreamedFile moved = std::move(file);
  moved.append("two");
  moved.commit();
  EXPECT_EQ(text(), "one, two");
  moved = StreamedFile(dir_.path("b"));
  moved.append("three");
  moved.commit();
  EXPECT_THAT(names(), ElementsAre("a", "b"));
}

TEST_F(StreamedFileTest, TwoToOnePathDoNotMix) {
  StreamedFile first(path_), second(path_);
  first.append("first");
  second.append("second");
  second.commit();
  EXPECT_EQ(text(), "second");
  first.commit();
  EXPECT_EQ(text(), "first");
  EXPECT_THAT(names(), ElementsAre("a"));
}

}  // namespace
}  // namespace dbn
