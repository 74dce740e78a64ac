#include <dbn/io/folder.hpp>

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/io/file.hpp>

#include "tests/support/temp_dir.hpp"

namespace dbn {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

TEST(Folder, IsMadeOnceAndListedInOrder) {
  const test::TempDir dir;
  const std::string folder = dir.path("kept");
  EXPECT_THAT(names_in_folder(folder), IsEmpty());
  EXPECT_TRUE(make_folder(folder));
  EXPECT_FALSE(make_folder(folder));
  write_file(folder + "/b", "text");
  write_file(folder + "/a", "text");
  EXPECT_THAT(names_in_folder(folder), ElementsAre("a", "b"));
  remove_file(folder + "/a");
  remove_file(folder + "/a");
  EXPECT_THAT(names_in_folder(folder), ElementsAre("b"));
}

TEST(Folder, OfOutputsGoesWhenItWasMadeForNothing) {
  const test::TempDir dir;
  const std::string made = dir.path("made"), old = dir.path("old");
  make_folder(old);
  for (const auto& path : {made, old}) const OutputFolder folder(path);
  EXPECT_THAT(names_in_folder(dir.folder()), ElementsAre("old"));
  {
    const OutputFolder folder(made);
    write_file(made + "/a", "text");
  }
  EXPECT_THAT(names_in_folder(made), ElementsAre("a"));
}

TEST(Folder, IsHeldByOneAtATime) {
  const test::TempDir dir;
  {
    const FolderLock lock(dir.folder());
    EXPECT_THAT([&] { FolderLock(dir.folder()); },
                ThrowsMessage<IoError>(AllOf(HasSubstr(dir.folder()), HasSubstr("another run"))));
  }
  EXPECT_NO_THROW(FolderLock(dir.folder()));
  EXPECT_THAT([&] { FolderLock(dir.path("missing")); }, ThrowsMessage<IoError>(HasSubstr("No such file")));
}

TEST(Folder, ErrorsNamePathAndCause) {
  const test::TempDir dir;
  write_file(dir.path("file"), "text");
  EXPECT_THAT([&] { make_folder(dir.path("missing/kept")); },
              ThrowsMessage<IoError>(AllOf(HasSubstr("missing/kept"), HasSubstr("No such file"))));
  EXPECT_THAT([&] { make_folder(dir.path("file")); },
              ThrowsMessage<IoError>(AllOf(HasSubstr("file"), HasSubstr("not a folder"))));
  EXPECT_THAT([&] { names_in_folder(dir.path("file")); },
              ThrowsMessage<IoError>(AllOf(HasSubstr("file"), HasSubstr("Not a directory"))));
  EXPECT_THAT([&] { remove_file(dir.folder()); },
              ThrowsMessage<IoError>(AllOf(HasSubstr(dir.folder()), HasSubstr("cannot remove"))));
}

}  // namespace
}  // namespace dbn
