#include <dbn/core/table.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

namespace dbn {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

struct Row {
  std::string name;
  int value;
};

const std::vector<Row> kTable{{"one", 1}, {"two", 2}};

TEST(Table, FindsTheRowItself) {
  EXPECT_EQ(&row_named(kTable, "two", "number"), &kTable[1]);
  EXPECT_EQ(row_named(kTable, "one", "number").value, 1);
}

TEST(Table, NamesComeInTableOrder) { EXPECT_THAT(row_names(kTable), ElementsAre("one", "two")); }

TEST(Table, AnUnknownNameIsAnsweredWithKindNameAndTheKnownOnes) {
  EXPECT_THAT([] { row_named(kTable, "On", "number"); },
              ThrowsMessage<InvalidArgument>(AllOf(HasSubstr("number"), HasSubstr("'On'"), HasSubstr("one, two"))));
  EXPECT_THROW(row_named(kTable, "", "number"), InvalidArgument);
}

}  // namespace
}  // namespace dbn
